/* From start.s to main, and what picolibc asks of the system below it (with EMBER_LIBC). */
#include "ember.h"

extern int main(void);

static const uint8_t *input_start;
static uint32_t input_length;

const uint8_t *ember_input(uint32_t *length) {
    *length = input_length;
    return input_start;
}

#ifndef EMBER_LIBC

int __ember_main(const uint8_t *input, uint32_t length) {
    input_start = input, input_length = length;
    return main();
}

#else

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

extern char __tls_base[], __heap_start[]; /* of link.ld */
extern char *__memory_end;                /* of start.s */
extern void __libc_init_array(void);

int __ember_main(const uint8_t *input, uint32_t length) {
    input_start = input, input_length = length;
    __asm__ volatile("mv tp, %0" : : "r"(__tls_base));
    __libc_init_array();
    exit(main());
}

/* The console's lines: one ecall for each, not one for each character. */
static char line[256];
static uint32_t line_length;

static int flush(FILE *stream) {
    (void)stream;
    if (line_length > 0) ember_write(EMBER_CONSOLE, line, line_length);
    line_length = 0;
    return 0;
}

static int put(char c, FILE *stream) {
    line[line_length++] = c;
    if (c == '\n' || line_length == sizeof line) flush(stream);
    return (unsigned char)c;
}

/* Errors are not held back. */
static int put_error(char c, FILE *stream) {
    (void)stream;
    ember_write(EMBER_ERRORS, &c, 1);
    return (unsigned char)c;
}

static int get(FILE *stream) {
    static uint8_t buffer[256];
    static uint32_t at, end;
    (void)stream;
    if (at == end) {
        at = 0;
        end = ember_read_private(buffer, sizeof buffer);
        if (end == 0) return _FDEV_EOF;
    }
    return buffer[at++];
}

static FILE in = FDEV_SETUP_STREAM(NULL, get, NULL, _FDEV_SETUP_READ);
static FILE out = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
static FILE error = FDEV_SETUP_STREAM(put_error, NULL, NULL, _FDEV_SETUP_WRITE);

FILE *const stdin = &in;
FILE *const stdout = &out;
FILE *const stderr = &error;

_Noreturn void _exit(int code) {
    flush(NULL);
    ember_exit((uint32_t)code);
}

/* The heap: all memory behind the program's variables. */
void *sbrk(ptrdiff_t increment) {
    static char *end;
    if (!end) end = __heap_start;
    if (increment > __memory_end - end || increment < __heap_start - end) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end += increment;
    return end - increment;
}

#endif
