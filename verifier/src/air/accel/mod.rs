//! Accelerators: what an ecall delegates to a table of its own; and `context`, which writes words as they do.
//!
//! An accelerator's table receives the ecall from the processor over [`AUX`](super::bus::AUX), checks that the pointers
//! are aligned, and computes. It touches no memory itself: for every word of its operands it sends the word before
//! and after to [`Operand`](super::Table::Operand), or, where words stand for field elements, to
//! [`Element`](super::Table::Element), whose rows are the accesses.

mod context;
mod dot;
mod keccak;
mod mulmod;
mod operand;
mod permute;
mod sha256;

use ember_isa::Op;
use p3_field::PrimeCharacteristicRing;

use super::bus::{AUX, Aux, Builder, c, inv_pow2, once, range16};
use super::sub_code;

pub use context::ContextCols;
pub use dot::DotCols;
pub use keccak::{KECCAK_ROTATIONS, KECCAK_ROUND_CONSTANTS, KECCAK_ROWS, KeccakCols};
pub use mulmod::{MUL_MOD_CARRY, MulModCols};
pub use operand::{ElementCols, OPERAND_WRITTEN, OperandCols};
pub use permute::PermuteCols;
pub use sha256::{SHA256_ROUND_CONSTANTS, SHA256_ROWS, Sha256Cols};

pub(super) use context::{CONTEXT_PUBLICS, eval_context};
pub(super) use dot::{DOT_PUBLICS, eval_dot};
pub(super) use keccak::eval_keccak;
pub(super) use mulmod::eval_mul_mod;
pub(super) use operand::{eval_element, eval_operand};
pub(super) use permute::eval_permute;
pub(super) use sha256::eval_sha256;

/// Public values of an accelerator's table: its price, low byte then high byte.
pub(super) const PRICE: usize = 2;

/// An accelerator's ecall as its table receives it.
struct Call<AB: Builder> {
    /// Ecall number.
    number: [AB::Expr; 2],
    /// Time.
    clk: AB::Expr,
    /// Registers a0, a1, a2.
    args: [[AB::Expr; 2]; 3],
    /// Gas in the two accumulators.
    inc: [AB::Expr; 2],
}

/// Receives an ecall where `flag` is 1; its result is zero.
fn receive<AB: Builder>(b: &mut AB, call: Call<AB>, flag: AB::Var) {
    let Call { number, clk, args: [s, m, n], inc } = call;
    let zero = || [AB::Expr::ZERO, AB::Expr::ZERO];
    let sub = c::<AB>(sub_code(Op::Ecall));
    let tuple = Aux { off: clk, m, n, inc, ..Aux::alu(sub, number, s, zero()) };
    AUX.receive(b, tuple.fields(), once::<AB>(flag));
}

/// The word address of a pointer, which is checked to be a multiple of 4 where `flag` is 1.
///
/// The limbs are below 2^16, as those of every register. The low one's quarter in the field is below 2^16 only if it
/// is a quarter of integers: `p = 1 mod 4`, so the quarter of another one is at least `p / 4`.
fn word_address<AB: Builder>(b: &mut AB, ptr: [AB::Var; 2], flag: AB::Var) -> AB::Expr {
    let low = ptr[0] * inv_pow2(2);
    range16(b, low.clone(), flag);
    low + ptr[1] * c::<AB>(1 << 14)
}
