/* Frames of every size: the public input says which. Only the low end is touched, where the frame leaves the stack. Whoever comes
 * back finds all variables as they were: exit code 0, or 9 if one has changed. */
#include <ember.h>
#include <stdlib.h>

enum { BYTES = 128 * 1024 };
static unsigned char initialised[BYTES] = {1};
static unsigned char zeroed[BYTES];
static _Thread_local unsigned char own[BYTES] = {2};
static _Thread_local unsigned char own_zeroed[BYTES];
static unsigned char *heap;

__attribute__((noinline)) static void touch(volatile unsigned char *p) {
    for (int i = 0; i < 64; i++) p[i] = 0xee;
}

/* Where frames grow step by step: each has a page. */
__attribute__((noinline)) static void recurse(uint32_t depth) {
    volatile unsigned char page[4096];
    touch(page);
    if (depth > 1) recurse(depth - 1);
    page[0] = 1;
}

#define FRAME(size)                                                                                                      \
    __attribute__((noinline)) static void frame_##size(void) {                                                           \
        volatile unsigned char big[size];                                                                                \
        touch(big);                                                                                                      \
    }
#define FRAMES(F)                                                                                                        \
    F(0x40) F(0x1000) F(0x3f000) F(0x40000) F(0x45000) F(0x50000) F(0x60000) F(0x80000) F(0x100000) F(0x10000000)        \
    F(0x40000000) F(0x7ffff000)
FRAMES(FRAME)

__attribute__((noinline)) static void variable(uint32_t size) {
    volatile unsigned char big[size];
    touch(big);
}

static uint32_t sum(const volatile unsigned char *p) {
    uint32_t sum = 0;
    for (int i = 0; i < BYTES; i++) sum += p[i];
    return sum;
}

int main(void) {
    uint32_t length;
    const uint8_t *input = ember_input(&length);
    uint32_t size = input[1] | (uint32_t)input[2] << 8 | (uint32_t)input[3] << 16 | (uint32_t)input[4] << 24;
    heap = calloc(1, BYTES);
    if (!heap) return 8;
    switch (input[0]) {
    case 'f':
        switch (size) {
#define CASE(size) case size: frame_##size(); break;
            FRAMES(CASE)
        default: return 7;
        }
        break;
    case 'v': variable(size); break;
    case 'r': recurse(size); break;
    }
    return sum(initialised) == 1 && sum(zeroed) == 0 && sum(own) == 2 && sum(own_zeroed) == 0 && sum(heap) == 0 ? 0 : 9;
}
