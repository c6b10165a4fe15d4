/* A hash map from strings to counters, open addressing, FNV-1a: byte loops, comparisons, pointers, calls. */
#include "workload.h"

enum { SLOTS = 1 << 12, POOL = 1 << 16, ROUNDS = 8 };
typedef struct {
    const uint8_t *key;
    uint32_t length, hash, count;
} slot;
static slot slots[SLOTS];
static uint8_t pool[POOL];

static uint32_t fnv(const uint8_t *p, uint32_t n) {
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < n; i++) h = (h ^ p[i]) * 16777619u;
    return h;
}

static int same(const uint8_t *a, const uint8_t *b, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (a[i] != b[i]) return 0;
    }
    return 1;
}

static __attribute__((noinline)) slot *find(const uint8_t *key, uint32_t length) {
    uint32_t hash = fnv(key, length);
    for (uint32_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
        slot *s = &slots[i];
        if (s->key == 0) {
            s->key = key;
            s->length = length;
            s->hash = hash;
            return s;
        }
        if (s->hash == hash && s->length == length && same(s->key, key, length)) return s;
    }
}

WORKLOAD {
    uint32_t x = 88172645u, sum = 0;
    for (uint32_t i = 0; i < POOL; i++) pool[i] = (uint8_t)('a' + i * i % 13);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < SLOTS; i++) slots[i].key = 0, slots[i].count = 0;
        for (uint32_t i = 0; i < 40000; i++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            find(pool + x % 1021 * 3, 4 + (x >> 16) % 3)->count++;
        }
        for (uint32_t i = 0; i < SLOTS; i++) sum = sum * 31 + slots[i].count;
    }
    return sum;
}
