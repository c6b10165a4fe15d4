/* Ends with InstructionAddressMisaligned. JALR clears bit 0 of the target and bit 1 stays, which no
 * machine with 32-bit instructions can fetch. The fault is on the jump itself (SPEC section 1). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    uint32_t target = (uint32_t)main + 2;
    __asm__ volatile(FAULT_SITE "jalr ra, 0(%0)" : : "r"(target) : "ra");
    return 1; /* not reached */
}
