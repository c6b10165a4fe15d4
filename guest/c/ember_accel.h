/* The machine's accelerators: ecalls that do the work of thousands of instructions for a price of a few. ember.h includes
 * this.
 *
 * Operands are words, at addresses that are multiples of 4, and may overlap.
 */
#ifndef EMBER_ACCEL_H
#define EMBER_ACCEL_H

#include "ember.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    EMBER_SHA256 = 0x1000,
    EMBER_POSEIDON2 = 0x1001,
    EMBER_POSEIDON2_MONTGOMERY = 0x1002,
    EMBER_EXTENSION_DOT = 0x1003,
    EMBER_EXTENSION_DOT_BASE = 0x1004,
    EMBER_KECCAK = 0x1005,
    EMBER_MUL_MOD = 0x1006
};

static inline void ember_accel(uint32_t number, void *result, const void *a, const void *b) {
    ember_ecall(number, (uint32_t)(uintptr_t)result, (uint32_t)(uintptr_t)a, (uint32_t)(uintptr_t)b, 0);
}

/* --- SHA-256 (FIPS 180-4) --- */

/* Updates a state with a block, 64 bytes as they come. */
static inline void ember_sha256_compress(uint32_t state[8], const uint32_t block[16]) {
    ember_accel(EMBER_SHA256, state, block, 0);
}

struct ember_sha256_state {
    uint32_t words[8];
    uint32_t block[16]; /* What has come since the last whole block. */
    uint64_t length;    /* Bytes so far. */
};

static inline void ember_sha256_init(struct ember_sha256_state *s) {
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (int i = 0; i < 8; i++) s->words[i] = first[i];
    s->length = 0;
}

static inline void ember_sha256_update(struct ember_sha256_state *s, const void *bytes, uint32_t length) {
    const uint8_t *from = (const uint8_t *)bytes;
    uint32_t at = (uint32_t)s->length % 64;
    s->length += length;
    while (length > 0) {
        if (at == 0 && length >= 64 && (uintptr_t)from % 4 == 0) {
            ember_sha256_compress(s->words, (const uint32_t *)(const void *)from);
            from += 64, length -= 64;
            continue;
        }
        uint32_t n = 64 - at < length ? 64 - at : length;
        __builtin_memcpy((uint8_t *)s->block + at, from, n);
        from += n, length -= n, at = (at + n) % 64;
        if (at == 0) ember_sha256_compress(s->words, s->block);
    }
}

static inline void ember_sha256_final(struct ember_sha256_state *s, uint8_t digest[32]) {
    uint64_t bits = 8 * s->length;
    uint8_t one = 0x80, zero = 0, end[8];
    ember_sha256_update(s, &one, 1);
    while (s->length % 64 != 56) ember_sha256_update(s, &zero, 1);
    for (int i = 0; i < 8; i++) end[i] = (uint8_t)(bits >> (56 - 8 * i));
    ember_sha256_update(s, end, 8);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(s->words[i / 4] >> (24 - 8 * (i % 4)));
}

static inline void ember_sha256(const void *bytes, uint32_t length, uint8_t digest[32]) {
    struct ember_sha256_state s;
    ember_sha256_init(&s);
    ember_sha256_update(&s, bytes, length);
    ember_sha256_final(&s, digest);
}

/* --- Keccak-256, as Ethereum uses it, and SHA3-256 (FIPS 202) --- */

/* The permutation Keccak-f[1600]: lane (x, y) is number 5 y + x. */
static inline void ember_keccak_f1600(uint64_t lanes[25]) { ember_accel(EMBER_KECCAK, lanes, 0, 0); }

enum { EMBER_KECCAK_RATE = 136 };

struct ember_keccak_state {
    uint64_t lanes[25];
    uint32_t at; /* Bytes since the last whole block. */
};

static inline void ember_keccak_init(struct ember_keccak_state *s) {
    for (int i = 0; i < 25; i++) s->lanes[i] = 0;
    s->at = 0;
}

