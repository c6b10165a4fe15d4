/* Ends with StoreAddressMisaligned: a half-word store at an odd address (SPEC section 1). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    static uint32_t words[2];
    __asm__ volatile(FAULT_SITE "sh zero, 1(%0)" : : "r"(words) : "memory");
    return 1; /* not reached */
}
