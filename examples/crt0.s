# Start-up code of every example: the C programs assemble it, the Rust crate includes it.
#
# The machine starts with sp at the top of the stack, a0 and a1 = the public input region, every
# other register 0, and memory outside the image zero (SPEC section 2). So there is no bss to clear
# and no stack to set up: the arguments of main(input, length) are already where ILP32E wants them.

    .section .text.start, "ax"
    .globl  _start
    .type   _start, @function
_start:
    call    main
    li      t0, 93              # exit(main's return value, still in a0): SPEC section 4
    ecall
    .4byte  0                   # exit does not come back; the all-zero word is illegal for ever
    .size   _start, . - _start
