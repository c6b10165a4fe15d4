/* Ends with LoadAccessFault: the program reads its own code, which it can only run (SPEC section 2). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    uint32_t word;
    __asm__ volatile(FAULT_SITE "lw %0, 0(%1)" : "=r"(word) : "r"(main));
    ember_journal_u32(word); /* not reached: the code never gets into the journal */
    return 1;
}
