/* Ends with OutOfGas, at whatever limit the run has: it counts for ever (SPEC section 3). */
#include "fault.h"

int main(void) {
    ember_honest_work();
    for (uint32_t i = 0;; i++) {
        __asm__ volatile("" : "+r"(i)); /* keeps the count in a register */
    }
}
