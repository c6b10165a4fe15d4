/* Environment for riscv-arch-test (github.com/riscv-non-isa/riscv-arch-test, rv32e_m/E and rv32e_m/M) on Ember.
 *
 * At the end the signature, from begin_signature to end_signature, is written to file descriptor 1, and the program
 * exits with 0. The runner compares the signature in memory with a reference file; the bytes on descriptor 1 are
 * for other machines that have the same calls, such as qemu-riscv32.
 */
#ifndef EMBER_MODEL_TEST_H
#define EMBER_MODEL_TEST_H

#define RVMODEL_BOOT

#define RVMODEL_HALT                                                                              \
    li a0, 1; la a1, begin_signature; la a2, end_signature; sub a2, a2, a1; li t0, 64; ecall;     \
    li a0, 0; li t0, 93; ecall

#define RVMODEL_DATA_SECTION
#define RVMODEL_DATA_BEGIN .align 4; .globl begin_signature; begin_signature:
#define RVMODEL_DATA_END .align 4; .globl end_signature; end_signature:

#define RVMODEL_IO_INIT
#define RVMODEL_IO_WRITE_STR(reg, text)
#define RVMODEL_IO_CHECK()
#define RVMODEL_IO_ASSERT_GPR_EQ(signature, reg, value)
#define RVMODEL_IO_ASSERT_SFPR_EQ(signature, reg, value)
#define RVMODEL_IO_ASSERT_DFPR_EQ(signature, reg, value)

#define RVMODEL_SET_MSW_INT
#define RVMODEL_CLEAR_MSW_INT
#define RVMODEL_CLEAR_MTIMER_INT
#define RVMODEL_CLEAR_MEXT_INT

#endif
