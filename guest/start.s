# The first instructions of every program, in Rust and in C.
#
# The machine starts with sp at the end of writable memory, a0 and a1 = the public input region, every other register
# 0, and memory outside the image zero (SPEC section 2): there is no bss to clear. What is left to do is to remember
# where memory ends, for the heap, to move sp to the stack, below which nothing can be written, and to say where the one
# thread's own variables are.

    .section .text.start, "ax"
    .globl  _start
    .type   _start, @function
_start:
    lui     t0, %hi(__memory_end)
    sw      sp, %lo(__memory_end)(t0)
    lui     sp, %hi(__stack_top)
    addi    sp, sp, %lo(__stack_top)
    lui     tp, %hi(__tls_base)
    addi    tp, tp, %lo(__tls_base)
    call    __ember_main        # of c/runtime.c or src/entry.rs; a0 and a1 are where ILP32E wants arguments
    li      t0, 93              # exit(a0): SPEC section 4
    ecall
    .4byte  0                   # exit does not come back; the all-zero word is illegal for ever
    .size   _start, . - _start

    .section .bss.__memory_end, "aw", @nobits
    .balign 4
    .globl  __memory_end
    .type   __memory_end, @object
__memory_end:
    .zero   4
    .size   __memory_end, 4

# Where variables end. A linker puts writable sections that link.ld does not name behind the last writable one that it names,
# and this one is not: so none of them lies in the heap.
    .section .heap_start, "a", @nobits
    .balign 16
    .globl  __heap_start
__heap_start:
