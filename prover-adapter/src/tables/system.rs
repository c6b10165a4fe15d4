//! Matrices of counter reads, ecalls and refreshes.

use ember_isa::{csr as number, ecall};
use ember_verifier::air::{CsrCols, IoCols, TouchCols};
use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing};

use super::{Matrix, bytes, flag, limbs, matrix, one_hot, val};
use crate::ranges::Ranges;
use crate::record::{IoCall, IoWord, Record, Touch};

pub(super) fn touch(rows: &[Touch], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(TouchCols::<()>::WIDTH, rows, ranges, |r, row, ranges| {
        let mut wide = |n: u32| [ranges.wide(n & 0xffff), ranges.narrow(n >> 16)];
        TouchCols {
            real: Val::ONE,
            address: val(r.address),
            before: val(r.before),
            after: val(r.after),
            word: limbs(r.word),
            writable: flag(r.writable),
            gap: wide(r.after - r.before - 1),
            bound: wide(r.after),
        }
        .write(row);
    })
}

pub(super) fn csr(record: &Record<'_>, ranges: &mut Ranges) -> Option<Matrix> {
    let start = &record.start;
    matrix(CsrCols::<()>::WIDTH, &record.rows.csr, ranges, |r, row, ranges| {
        let [g0, g1] = r.gas;
        let low = [g0 & 0xffff, g0 >> 16];
        let upper = [g1 & 0xff, g1 >> 8 & 0xffff, g1 >> 24];
        ranges.check_wide(low[1] + (0xffff - 0x7eff));
        ranges.check_narrow(upper[2] + (0xff - 0x7e));
        let retired = r.clk - 1;
        let retired = [retired & 0xffff, retired >> 16];
        let instret = matches!(r.number, number::INSTRET | number::INSTRETH);
        let (counted, before) = if instret {
            ([retired[0], retired[1], 0, 0], start.instructions)
        } else {
            ([low[0] + (upper[0] << 8), low[1] + upper[1], upper[2], 0], start.gas)
        };
        let (mut out, mut carries, mut carry) = ([0; 4], [0; 4], 0);
        for i in 0..4 {
            let sum = counted[i] + (before >> (16 * i) & 0xffff) as u32 + carry;
            carry = sum >> 16;
            (out[i], carries[i]) = (sum & 0xffff, carry);
        }
        let [c0, c1, c2, _] = carries;
        CsrCols {
            real: Val::ONE,
            instret: flag(instret),
            high: flag(r.number >= number::CYCLEH),
            w: limbs(r.w),
            gas: r.gas.map(val),
            clk: val(r.clk),
            low: low.map(|limb| ranges.wide(limb)),
            upper: [ranges.narrow(upper[0]), ranges.wide(upper[1]), ranges.narrow(upper[2])],
            retired: [ranges.wide(retired[0]), ranges.narrow(retired[1])],
            out: out.map(|limb| ranges.wide(limb)),
            carry: [c0 & 1, c0 >> 1, c1 & 1, c1 >> 1, c2].map(val),
        }
        .write(row);
    })
}

/// A row of `Io`: a call, and one of its words, if it has any.
struct IoRow<'a> {
    call: &'a IoCall,
    word: Option<(usize, &'a IoWord)>,
    /// Time since the call before, less one; zero for the first call.
    gap: u32,
    /// Length of the journal before the row.
    journal: u32,
    /// Bytes of private input read before the row.
    private: u32,
}

impl IoRow<'_> {
    /// Which of the five kinds the call is.
    fn kind(&self) -> usize {
        match (self.call.number, self.call.fd) {
            (ecall::READ, _) if self.size().is_some() => 0,
            (ecall::WRITE, ecall::FD_JOURNAL) => 2,
            (ecall::WRITE, _) if self.size().is_some() => 1,
            (ecall::READ, _) => 3,
            _ => 4,
        }
    }

    /// The length that counts, of a call with a good file descriptor.
    fn size(&self) -> Option<u32> {
        ecall::io_len(self.call.number, self.call.fd, self.call.len)
    }

    /// Bytes of the call covered by rows before this one, and the first and last lane of this row.
    fn lanes(&self) -> Option<(u32, u32, u32)> {
        let (index, _) = self.word?;
        let offset = self.call.ptr & 3;
        let first = if index == 0 { offset } else { 0 };
        let covered = if index == 0 { 0 } else { 4 * index as u32 - offset };
        let count = (self.size()? - covered).min(4 - first);
        Some((covered, first, first + count))
    }

    /// Bytes that a `read` has still to deliver when this many are covered; zero for other calls.
    fn due(&self, covered: u32) -> u32 {
        let delivered = if self.kind() == 0 { self.call.result } else { 0 };
        delivered.saturating_sub(covered)
    }
}

