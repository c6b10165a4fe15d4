/* Iterated additions: the loop body is three or four ALU instructions. */
#include "workload.h"

WORKLOAD {
    uint32_t a = 0, b = 1;
    for (uint32_t n = 0; n < 100000000; n++) {
        uint32_t sum = a + b;
        a = b;
        b = sum;
    }
    return a;
}