static inline void ember_keccak_update(struct ember_keccak_state *s, const void *bytes, uint32_t length) {
    const uint8_t *from = (const uint8_t *)bytes;
    while (length > 0) {
        /* The machine is little-endian, and so is Keccak. */
        uint8_t *to = (uint8_t *)s->lanes + s->at;
        if (length >= 4 && s->at % 4 == 0) {
            uint32_t word, lane;
            if ((uintptr_t)from % 4 == 0)
                __builtin_memcpy(&word, __builtin_assume_aligned(from, 4), 4);
            else
                word = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
            __builtin_memcpy(&lane, to, 4);
            lane ^= word;
            __builtin_memcpy(to, &lane, 4);
            from += 4, length -= 4, s->at += 4;
        } else {
            *to ^= *from;
            from++, length--, s->at++;
        }
        if (s->at == EMBER_KECCAK_RATE) ember_keccak_f1600(s->lanes), s->at = 0;
    }
}

/* The first byte of the padding tells the functions apart. */
static inline void ember_keccak_pad(struct ember_keccak_state *s, uint8_t suffix, uint8_t digest[32]) {
    uint8_t *state = (uint8_t *)s->lanes;
    state[s->at] ^= suffix;
    state[EMBER_KECCAK_RATE - 1] ^= 0x80;
    ember_keccak_f1600(s->lanes);
    __builtin_memcpy(digest, state, 32);
}

static inline void ember_keccak256_final(struct ember_keccak_state *s, uint8_t digest[32]) {
    ember_keccak_pad(s, 0x01, digest);
}

static inline void ember_sha3_256_final(struct ember_keccak_state *s, uint8_t digest[32]) {
    ember_keccak_pad(s, 0x06, digest);
}

static inline void ember_keccak256(const void *bytes, uint32_t length, uint8_t digest[32]) {
    struct ember_keccak_state s;
    ember_keccak_init(&s);
    ember_keccak_update(&s, bytes, length);
    ember_keccak256_final(&s, digest);
}

static inline void ember_sha3_256(const void *bytes, uint32_t length, uint8_t digest[32]) {
    struct ember_keccak_state s;
    ember_keccak_init(&s);
    ember_keccak_update(&s, bytes, length);
    ember_sha3_256_final(&s, digest);
}

/* --- Integers of 256 bits --- */

/* x = x * y mod m: eight words each, the lowest first. The result is below m, whether x and y are or not; m = 0 stands for
 * 2^256. */
static inline void ember_mul_mod(uint32_t x[8], const uint32_t y[8], const uint32_t m[8]) {
    ember_accel(EMBER_MUL_MOD, x, y, m);
}

/* --- KoalaBear, the field of the proof system: p = 2^31 - 2^24 + 1 --- */

/* The permutation Poseidon2 of width 16, with Plonky3's constants. Any word stands for its residue modulo p; the words
 * written are below p. */
static inline void ember_poseidon2(uint32_t state[16]) { ember_accel(EMBER_POSEIDON2, state, 0, 0); }

/* The same in Montgomery form: the word w stands for w / 2^32 modulo p. */
static inline void ember_poseidon2_montgomery(uint32_t state[16]) {
    ember_accel(EMBER_POSEIDON2_MONTGOMERY, state, 0, 0);
}

/* Most terms of one call. */
#define EMBER_MAX_TERMS 1023u

/* Adds a[0] b[0] + a[1] b[1] + ... to sum, in the extension of degree 5, F_p[X] / (X^5 + X^2 - 1): five words each, lowest
 * coefficient first, in Montgomery form. */
static inline void ember_extension_dot(uint32_t sum[5], const uint32_t (*a)[5], const uint32_t (*b)[5], uint32_t terms) {
    while (terms > 0) {
        uint32_t n = terms < EMBER_MAX_TERMS ? terms : EMBER_MAX_TERMS;
        ember_accel(EMBER_EXTENSION_DOT | n << 16, sum, a, b);
        a += n, b += n, terms -= n;
    }
}

/* The same where the second factors are elements of the field itself, a word each. */
static inline void ember_extension_dot_base(uint32_t sum[5], const uint32_t (*a)[5], const uint32_t *b, uint32_t terms) {
    while (terms > 0) {
        uint32_t n = terms < EMBER_MAX_TERMS ? terms : EMBER_MAX_TERMS;
        ember_accel(EMBER_EXTENSION_DOT_BASE | n << 16, sum, a, b);
        a += n, b += n, terms -= n;
    }
}

#ifdef __cplusplus
}
#endif

#endif
