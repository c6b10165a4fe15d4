/* Reads the machine's two counters around a loop and journals them: four 64-bit numbers, cycle and
 * instret before the loop, cycle and instret after it.
 *
 * `cycle` is the gas used so far, before the cost of the reading instruction; `instret` counts the
 * instructions retired before it (SPEC section 3). Both are 64 bits wide and exact, high half too.
 */
#include "ember.h"

/* The manual's way to read a 64-bit counter in two halves: again when the high half has moved. */
#define READ_COUNTER(name) __extension__({                                                         \
    uint32_t high, low, again;                                                                     \
    do {                                                                                           \
        __asm__ volatile("rd" name "h %0\n rd" name " %1\n rd" name "h %2"                         \
                         : "=&r"(high), "=&r"(low), "=&r"(again));                                 \
    } while (high != again);                                                                       \
    (uint64_t)high << 32 | low;                                                                    \
})

int main(const uint8_t *input, uint32_t length) {
    (void)input, (void)length;
    uint64_t counters[4];
    counters[0] = READ_COUNTER("cycle");
    counters[1] = READ_COUNTER("instret");
    for (uint32_t i = 0; i < 100; i++) {
        __asm__ volatile("" : "+r"(i)); /* keeps the loop, adds no instruction */
    }
    counters[2] = READ_COUNTER("cycle");
    counters[3] = READ_COUNTER("instret");
    ember_write(JOURNAL, counters, sizeof counters);
    return 0;
}
