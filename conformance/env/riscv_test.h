/* Environment for riscv-tests (github.com/riscv-software-src/riscv-tests, isa/rv32ui and isa/rv32um) on Ember.
 *
 * It takes the place of env/p/riscv_test.h: no machine mode, no registers above x15, no code that is read or
 * written. A test ends with exit(0), or with exit(number << 1 | 1) for the failing test case.
 */
#ifndef EMBER_RISCV_TEST_H
#define EMBER_RISCV_TEST_H

#define RVTEST_RV32U
#define RVTEST_RV64U
#define TESTNUM gp

#define RVTEST_CODE_BEGIN .section .text.init; .globl _start; _start:
#define RVTEST_CODE_END

#define RVTEST_PASS li a0, 0; li t0, 93; ecall
#define RVTEST_FAIL slli a0, TESTNUM, 1; ori a0, a0, 1; li t0, 93; ecall

#define EXTRA_DATA
#define RVTEST_DATA_BEGIN EXTRA_DATA .align 4; .globl begin_signature; begin_signature:
#define RVTEST_DATA_END .align 4; .globl end_signature; end_signature:

#endif
