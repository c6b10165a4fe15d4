//! Counters, ecalls and range checks.

use ember_isa::{Op, ecall};
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;

use super::bus::{
    AUX, Aux, Builder, MEM, RANGE8, RANGE16, STREAM, c, once, pair, range8, range16, sum, when,
};
use super::columns::columns;
use super::{CSR_SUB, sub_code};

columns! {
    /// Columns of a read of a counter.
    pub struct CsrCols {
        /// Whether the row holds a read.
        real,
        /// Whether of `instret`, not of `cycle`.
        instret,
        /// Whether of the high half.
        high,
        /// Result.
        w: [2],
        /// The processor's gas accumulators.
        gas: [2],
        /// The processor's time.
        clk,
        /// `gas[0]`: two limbs of 16 bits.
        low: [2],
        /// `gas[1]`: 8, 16 and 8 bits.
        upper: [3],
        /// `clk - 1`: 16 and 8 bits.
        retired: [2],
        /// The counter: four limbs of 16 bits.
        out: [4],
        /// Carries between the counter's limbs: two bits, two bits, one bit.
        carry: [5],
    }
}

/// Public values of `Csr`: gas used and instructions retired before the segment, four limbs of 16 bits each.
pub const CSR_PUBLICS: usize = 8;

pub(super) fn eval_csr<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = CsrCols::from_row(main.current_slice());
    let before: alloc::vec::Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();
    for flag in [l.real, l.instret, l.high].into_iter().chain(l.carry) {
        b.assert_bool(flag);
    }
    when(b, AB::Expr::ONE - l.real, l.instret);
    // Both accumulators below p - 1, or they would have a second decomposition.
    b.assert_eq(l.gas[0], l.low[0] + l.low[1] * c::<AB>(1 << 16));
    range16(b, l.low[0], l.real);
    range16(b, l.low[1], l.real);
    range16(b, l.low[1] + c::<AB>(0xffff - 0x7eff), l.real);
    b.assert_eq(l.gas[1], l.upper[0] + l.upper[1] * c::<AB>(1 << 8) + l.upper[2] * c::<AB>(1 << 24));
    range8(b, l.upper[0], l.real);
    range16(b, l.upper[1], l.real);
    range8(b, l.upper[2], l.real);
    range8(b, l.upper[2] + c::<AB>(0xff - 0x7e), l.real);
    b.assert_eq(l.clk, l.real + l.retired[0] + l.retired[1] * c::<AB>(1 << 16));
    range16(b, l.retired[0], l.real);
    range8(b, l.retired[1], l.real);

    // What the segment counted, on top of what was counted before it.
    let gas =
        [l.low[0] + l.upper[0] * c::<AB>(1 << 8), l.low[1] + l.upper[1], l.upper[2].into(), AB::Expr::ZERO];
    let retired = [l.retired[0].into(), l.retired[1].into(), AB::Expr::ZERO, AB::Expr::ZERO];
    let carries = [
        l.carry[0] + l.carry[1] * c::<AB>(2),
        l.carry[2] + l.carry[3] * c::<AB>(2),
        l.carry[4].into(),
        AB::Expr::ZERO,
    ];
    let cycle = l.real - l.instret;
    for i in 0..4 {
        let counted = cycle.clone() * (gas[i].clone() + before[i].clone())
            + l.instret * (retired[i].clone() + before[4 + i].clone());
        let carried = if i == 0 { AB::Expr::ZERO } else { carries[i - 1].clone() };
        b.assert_eq(l.out[i] + carries[i].clone() * c::<AB>(1 << 16), counted + carried);
        range16(b, l.out[i], l.real);
    }
    for limb in 0..2 {
        b.assert_eq(l.w[limb], l.out[limb] + l.high * (l.out[2 + limb] - l.out[limb]));
    }
    let zero = || [AB::Expr::ZERO, AB::Expr::ZERO];
    let tuple = Aux {
        m: pair::<AB>(l.gas),
        n: [l.clk.into(), AB::Expr::ZERO],
        ..Aux::alu(c::<AB>(CSR_SUB) + l.instret + l.high * c::<AB>(2), zero(), zero(), pair::<AB>(l.w))
    };
    AUX.receive(b, tuple.fields(), once::<AB>(l.real));
}

