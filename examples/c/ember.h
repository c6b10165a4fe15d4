/* What a C guest needs: the three ecalls of SPEC section 4 and little-endian output.
 *
 * A program defines `int main(const uint8_t *input, uint32_t length)`; crt0.s passes it the public
 * input region and turns its return value into the exit code.
 */
#ifndef EMBER_H
#define EMBER_H

#include <stdint.h>

enum { ECALL_READ = 63, ECALL_WRITE = 64, ECALL_EXIT = 93 };
enum { PRIVATE_INPUT = 0, CONSOLE = 1, CONSOLE_ERROR = 2, JOURNAL = 3 };

/* The number goes in t0 (RV32E has no a7), the arguments in a0.., the result comes back in a0. */
static inline uint32_t ember_ecall(uint32_t number, uint32_t arg0, uint32_t arg1, uint32_t arg2) {
    register uint32_t t0 __asm__("t0") = number;
    register uint32_t a0 __asm__("a0") = arg0;
    register uint32_t a1 __asm__("a1") = arg1;
    register uint32_t a2 __asm__("a2") = arg2;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(t0), "r"(a1), "r"(a2) : "memory");
    return a0;
}

static inline uint32_t ember_read(uint32_t fd, void *buffer, uint32_t length) {
    return ember_ecall(ECALL_READ, fd, (uint32_t)buffer, length);
}

static inline uint32_t ember_write(uint32_t fd, const void *bytes, uint32_t length) {
    return ember_ecall(ECALL_WRITE, fd, (uint32_t)bytes, length);
}

static inline _Noreturn void ember_exit(uint32_t code) {
    ember_ecall(ECALL_EXIT, code, 0, 0);
    __builtin_unreachable();
}

/* The length of a string literal is known here, so no strlen and no libc. */
#define ember_print(fd, literal) ember_write((fd), (literal), sizeof(literal) - 1)

/* The machine is little-endian, so a word in memory is already in the journal's byte order. */
static inline void ember_journal_u32(uint32_t word) { ember_write(JOURNAL, &word, sizeof word); }

/* The first word of the public input, or `fallback` where there is no input. Byte by byte: the
 * machine faults on a misaligned load, and nothing promises how the input region is aligned. */
static inline uint32_t ember_input_u32(const uint8_t *input, uint32_t length, uint32_t fallback) {
    if (length == 0) return fallback;
    if (length < 4) {
        ember_print(CONSOLE_ERROR, "the input is a 32-bit little-endian number\n");
        ember_exit(1);
    }
    return input[0] | (uint32_t)input[1] << 8 | (uint32_t)input[2] << 16 | (uint32_t)input[3] << 24;
}

/* Put in front of the one instruction that ends a fault program: tests find its pc by this symbol. */
#define FAULT_SITE ".globl fault_site\nfault_site: "

/* What every fault program does first, so that its journal shows that the honest part counts. */
static inline void ember_honest_work(void) { ember_print(JOURNAL, "before"); }

#endif
