/* Ends with Breakpoint: EBREAK ends the run and does not retire (SPEC sections 3 and 5). */
#include "ember.h"

int main(const uint8_t *input, uint32_t length) {
    (void)input, (void)length;
    ember_honest_work();
    __asm__ volatile(FAULT_SITE "ebreak");
    return 1; /* not reached */
}
