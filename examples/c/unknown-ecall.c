/* Ends with UnknownEcall(4242): no such call, and so no result to go on with (SPEC section 4). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    register uint32_t t0 __asm__("t0") = 4242;
    __asm__ volatile(FAULT_SITE "ecall" : : "r"(t0) : "a0", "memory");
    return 1; /* not reached */
}
