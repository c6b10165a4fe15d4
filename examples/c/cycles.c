/* Reads the machine's two counters around a loop and journals them: four 64-bit numbers, cycle and
 * instret before the loop, cycle and instret after it.
 *
 * `cycle` is the gas used so far, before the cost of the reading instruction; `instret` counts the
 * instructions retired before it (SPEC section 3). Both are 64 bits wide and exact, high half too.
 */
#include <ember.h>

int main(void) {
    uint64_t counters[4];
    counters[0] = ember_cycles();
    counters[1] = ember_instructions();
    for (uint32_t i = 0; i < 100; i++) {
        __asm__ volatile("" : "+r"(i)); /* keeps the loop, adds no instruction */
    }
    counters[2] = ember_cycles();
    counters[3] = ember_instructions();
    ember_journal(counters, sizeof counters);
    return 0;
}
