/* Sorts the 32-bit words of the private input and journals minimum, maximum, count and checksum.
 *
 * A statement about this run says that there is an array with this summary, but the proof does not
 * hide the words. Without private input the program sorts 256 pseudo-random words.
 */
#include <ember.h>

enum { CAPACITY = 4096 };
static uint32_t words[CAPACITY];

/* Reads words until the input ends and returns their count. A host may answer with fewer bytes
 * than asked for, as any read may; only 0 means the end (SPEC section 4). */
static uint32_t read_words(void) {
    uint8_t *bytes = (uint8_t *)words;
    uint32_t have = 0, got;
    while (have < sizeof words && (got = ember_read_private(bytes + have, sizeof words - have)) > 0) {
        have += got;
    }
    uint8_t more;
    if (have % 4 != 0 || (have == sizeof words && ember_read_private(&more, 1) > 0)) {
        ember_print(EMBER_ERRORS, "the private input is at most 4096 whole 32-bit words\n");
        ember_exit(1);
    }
    return have / 4;
}

/* Marsaglia's xorshift32 with the seed of his paper. */
static uint32_t generate_words(uint32_t count) {
    uint32_t x = 2463534242u;
    for (uint32_t i = 0; i < count; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        words[i] = x;
    }
    return count;
}

/* Hoare's partition around the middle element. The recursion takes the smaller part and the loop
 * the larger, so the stack stays logarithmic whatever the input is. */
static void sort(uint32_t *first, uint32_t *last) {
    while (first < last) {
        uint32_t pivot = first[(last - first) / 2];
        uint32_t *low = first, *high = last;
        for (;;) {
            while (*low < pivot) low++;
            while (*high > pivot) high--;
            if (low >= high) break;
            uint32_t swap = *low;
            *low++ = *high;
            *high-- = swap;
        }
        if (high - first < last - high) {
            sort(first, high);
            first = high + 1;
        } else {
            sort(high + 1, last);
            last = high;
        }
    }
}

int main(void) {
    uint32_t count = read_words();
    if (count == 0) count = generate_words(256);

    sort(words, words + count - 1);

    uint32_t checksum = 2166136261u; /* FNV-1a over words: depends on their order */
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && words[i - 1] > words[i]) return 2; /* never: the sort checks itself */
        checksum = (checksum ^ words[i]) * 16777619u;
    }
    ember_journal_u32(words[0]);
    ember_journal_u32(words[count - 1]);
    ember_journal_u32(count);
    ember_journal_u32(checksum);
    return 0;
}