columns! {
    /// Columns of `read` and `write`: one row a memory word, one at least a call, calls in order of time.
    pub struct IoCols {
        /// Whether the row belongs to a call.
        real,
        /// Whether it is the call's first.
        start,
        /// Kind of the call: `read` of the private input, `write` to the console, `write` to the journal, `read`
        /// and `write` of a bad file descriptor.
        kind: [5],
        /// Time of the call.
        clk,
        /// Time since the call before, less one: low 16 bits, high 8 bits. On first rows.
        clk_gap: [2],
        /// File descriptor. On first rows, as all of the call's own values.
        fd: [2],
        /// Pointer.
        ptr: [2],
        /// Length.
        len: [2],
        /// Result.
        w: [2],
        /// Word number of the pointer within its 64 KiB.
        ptr_word,
        /// Whether the length is at least the most that a call moves.
        cut,
        /// The length that counts: the most that a call moves, if it is cut.
        size: [2],
        /// `(size + pad) / 4` of the size's low limb.
        size_word,
        /// Distance of the size to a multiple of 4: two bits.
        pad: [2],
        /// Gas of the call, in two accumulators.
        inc: [2],
        /// `(fd - 1)(fd - 2)` and `(fd - 1)(fd - 2)(fd - 3)` of the low limb.
        fd_product: [2],
        /// Witnesses that a file descriptor is bad.
        fd_inv: [2],
        /// Whether the row accesses a word.
        access,
        /// Word address.
        address,
        /// One-hot of the first byte of the access.
        first: [4],
        /// Which bytes the call covers.
        lane: [4],
        /// Which bytes a `read` replaces.
        fresh: [4],
        /// Bytes before.
        old: [4],
        /// Bytes after.
        new: [4],
        /// Time of the previous access.
        prev,
        /// Whether the word may be written.
        writable,
        /// Bytes of the call not covered by earlier rows.
        left,
        /// Bytes of a `read` not delivered by earlier rows.
        due,
        /// Length of the journal before the row.
        journal,
    }
}

/// Public values of `Io`: base and per-word cost of `read`, then of `write`, low byte and high byte each; the
/// journal's length.
pub const IO_PUBLICS: usize = 9;

