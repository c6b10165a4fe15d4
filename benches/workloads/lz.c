/* Greedy LZ77 with a hash table of three-byte prefixes over synthetic text, decompression, and CRC-32 (bytewise, a
 * table) of both: byte loads, table look-ups, short copies. */
#include "workload.h"

enum { N = 1 << 16, ROUNDS = 12, HASH = 1 << 12 };
static uint8_t text[N], packed[2 * N], unpacked[N];
static uint32_t head[HASH], table[256];

static uint32_t crc(const uint8_t *p, uint32_t n) {
    uint32_t c = ~0u;
    for (uint32_t i = 0; i < n; i++) c = c >> 8 ^ table[(c ^ p[i]) & 255];
    return ~c;
}

static uint32_t hash(const uint8_t *p) {
    return ((uint32_t)p[0] << 16 ^ (uint32_t)p[1] << 8 ^ p[2]) * 2654435761u >> 20;
}

static uint32_t compress(void) {
    uint32_t out = 0, at = 0;
    for (uint32_t i = 0; i < HASH; i++) head[i] = 0;
    while (at < N) {
        uint32_t length = 0, distance = 0;
        if (at + 3 <= N) {
            uint32_t h = hash(text + at), candidate = head[h];
            head[h] = at + 1;
            if (candidate != 0) {
                candidate -= 1;
                while (at + length < N && length < 255 && text[candidate + length] == text[at + length]) length++;
                distance = at - candidate;
            }
        }
        if (length >= 4) {
            packed[out++] = (uint8_t)length;
            packed[out++] = (uint8_t)distance;
            packed[out++] = (uint8_t)(distance >> 8);
            at += length;
        } else {
            packed[out++] = 0;
            packed[out++] = text[at++];
        }
    }
    return out;
}

static uint32_t decompress(uint32_t length) {
    uint32_t out = 0, at = 0;
    while (at < length) {
        uint32_t n = packed[at];
        if (n == 0) {
            unpacked[out++] = packed[at + 1];
            at += 2;
        } else {
            uint32_t distance = packed[at + 1] | (uint32_t)packed[at + 2] << 8;
            for (uint32_t i = 0; i < n; i++, out++) unpacked[out] = unpacked[out - distance];
            at += 3;
        }
    }
    return out;
}

WORKLOAD {
    static const uint8_t words[] = "the quick brown fox jumps over a lazy dog and runs into the night of gas ";
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
        table[i] = c;
    }
    uint32_t x = 2463534242u, sum = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < N;) {
            x = x * 1664525 + 1013904223;
            uint32_t start = (x >> 8) % 60, n = 3 + (x >> 24) % 9;
            for (uint32_t j = 0; j < n && i < N; j++) text[i++] = words[start + j];
        }
        uint32_t length = compress();
        uint32_t n = decompress(length);
        sum = sum * 31 + crc(packed, length);
        sum = sum * 31 + (crc(unpacked, n) == crc(text, N)) + n;
    }
    return sum;
}
