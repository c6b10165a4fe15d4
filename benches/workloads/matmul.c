/* Product of two integer matrices: multiply-add over two strides. */
#include "workload.h"

enum { N = 128, ROUNDS = 10 };
static uint32_t a[N][N], b[N][N], c[N][N];

WORKLOAD {
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t j = 0; j < N; j++) {
            a[i][j] = i * 3 + j;
            b[i][j] = i ^ j * 5;
        }
    }
    uint32_t sum = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < N; i++) {
            for (uint32_t j = 0; j < N; j++) {
                uint32_t dot = 0;
                for (uint32_t k = 0; k < N; k++) dot += a[i][k] * b[k][j];
                c[i][j] = dot;
            }
        }
        sum += c[round][N - 1 - round];
        a[round][round] = sum;
    }
    return sum;
}