pub(super) fn eval_io<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = IoCols::from_row(main.current_slice());
    let next = IoCols::from_row(main.next_slice());
    let p: alloc::vec::Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();
    let [read, console, journal, bad_read, bad_write] = l.kind;
    let wide = |limbs: [AB::Var; 2]| limbs[0] + limbs[1] * c::<AB>(1 << 16);

    // Flags.
    for flag in [l.real, l.start, l.cut, l.access, l.writable]
        .into_iter()
        .chain(l.kind)
        .chain(l.first)
        .chain(l.lane)
        .chain(l.fresh)
        .chain(l.pad)
    {
        b.assert_bool(flag);
    }
    b.assert_eq(l.real, sum::<AB>(l.kind));
    when(b, l.start, AB::Expr::ONE - l.real);
    when(b, l.access, AB::Expr::ONE - l.real);
    b.when_transition().assert_zero((AB::Expr::ONE - l.real) * next.real);
    b.when_first_row().assert_zero(l.real * (AB::Expr::ONE - l.start));

    // Rows of one call follow each other; calls follow each other in time.
    let goes_on = next.real - next.start;
    for (here, there) in l.kind.into_iter().zip(next.kind) {
        b.when_transition().assert_zero(goes_on.clone() * (there - here));
    }
    b.when_transition().assert_zero(goes_on.clone() * (next.clk - l.clk));
    b.when_transition().assert_zero(next.start * (next.clk - l.clk - AB::Expr::ONE - wide(next.clk_gap)));
    range16(b, l.clk_gap[0], l.start);
    range8(b, l.clk_gap[1], l.start);

    // Lanes: an interval of bytes, up to the word's end if the call goes on, from the word's start if it went on.
    b.assert_eq(l.access, sum::<AB>(l.first));
    when(b, AB::Expr::ONE - l.access, sum::<AB>(l.lane));
    for i in 0..4 {
        let before = if i == 0 { AB::Expr::ZERO } else { l.lane[i - 1].into() };
        when(b, l.lane[i], AB::Expr::ONE - before.clone() - l.first[i]);
        when(b, l.first[i], AB::Expr::ONE - l.lane[i]);
        when(b, l.first[i], before);
        let fresh_before = if i == 0 { AB::Expr::ZERO } else { l.fresh[i - 1].into() };
        when(b, l.fresh[i], AB::Expr::ONE - l.lane[i]);
        when(b, l.fresh[i], AB::Expr::ONE - fresh_before - l.first[i]);
        when(b, AB::Expr::ONE - read, l.fresh[i]);
        when(b, AB::Expr::ONE - l.fresh[i], l.new[i] - l.old[i]);
        range8(b, l.old[i], l.access);
        range8(b, l.new[i], l.access);
    }
    b.when_transition().assert_zero(goes_on.clone() * (AB::Expr::ONE - l.lane[3]));
    b.when_transition().assert_zero(goes_on.clone() * (AB::Expr::ONE - next.first[0]));
    b.when_transition().assert_zero(goes_on.clone() * next.fresh[0] * (AB::Expr::ONE - l.fresh[3]));
    b.when_transition().assert_zero(goes_on.clone() * (next.address - l.address - AB::Expr::ONE));

    // The length that counts. With that of 2^20 exactly, which is cut to itself, there is one way to say it.
    let most = [ecall::MAX_IO_LEN & 0xffff, ecall::MAX_IO_LEN >> 16];
    for i in 0..2 {
        b.assert_eq(l.size[i], l.len[i] - l.cut * (l.len[i] - c::<AB>(most[i])));
    }
    let below = l.len[1] * c::<AB>((1 << 16) / most[1]);
    range16(b, below.clone() + l.cut * (l.len[1] - c::<AB>(most[1]) - below), l.start);

    // Counts, from the first row's size and result to nothing.
    let count = sum::<AB>(l.lane);
    let fresh = sum::<AB>(l.fresh);
    let left = l.left - count.clone();
    let due = l.due - fresh;
    for (counter, next_counter) in [(left, next.left), (due, next.due)] {
        b.when_transition().assert_zero(goes_on.clone() * (next_counter - counter.clone()));
        b.when_transition().assert_zero((l.real - goes_on.clone()) * counter.clone());
        b.when_last_row().assert_zero(l.real * counter);
    }
    let write = console + journal;
    let good_start = l.start - l.start * (bad_read + bad_write);
    when(b, good_start, l.left - wide(l.size));
    when(b, bad_read + bad_write, l.left);
    when(b, bad_read + bad_write, l.access);
    when(b, l.start * read, l.due - wide(l.w));
    when(b, AB::Expr::ONE - read, l.due);
    for i in 0..2 {
        when(b, l.start * write.clone(), l.w[i] - l.size[i]);
        let error = ecall::EBADF >> (16 * i) & 0xffff;
        when(b, bad_read + bad_write, l.w[i] - c::<AB>(error));
    }
    range16(b, l.w[0], l.start);
    range16(b, l.w[1], l.start);
    // A result below 2^24 is no other modulo p.
    range8(b, l.w[1] * read, l.start);

    // The pointer.
    when(b, l.start * l.access, l.address - l.ptr_word - l.ptr[1] * c::<AB>(1 << 14));
    let offset = l.first[1] + l.first[2] * c::<AB>(2) + l.first[3] * c::<AB>(3);
    when(b, l.start * l.access, l.ptr[0] - l.ptr_word * c::<AB>(4) - offset);
    range16(b, l.ptr_word, l.start);

    // Memory.
    let word = |bytes: [AB::Var; 4]| -> [AB::Expr; 2] {
        core::array::from_fn(|i| bytes[2 * i] + bytes[2 * i + 1] * c::<AB>(1 << 8))
    };
    let access = |time: AB::Var, [low, high]: [AB::Expr; 2]| {
        [l.address.into(), time.into(), low, high, l.writable.into()]
    };
    MEM.receive(b, access(l.prev, word(l.old)), once::<AB>(l.access));
    MEM.send(b, access(l.clk, word(l.new)), once::<AB>(l.access));
    range16(b, l.clk - l.prev - AB::Expr::ONE, l.access);
    when(b, l.access * read, AB::Expr::ONE - l.writable);

    // The journal.
    b.when_first_row().assert_zero(l.journal);
    b.when_transition().assert_eq(next.journal, l.journal + journal * count.clone());
    b.when_last_row().assert_eq(l.journal + journal * count, p[8].clone());
    let mut position: AB::Expr = l.journal.into();
    for i in 0..4 {
        STREAM.send(b, [position.clone(), l.old[i].into()], once::<AB>(l.lane[i] * journal));
        position += l.lane[i].into();
    }

    // File descriptors.
    let fd = l.fd[0];
    for limb in l.fd {
        when(b, read, l.start * limb);
    }
    when(b, write.clone(), l.start * l.fd[1]);
    when(b, l.start * journal, fd - c::<AB>(ecall::FD_JOURNAL));
    when(b, console, l.start * l.fd_product[0]);
    b.assert_eq(l.fd_product[0], (fd - AB::Expr::ONE) * (fd - c::<AB>(2)));
    b.assert_eq(l.fd_product[1], l.fd_product[0] * (fd - c::<AB>(3)));
    when(b, bad_read, (fd + l.fd[1]) * l.fd_inv[0] - AB::Expr::ONE);
    when(b, bad_write, l.fd[1] * l.fd_inv[0] + l.fd_product[1] * l.fd_inv[1] - AB::Expr::ONE);

    // Gas: words are counted on the size, whatever the alignment.
    b.assert_eq(l.size_word * c::<AB>(4), l.size[0] + l.pad[0] + l.pad[1] * c::<AB>(2));
    range16(b, l.size_word, l.start);
    let words = l.size_word + l.size[1] * c::<AB>(1 << 14);
    for i in 0..2 {
        let cost = |call: usize| p[4 * call + i].clone() + p[4 * call + 2 + i].clone() * words.clone();
        when(
            b,
            l.start,
            l.inc[i]
                - read * cost(0)
                - write.clone() * cost(1)
                - bad_read * p[i].clone()
                - bad_write * p[4 + i].clone(),
        );
    }
    let number = (read + bad_read) * c::<AB>(ecall::READ) + (write + bad_write) * c::<AB>(ecall::WRITE);
    let tuple = Aux {
        off: l.clk.into(),
        m: pair::<AB>(l.ptr),
        n: pair::<AB>(l.len),
        inc: pair::<AB>(l.inc),
        ..Aux::alu(c::<AB>(sub_code(Op::Ecall)), [number, AB::Expr::ZERO], pair::<AB>(l.fd), pair::<AB>(l.w))
    };
    AUX.receive(b, tuple.fields(), once::<AB>(l.start));
}

