//! The processor's matrix.

use ember_isa::{Class, Family, Instruction, Op, reg};
use ember_verifier::air::{CpuCols, Fetched, fetched};
use ember_verifier::params::{MIN_LOG_HEIGHT, Val};
use ember_vm::semantics::{branch_taken, compute, load_value, store_word};
use p3_field::{Field, PrimeCharacteristicRing};
use rayon::prelude::*;

use super::{Matrix, flag, limbs, val};
use crate::ranges::Ranges;
use crate::record::{CHUNK, Record, Snapshot, ecall_gas};

const WIDTH: usize = CpuCols::<()>::WIDTH;

/// Upper two bits and lower two bits of a register number, each one-hot with zero left out.
fn register(number: u8) -> [Val; 6] {
    core::array::from_fn(|i| {
        let part = if i < 3 { number / 4 } else { number % 4 };
        flag(usize::from(part) == i % 3 + 1)
    })
}

pub(super) fn matrix(record: &Record<'_>, ranges: &mut Ranges) -> Matrix {
    let steps = &record.steps;
    // A segment without instructions has no other table. One with any has Rom, and so all the rows of Range16.
    let rows = if steps.is_empty() { 1 << MIN_LOG_HEIGHT } else { steps.len() + 1 };
    let height = rows.next_power_of_two();
    let mut cells = Val::zero_vec(height * WIDTH);
    let (rows, padding) = cells.split_at_mut(steps.len() * WIDTH);
    let counted = rows
        .par_chunks_mut(WIDTH * CHUNK)
        .zip(&record.snapshots)
        .enumerate()
        .map(|(chunk, (cells, snapshot))| {
            let mut filler = Filler { record, state: *snapshot, ranges: Ranges::default() };
            for (i, row) in cells.chunks_exact_mut(WIDTH).enumerate() {
                filler.row(chunk * CHUNK + i, row);
            }
            filler.ranges
        })
        .reduce(Ranges::default, Ranges::merge);
    *ranges = std::mem::take(ranges).merge(counted);

    let mut last = CpuCols::<Val> {
        clk: Val::from_usize(steps.len() + 1),
        pc: val(record.end.pc / 4),
        gas: record.last.gas.map(val),
        ..Default::default()
    };
    last.regs = registers(&record.last);
    padding.par_chunks_exact_mut(WIDTH).for_each(|row| last.write(row));
    Matrix::new(cells, WIDTH)
}

fn registers(state: &Snapshot) -> [Val; 30] {
    core::array::from_fn(|i| limbs(state.regs[i / 2 + 1])[i % 2])
}

struct Filler<'a> {
    record: &'a Record<'a>,
    state: Snapshot,
    ranges: Ranges,
}

