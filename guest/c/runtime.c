/* From start.s to main. libc.c goes on where there is a standard library (with EMBER_LIBC). */
#include "ember.h"

extern int main(int argc, char **argv, char **envp);

static const uint8_t *input_start;
static uint32_t input_length;

const uint8_t *ember_input(uint32_t *length) {
    *length = input_length;
    return input_start;
}

/* There are no arguments and there is no environment, and a program has no name that it could see: the C standard's way
 * of saying so. */
static char no_name[1];
static char *arguments[2] __attribute__((section(".bss.arguments")));

/* For -fstack-protector: a guard that strings cannot hold, the same in every run, because nothing here is random. It finds
 * mistakes and stops no attacker. */
extern const uintptr_t __stack_chk_guard;
const uintptr_t __stack_chk_guard = 0xff0a0d00;

__attribute__((noreturn)) extern void __stack_chk_fail(void);
__attribute__((noreturn)) void __stack_chk_fail(void) {
    ember_print(EMBER_ERRORS, "stack smashing detected\n");
    ember_exit(134); /* As abort does: libc.c. */
}

#ifndef EMBER_LIBC

int __ember_main(const uint8_t *input, uint32_t length) {
    input_start = input, input_length = length;
    arguments[0] = no_name;
    return main(1, arguments, arguments + 1);
}

#else

#include <stdlib.h>

extern void __libc_init_array(void);

int __ember_main(const uint8_t *input, uint32_t length) {
    input_start = input, input_length = length;
    arguments[0] = no_name;
    __libc_init_array();
    exit(main(1, arguments, arguments + 1));
}

#endif
