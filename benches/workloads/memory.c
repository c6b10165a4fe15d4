/* memset and memcpy for the targets that have none. */
#include "workload.h"

void *memset(void *to, int value, __SIZE_TYPE__ n) {
    volatile uint8_t *p = to;
    while (n--) *p++ = (uint8_t)value;
    return to;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ n) {
    volatile uint8_t *p = to;
    const uint8_t *q = from;
    while (n--) *p++ = *q++;
    return to;
}
