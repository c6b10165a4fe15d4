//! Calls of `context`.

use alloc::vec::Vec;
use core::array;

use ember_isa::{Context, ecall};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;

use super::operand::{OPERAND_WRITTEN, access};
use super::{Call, PRICE, receive, word_address};
use crate::air::bus::{Builder, c, pair};
use crate::air::columns::columns;

columns! {
    /// Columns of a call of `context`.
    pub struct ContextCols {
        /// Whether the row holds a call.
        real,
        /// Time of the ecall.
        clk,
        /// Pointer to where the words go.
        at: [2],
        /// Registers a1 and a2.
        unused: [4],
        /// Limbs of the words before.
        old: [2 * Context::WORDS],
    }
}

/// Public values of `Context`: its price, low byte then high byte; limbs of the words, each below 2^16.
pub(in crate::air) const CONTEXT_PUBLICS: usize = PRICE + 2 * Context::WORDS;

pub(in crate::air) fn eval_context<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = ContextCols::from_row(main.current_slice());
    let p: Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();
    let (price, words) = p.split_at(PRICE);
    b.assert_bool(l.real);

    let call = Call {
        number: [c::<AB>(ecall::CONTEXT), AB::Expr::ZERO],
        clk: l.clk.into(),
        args: [
            pair::<AB>(l.at),
            pair::<AB>([l.unused[0], l.unused[1]]),
            pair::<AB>([l.unused[2], l.unused[3]]),
        ],
        inc: array::from_fn(|i| price[i].clone()),
    };
    receive(b, call, l.real);
    let at = word_address(b, l.at, l.real);
    for i in 0..Context::WORDS {
        let old = [l.old[2 * i], l.old[2 * i + 1]].map(Into::into);
        let new = array::from_fn(|limb| words[2 * i + limb].clone());
        access(b, (l.clk.into(), at.clone() + c::<AB>(i as u32)), OPERAND_WRITTEN, old, new, l.real);
    }
}
