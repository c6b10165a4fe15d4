/* Linked by hand, with the linker script alone: no start-up code, no runtime. */
#include <ember.h>

static volatile unsigned char initialised[8192] = {1};

__attribute__((noinline)) static void touch(volatile unsigned char *p) {
    for (int i = 0; i < 64; i++) p[i] = 0xee;
}

__attribute__((noinline)) static void frame(void) {
    volatile unsigned char big[FRAME];
    touch(big);
}

__attribute__((used)) static void enter(void) {
    frame();
    unsigned sum = 0;
    for (unsigned i = 0; i < sizeof initialised; i++) sum += initialised[i];
    ember_exit(sum == 1 ? 0 : 9);
}

char *__memory_end; /* Which the script names for start.s. */

__asm__(".section .text.start, \"ax\"\n.globl _start\n_start:\n lui sp, %hi(__stack_top)\n addi sp, sp, %lo(__stack_top)\n"
        " tail enter\n.text");