columns! {
    /// Columns of the 8-bit range table.
    pub struct Range8Cols {
        /// The integer.
        value,
        /// How often it is looked up.
        uses,
    }
}

columns! {
    /// Columns of the 16-bit range table, whose rows ascend from 0 to 2^16 - 1 in steps of at most 255.
    pub struct Range16Cols {
        /// The integer.
        value,
        /// How often it is looked up.
        uses,
        /// Bits of the step to the next row.
        step: [8],
    }
}

/// Only looked-up values need a row: a small run has a small table.
///
/// The first value is 0, steps are below 256, and the last value is 2^16 - 1; at most 2^17 rows cannot go around
/// the field, as 2^17 * 255 < p, so every value lies between.
pub(super) fn eval_range16<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = Range16Cols::from_row(main.current_slice());
    let next = Range16Cols::from_row(main.next_slice());
    let mut step = AB::Expr::ZERO;
    for (i, bit) in l.step.into_iter().enumerate() {
        b.assert_bool(bit);
        step += bit * c::<AB>(1 << i);
    }
    b.when_first_row().assert_zero(l.value);
    b.when_transition().assert_eq(next.value, l.value + step);
    b.when_last_row().assert_eq(l.value, c::<AB>(0xffff));
    RANGE16.table_entry(b, [l.value], l.uses);
}

/// All 256 values, in order.
pub(super) fn eval_range8<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = Range8Cols::from_row(main.current_slice());
    let next = Range8Cols::from_row(main.next_slice());
    b.when_first_row().assert_zero(l.value);
    b.when_transition().assert_eq(next.value, l.value + AB::Expr::ONE);
    b.when_last_row().assert_eq(l.value, c::<AB>(0xff));
    RANGE8.table_entry(b, [l.value], l.uses);
}
