/* Keccak-f[1600] in plain C, FIPS 202: 64-bit logic and rotations, which a 32-bit machine does in halves. */
#include "workload.h"

static const uint64_t RC[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};
static const uint8_t ROTATION[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                     27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
static const uint8_t LANE[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                 15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

static uint64_t state[25];

static uint64_t rotate(uint64_t x, uint32_t n) { return x << n | x >> (64 - n); }

static void permute(void) {
    for (int round = 0; round < 24; round++) {
        uint64_t c[5];
        for (int x = 0; x < 5; x++)
            c[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5) state[y + x] ^= d;
        }
        uint64_t moved = state[1];
        for (int i = 0; i < 24; i++) {
            uint64_t next = state[LANE[i]];
            state[LANE[i]] = rotate(moved, ROTATION[i]);
            moved = next;
        }
        for (int y = 0; y < 25; y += 5) {
            for (int x = 0; x < 5; x++) c[x] = state[y + x];
            for (int x = 0; x < 5; x++) state[y + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
        }
        state[0] ^= RC[round];
    }
}

WORKLOAD {
    for (uint32_t i = 0; i < 2000; i++) {
        state[i % 17] ^= i;
        permute();
    }
    return (uint32_t)state[0] ^ (uint32_t)(state[7] >> 32);
}
