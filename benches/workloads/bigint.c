/* Products and sums of numbers of up to some thousand bits in 32-bit limbs: schoolbook multiplication, carries,
 * remainders by a half word. */
#include "workload.h"

enum { LIMBS = 160, SQUARED = LIMBS / 4 };
typedef struct {
    uint32_t n;
    uint32_t limb[LIMBS];
} number;

static void multiply(number *to, const number *a, const number *b) {
    for (uint32_t i = 0; i < a->n + b->n; i++) to->limb[i] = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t carry = 0;
        for (uint32_t j = 0; j < b->n; j++) {
            uint64_t t = (uint64_t)a->limb[i] * b->limb[j] + to->limb[i + j] + carry;
            to->limb[i + j] = (uint32_t)t;
            carry = (uint32_t)(t >> 32);
        }
        to->limb[i + b->n] = carry;
    }
    to->n = a->n + b->n;
    while (to->n > 1 && to->limb[to->n - 1] == 0) to->n--;
}

static void add(number *to, const number *a, const number *b) {
    uint32_t carry = 0, n = a->n > b->n ? a->n : b->n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t x = i < a->n ? a->limb[i] : 0, y = i < b->n ? b->limb[i] : 0;
        uint32_t s = x + y, t = s + carry;
        carry = (uint32_t)(s < x) | (uint32_t)(t < s);
        to->limb[i] = t;
    }
    if (carry) to->limb[n++] = carry;
    to->n = n;
}

static void copy(number *to, const number *from) {
    for (uint32_t i = 0; i < from->n; i++) to->limb[i] = from->limb[i];
    to->n = from->n;
}

/* Remainder by a prime below 2^16, limb by half limb. */
static uint32_t remainder(const number *a, uint32_t prime) {
    uint32_t r = 0;
    for (uint32_t i = a->n; i-- > 0;) {
        r = (r << 16 | a->limb[i] >> 16) % prime;
        r = (r << 16 | (a->limb[i] & 0xffff)) % prime;
    }
    return r;
}

static number x, y, z, t;

WORKLOAD {
    uint32_t sum = 0;
    for (uint32_t round = 0; round < 50; round++) {
        x.n = y.n = 1;
        x.limb[0] = round + 1;
        y.limb[0] = 1;
        for (uint32_t i = 0; i < 60; i++) {
            add(&z, &x, &y);
            multiply(&t, &z, &x);
            if (t.n < SQUARED) copy(&x, &t);
            copy(&y, &z);
        }
        multiply(&z, &x, &y);
        multiply(&t, &z, &x);
        for (uint32_t i = 0; i < 20; i++) sum = sum * 31 + remainder(&t, 65521 - 2 * i);
    }
    return sum;
}