impl Filler<'_> {
    fn row(&mut self, index: usize, row: &mut [Val]) {
        let step = &self.record.steps[index];
        let Some(Ok(i)) = self.record.run.program.fetch(step.pc) else {
            unreachable!("the first pass fetched every step");
        };
        let note = self.record.notes[index];
        let clk = index as u32 + 1;
        let f = fetched(&i, step.pc);
        let family = i.op.info().family;
        let memory =
            matches!(family, Family::LoadWord | Family::StoreWord | Family::LoadPart | Family::StorePart);
        let a = self.state.regs[f.rs1 as usize];
        let b = self.state.regs[f.rs2 as usize];
        let s = if memory { b } else { b.wrapping_add(f.imm) };

        let mut cols = CpuCols::<Val> {
            clk: val(clk),
            pc: val(step.pc / 4),
            gas: self.state.gas.map(val),
            regs: registers(&self.state),
            real: Val::ONE,
            rs1: register(f.rs1),
            rs2: register(f.rs2),
            rd: register(f.rd),
            a: limbs(a),
            s: limbs(s),
            imm: limbs(f.imm),
            extra: f.extra.map(val),
            sub: val(f.sub),
            neg: flag(f.neg),
            ..Default::default()
        };
        cols.family[family as usize] = Val::ONE;
        let Work { d, x, w, gas } = self.work(&i, &f, index, a, s, clk, &mut cols);
        if memory {
            cols.own = [val(note.prev), flag(note.writable)];
        }
        cols.d = self.ranges.limbs(d);
        cols.x = x.map(|v| self.ranges.wide(v));
        cols.w = limbs(w);
        cols.write(row);

        for (acc, gas) in self.state.gas.iter_mut().zip(gas) {
            *acc += gas;
        }
        if f.rd != reg::ZERO {
            self.state.regs[f.rd as usize] = w;
        }
    }

    /// What depends on the family: results, range-checked values, gas, and the columns of comparisons, memory and
    /// ecalls.
    #[allow(clippy::too_many_arguments)]
    fn work(
        &mut self,
        i: &Instruction,
        f: &Fetched,
        index: usize,
        a: u32,
        s: u32,
        clk: u32,
        cols: &mut CpuCols<Val>,
    ) -> Work {
        let step = &self.record.steps[index];
        let class: Class = i.op.info().class;
        let cost = u32::from(self.record.run.config.gas_table.class(class));
        let mut work = Work { d: 0, x: [0, 0], w: 0, gas: [cost & 0xff, cost >> 8] };
        match i.op.info().family {
            Family::Add | Family::Jal => {
                work.d = a.wrapping_add(s);
                work.w = work.d;
            }
            Family::Fence | Family::Ebreak => {}
            Family::Sub => {
                work.d = a.wrapping_sub(s);
                work.w = work.d;
            }
            Family::Slt | Family::BranchLt | Family::Sltu | Family::BranchLtu | Family::BranchEq => {
                work.d = a.wrapping_sub(s);
                let signed = matches!(i.op.info().family, Family::Slt | Family::BranchLt);
                let bit = match i.op.info().family {
                    Family::BranchEq => a == s,
                    _ if signed => (a as i32) < s as i32,
                    _ => a < s,
                };
                if signed {
                    work.x = [a >> 16 ^ 0x8000, s >> 16 ^ 0x8000];
                }
                cols.off = flag(bit);
                if matches!(i.op.info().family, Family::Slt | Family::Sltu) {
                    work.w = u32::from(bit);
                } else {
                    cols.own[1] = flag(branch_taken(i.op, a, s));
                }
                if i.op.info().family == Family::BranchEq && !bit {
                    cols.own[0] = val((work.d & 0xffff) + (work.d >> 16)).inverse();
                }
            }
            Family::Jalr => {
                work.d = a.wrapping_add(s);
                work.x[0] = (work.d & 0xffff) / 4;
                cols.off = val(work.d & 1);
                work.w = f.extra[0] | f.extra[1] << 16;
            }
            Family::LoadWord | Family::StoreWord | Family::LoadPart | Family::StorePart => {
                work.d = a.wrapping_add(f.imm);
                let note = self.record.notes[index];
                work.x = [(work.d & 0xffff) / 4, clk - note.prev - 1];
                cols.off = val(work.d & 3);
                let store = matches!(i.op, Op::Sb | Op::Sh | Op::Sw);
                cols.m = limbs(step.mem);
                cols.n = limbs(if store { store_word(i.op, step.mem, work.d, s) } else { step.mem });
                work.w = if store { 0 } else { load_value(i.op, step.mem, work.d) };
            }
            Family::Bitwise | Family::Shift | Family::Mul | Family::Div => work.w = compute(i.op, a, s),
            Family::Csr => {
                cols.m = self.state.gas.map(val);
                cols.n = [val(clk), Val::ZERO];
                let at = self.record.rows.csr.partition_point(|read| read.clk < clk);
                work.w = self.record.rows.csr[at].w;
            }
            Family::Ecall => {
                let args = [reg::A0, reg::A1, reg::A2, reg::A3].map(|r| self.state.regs[r as usize]);
                let inc = ecall_gas(&self.record.run.config.gas_table, a, args);
                cols.off = val(clk);
                cols.m = limbs(args[1]);
                cols.n = limbs(args[2]);
                cols.own = inc.map(val);
                work.w = step.rd;
                work.gas = inc;
            }
        }
        work
    }
}

/// What a row computes.
struct Work {
    d: u32,
    x: [u32; 2],
    w: u32,
    gas: [u32; 2],
}
