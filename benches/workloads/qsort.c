/* Recursive quicksort of pseudo-random words: unpredictable branches, loads, swaps. */
#include "workload.h"

enum { N = 300000, ROUNDS = 5 };
static uint32_t data[N];

static void sort(uint32_t *v, int32_t low, int32_t high) {
    while (low < high) {
        uint32_t pivot = v[(uint32_t)(low + high) / 2];
        int32_t i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i <= j) {
                uint32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j - low < high - i) {
            sort(v, low, j);
            low = i;
        } else {
            sort(v, i, high);
            high = j;
        }
    }
}

WORKLOAD {
    uint32_t x = 2463534242u, sum = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < N; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            data[i] = x;
        }
        sort(data, 0, N - 1);
        for (uint32_t i = 0; i < N; i += 1000) sum = sum * 31 + data[i];
    }
    return sum;
}
