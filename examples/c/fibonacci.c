/* The n-th Fibonacci number modulo 2^32, F(0) = 0 and F(1) = 1. n is the public input, or 1000. */
#include <ember.h>

int main(void) {
    uint32_t n = ember_input_u32(1000);
    uint32_t this = 0, next = 1;
    while (n-- > 0) {
        uint32_t sum = this + next;
        this = next;
        next = sum;
    }
    ember_journal_u32(this);
    return 0;
}
