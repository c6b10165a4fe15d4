/* Runtime of csmith's programs on Ember, and on whatever has the same two calls: it takes the place of csmith's own
 * csmith.h and needs of that installation its safe_math.h only. No libc.
 *
 * A program ends by writing a 64-bit hash of its global variables to file descriptor 1.
 */
#ifndef EMBER_CSMITH_H
#define EMBER_CSMITH_H

#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#define STATIC static
#define UNDEFINED(value) (value)
#define LOG_INDEX
#define LOG_EXEC
#define FUNC_NAME(x) (safe_##x)
#define assert(x)
#define fabs __builtin_fabs
#define fabsf __builtin_fabsf
#include "safe_math.h"
#undef FUNC_NAME

#define _CSMITH_BITFIELD(x) ((x > 32) ? (x % 32) : x)

/* Called where a flag asks for the hash after each variable; it never does. */
#define printf(...) ((void)0)

static uint64_t hash = 0xcbf29ce484222325;

static void platform_main_begin(void) {}
static void crc32_gentab(void) {}

static void transparent_crc(uint64_t value, char *name, int flag) {
    (void)name;
    (void)flag;
    hash = (hash ^ value) * 0x100000001b3;
    hash ^= hash >> 29;
}

static void transparent_crc_bytes(char *bytes, int length, char *name, int flag) {
    for (int i = 0; i < length; i++) transparent_crc((uint8_t)bytes[i], name, flag);
}

static uint32_t ember_ecall(uint32_t number, uint32_t a, uint32_t b, uint32_t c) {
    register uint32_t t0 __asm__("t0") = number;
    register uint32_t a0 __asm__("a0") = a;
    register uint32_t a1 __asm__("a1") = b;
    register uint32_t a2 __asm__("a2") = c;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(t0), "r"(a1), "r"(a2) : "memory");
    return a0;
}

#define crc32_context 0
static void platform_main_end(uint32_t unused, int flag) {
    (void)unused;
    (void)flag;
    ember_ecall(64, 1, (uint32_t)&hash, sizeof hash);
}

void *memcpy(void *to, const void *from, size_t n) {
    for (size_t i = 0; i < n; i++) ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t n) {
    for (size_t i = 0; i < n; i++) ((char *)to)[i] = byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int d = ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];
        if (d) return d;
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *(const unsigned char *)a - *(const unsigned char *)b;
}

int main(void);

__attribute__((naked, section(".text.init"))) void _start(void) {
    __asm__("call main\n\tli t0, 93\n\tecall");
}

#endif
