/* How many primes are below a number? The number is the public input, in decimal, or 1000 where there is none; the answer goes to
 * the journal. */
#include <ember.h>
#include <stdio.h>

#define MOST 100000

static char is_composite[MOST];

static uint32_t primes_below(uint32_t number) {
    uint32_t count = 0;
    for (uint32_t n = 2; n < number; n++) {
        if (is_composite[n]) continue;
        count++;
        for (uint64_t multiple = (uint64_t)n * n; multiple < number; multiple += n) is_composite[multiple] = 1;
    }
    return count;
}

int main(void) {
    uint32_t length, number = 0;
    const uint8_t *input = ember_input(&length);
    for (uint32_t i = 0; i < length && input[i] >= '0' && input[i] <= '9' && number <= MOST; i++) {
        number = 10 * number + (input[i] - '0');
    }
    if (length == 0) number = 1000;
    if ((length > 0 && (input[0] < '0' || input[0] > '9')) || number > MOST) {
        printf("the input is a number of at most %d, in decimal\n", MOST);
        return 1;
    }
    uint32_t count = primes_below(number);
    printf("%u primes below %u\n", (unsigned)count, (unsigned)number);
    ember_journal_u32(count);
    return 0;
}
