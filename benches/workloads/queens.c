/* Solutions of the ten queens problem, by backtracking over arrays: recursion, data-dependent branches. */
#include "workload.h"

enum { N = 10 };
static uint8_t column[N], up[2 * N], down[2 * N];

static uint32_t place(uint32_t row) {
    if (row == N) return 1;
    uint32_t found = 0;
    for (uint32_t c = 0; c < N; c++) {
        if (column[c] || up[row + c] || down[row + N - c]) continue;
        column[c] = up[row + c] = down[row + N - c] = 1;
        found += place(row + 1);
        column[c] = up[row + c] = down[row + N - c] = 0;
    }
    return found;
}

WORKLOAD {
    uint32_t sum = 0;
    for (uint32_t round = 0; round < 5; round++) sum = sum * 31 + place(0);
    return sum;
}
