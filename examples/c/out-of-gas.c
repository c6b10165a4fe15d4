/* Ends with OutOfGas, at whatever limit the run has: it counts for ever (SPEC section 3). */
#include "ember.h"

int main(const uint8_t *input, uint32_t length) {
    (void)input, (void)length;
    ember_honest_work();
    for (uint32_t i = 0;; i++) {
        __asm__ volatile("" : "+r"(i)); /* keeps the count in a register */
    }
}
