/* Ends with Breakpoint: EBREAK ends the run and does not retire (SPEC sections 3 and 5). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    __asm__ volatile(FAULT_SITE "ebreak");
    return 1; /* not reached */
}