pub(super) fn io(calls: &[IoCall], ranges: &mut Ranges) -> Option<Matrix> {
    let mut rows: Vec<IoRow<'_>> = Vec::new();
    let (mut journal, mut private) = (0, 0);
    let mut before = None;
    for call in calls {
        let gap = before.map_or(0, |clk| call.clk - clk - 1);
        before = Some(call.clk);
        if call.words.is_empty() {
            rows.push(IoRow { call, word: None, gap, journal, private });
        }
        for word in call.words.iter().enumerate() {
            let row = IoRow { call, word: Some(word), gap, journal, private };
            let (covered, first, end) = row.lanes().expect("the row has a word");
            if row.kind() == 2 {
                journal += end - first;
            }
            private += row.due(covered).min(end - first);
            rows.push(row);
        }
    }
    let width = IoCols::<()>::WIDTH;
    let used = rows.len();
    let mut matrix = matrix(width, &rows, ranges, io_row)?;
    let padding = IoCols::<Val> {
        journal: val(journal),
        private: val(private),
        fd_product: fd_products(0),
        ..Default::default()
    };
    matrix.values[used * width..].chunks_exact_mut(width).for_each(|row| padding.write(row));
    Some(matrix)
}

/// `(fd - 1)(fd - 2)` and `(fd - 1)(fd - 2)(fd - 3)`.
fn fd_products(fd: u32) -> [Val; 2] {
    let fd = val(fd);
    let two = (fd - Val::ONE) * (fd - Val::TWO);
    [two, two * (fd - val(3))]
}

fn io_row(r: &IoRow<'_>, row: &mut [Val], ranges: &mut Ranges) {
    let call = r.call;
    let kind = r.kind();
    let start = r.word.is_none_or(|(index, _)| index == 0);
    // Of calls with a bad descriptor too.
    let size = call.len.min(ecall::MAX_IO_LEN);
    let mut cols = IoCols::<Val> {
        real: Val::ONE,
        start: flag(start),
        kind: one_hot(kind),
        clk: val(call.clk),
        fd_product: fd_products(if start { call.fd & 0xffff } else { 0 }),
        journal: val(r.journal),
        private: val(r.private),
        ..Default::default()
    };
    if start {
        cols.clk_gap = [ranges.wide(r.gap & 0xffff), ranges.narrow(r.gap >> 16)];
        cols.fd = limbs(call.fd);
        cols.ptr = limbs(call.ptr);
        cols.len = limbs(call.len);
        cols.w = ranges.limbs(call.result);
        let is_cut = size == ecall::MAX_IO_LEN;
        let (high, most) = (call.len >> 16, ecall::MAX_IO_LEN >> 16);
        ranges.check_wide(if is_cut { high - most } else { high * ((1 << 16) / most) });
        cols.cut = flag(is_cut);
        cols.size = limbs(size);
        ranges.check_narrow(r.due(0) >> 16);
        let low = size & 0xffff;
        let size_word = low.div_ceil(4);
        let pad = 4 * size_word - low;
        cols.size_word = ranges.wide(size_word);
        cols.pad = [val(pad & 1), val(pad >> 1)];
        cols.inc = call.inc.map(val);
        match kind {
            3 => cols.fd_inv[0] = (val(call.fd & 0xffff) + val(call.fd >> 16)).inverse(),
            4 if call.fd >> 16 != 0 => cols.fd_inv[0] = val(call.fd >> 16).inverse(),
            4 => cols.fd_inv[1] = cols.fd_product[1].inverse(),
            _ => {}
        }
        let ptr_word = if r.word.is_some() { (call.ptr & 0xffff) / 4 } else { 0 };
        cols.ptr_word = ranges.wide(ptr_word);
    }
    if let (Some((_, word)), Some((covered, first, end))) = (r.word, r.lanes()) {
        let due = r.due(covered);
        let fresh_end = first + due.min(end - first);
        cols.access = Val::ONE;
        cols.address = val(word.address);
        cols.first = one_hot(first as usize);
        cols.lane = core::array::from_fn(|i| flag((first..end).contains(&(i as u32))));
        cols.fresh = core::array::from_fn(|i| flag((first..fresh_end).contains(&(i as u32))));
        cols.old = bytes(word.old);
        cols.new = bytes(word.new);
        for byte in word.old.to_le_bytes().into_iter().chain(word.new.to_le_bytes()) {
            ranges.check_narrow(byte.into());
        }
        ranges.check_wide(call.clk - word.prev - 1);
        cols.prev = val(word.prev);
        cols.writable = flag(word.writable);
        cols.left = val(size - covered);
        cols.due = val(due);
    }
    cols.write(row);
}
