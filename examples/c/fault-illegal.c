/* Ends with IllegalInstruction. The word is `add a0, a0, x16`: every RV32I machine runs it, and
 * RV32E has no x16 (SPEC section 1). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    __asm__ volatile(FAULT_SITE ".4byte 0x01050533");
    return 1; /* not reached */
}
