/* What a program in C or C++ needs in the Ember machine: inputs, journal, ecalls, counters, accelerators.
 *
 *     #include <ember.h>
 *
 *     int main(void) {
 *         uint32_t length;
 *         const uint8_t *input = ember_input(&length);
 *         ember_journal(input, length);
 *         return 0;
 *     }
 *
 * main's result is the exit code. With picolibc installed the standard library works: printf goes to the host's console,
 * stdin is the private input, malloc takes the memory behind the program's variables.
 */
#ifndef EMBER_H
#define EMBER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EMBER_EXIT = 93, EMBER_READ = 63, EMBER_WRITE = 64, EMBER_CONTEXT = 0x1201 };

/* File descriptors. The journal is the public output, and part of the statement that a proof proves; of the private input
 * a proof says how many bytes were read; the console is for the host's eyes. */
enum { EMBER_PRIVATE = 0, EMBER_CONSOLE = 1, EMBER_ERRORS = 2, EMBER_JOURNAL = 3 };

/* Any ecall. The number goes in t0 (RV32E has no a7), the arguments in a0.., the result comes back in a0. Numbers from
 * 0x2000 are the embedding's own. */
static inline uint32_t ember_ecall(uint32_t number, uint32_t arg0, uint32_t arg1, uint32_t arg2, uint32_t arg3) {
    register uint32_t t0 __asm__("t0") = number;
    register uint32_t a0 __asm__("a0") = arg0;
    register uint32_t a1 __asm__("a1") = arg1;
    register uint32_t a2 __asm__("a2") = arg2;
    register uint32_t a3 __asm__("a3") = arg3;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(t0), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return a0;
}

/* The public input: memory that can be read for the whole run, and its length in bytes. */
const uint8_t *ember_input(uint32_t *length);

/* Reads up to `length` bytes of the private input and returns how many came: fewer only where it ends. */
static inline uint32_t ember_read_private(void *buffer, uint32_t length) {
    uint32_t done = 0, n = 1; /* One call moves 1 MiB at most. */
    for (; done < length && n > 0; done += n)
        n = ember_ecall(EMBER_READ, EMBER_PRIVATE, (uint32_t)(uintptr_t)buffer + done, length - done, 0);
    return done;
}

/* Writes bytes to the console, the error console or the journal. */
static inline void ember_write(uint32_t fd, const void *bytes, uint32_t length) {
    for (uint32_t done = 0, n; done < length; done += n) {
        n = ember_ecall(EMBER_WRITE, fd, (uint32_t)(uintptr_t)bytes + done, length - done, 0);
        if (n > length - done) return; /* There is no such descriptor. */
    }
}

/* Appends bytes to the journal. It takes at most 1 MiB; a write beyond that ends the run. */
static inline void ember_journal(const void *bytes, uint32_t length) { ember_write(EMBER_JOURNAL, bytes, length); }

/* Appends a word to the journal. The machine is little-endian, and so is the journal. */
static inline void ember_journal_u32(uint32_t word) { ember_journal(&word, sizeof word); }

/* Writes a string literal; its length is known here, so this needs no library. */
#define ember_print(fd, literal) ember_write((fd), (literal), sizeof(literal) - 1)

/* Ends the run. Where the standard library is used, call its exit, which writes out what printf still holds. */
__attribute__((noreturn)) static inline void ember_exit(uint32_t code) {
    ember_ecall(EMBER_EXIT, code, 0, 0, 0);
    __builtin_unreachable();
}

/* What the statement says of the run before it begins; digests are eight field elements each. What is not in use yet is zero. */
struct ember_context {
    uint32_t image_id[8], input_digest[8], recursion_root[8];
    uint64_t gas_limit;
    uint32_t memory_limit, zero;
    uint64_t machines_memory_limit, zeros;
    uint16_t prices[64]; /* in the order of docs/statement.md */
};
#ifdef __cplusplus
static_assert(sizeof(ember_context) == 256, "the machine writes 64 words");
#else
_Static_assert(sizeof(struct ember_context) == 256, "the machine writes 64 words");
#endif
static inline void ember_context(struct ember_context *context) {
    ember_ecall(EMBER_CONTEXT, (uint32_t)(uintptr_t)context, 0, 0, 0);
}

/* The first word of the public input, or `fallback` where there is no input. Byte by byte: the machine faults on a
 * misaligned load, and an input may be of any length. */
static inline uint32_t ember_input_u32(uint32_t fallback) {
    uint32_t length;
    const uint8_t *input = ember_input(&length);
    if (length == 0) return fallback;
    if (length < 4) {
        ember_print(EMBER_ERRORS, "the input is a 32-bit little-endian number\n");
        ember_exit(1);
    }
    return input[0] | (uint32_t)input[1] << 8 | (uint32_t)input[2] << 16 | (uint32_t)input[3] << 24;
}

/* A 64-bit counter, whose halves are two CSRs: again, if the low half wrapped in between. Written as raw encodings of
 * csrrs rd, csr, x0, because assemblers have the counters' names only with Zicsr. */
#define EMBER_COUNTER(name, low_csr, high_csr)                                                                          \
    static inline uint64_t name(void) {                                                                                 \
        uint32_t high, low, again;                                                                                      \
        do {                                                                                                            \
            __asm__ volatile(".insn i 0x73, 2, %0, x0, " high_csr "\n\t.insn i 0x73, 2, %1, x0, " low_csr               \
                             "\n\t.insn i 0x73, 2, %2, x0, " high_csr                                                   \
                             : "=&r"(high), "=&r"(low), "=r"(again));                                                   \
        } while (high != again);                                                                                        \
        return (uint64_t)high << 32 | low;                                                                              \
    }
EMBER_COUNTER(ember_cycles, "-0x400", "-0x380")       /* gas used so far: cycle 0xc00, cycleh 0xc80 */
EMBER_COUNTER(ember_instructions, "-0x3fe", "-0x37e") /* instructions so far: instret 0xc02, instreth 0xc82 */
#undef EMBER_COUNTER

#ifdef __cplusplus
}
#endif

#include "ember_accel.h"

#endif
