//! Lies about what instructions do.

use ember_isa::{Family, Op, csr, reg};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use crate::common::liar::{self, Lies, NO_LIES};
use crate::common::programs::{config, exit, i, image, li, place, record};
use crate::{By, Forgery};

fn sums() -> Forgery {
    let code = [li(8, 0x1_2345), li(9, 77), vec![i(Op::Add, 12, 8, 9, 0), i(Op::Sub, 13, 9, 8, 0)], exit(0)];
    Forgery::of(&record(&code.concat()))
}

#[test]
fn instructions_are_not_skipped_repeated_or_swapped() {
    let skip = |from: usize| {
        let mut lie = sums();
        for row in from..lie.height(Table::Cpu) - 1 {
            let next = lie.row(Table::Cpu, row + 1).to_vec();
            lie.set_row(Table::Cpu, row, &next);
        }
        lie
    };
    skip(3).fails(By::Constraint(Table::Cpu));
    // The entry point, too, is executed first.
    skip(0).fails(By::Constraint(Table::Cpu));
    // And with the times put right.
    let mut lie = skip(3);
    for row in 0..lie.height(Table::Cpu) {
        let executed = lie.rows(Table::Cpu, "real", 1).len();
        lie.set(Table::Cpu, row, "clk", Val::from_usize(row.min(executed) + 1));
    }
    lie.0.head.statement.instructions -= 1;
    lie.fails(By::Constraint(Table::Cpu));

    let mut lie = sums();
    let (a, b) = (lie.row(Table::Cpu, 3).to_vec(), lie.row(Table::Cpu, 4).to_vec());
    lie.set_row(Table::Cpu, 3, &b);
    lie.set_row(Table::Cpu, 4, &a);
    lie.fails(By::Constraint(Table::Cpu));
}

#[test]
fn execution_goes_where_the_instruction_says() {
    let code = [vec![i(Op::Addi, 8, 0, 0, 1), i(Op::Ebreak, 0, 0, 0, 0)], exit(0)].concat();
    let over_it =
        Lies { jump: &|_, next| if next == place().code + 4 { place().code + 8 } else { next }, ..NO_LIES };
    Forgery::of(&liar::run(&image(&code), &config(), &over_it)).fails(By::Constraint(Table::Cpu));
}

#[test]
fn a_taken_branch_to_a_misaligned_target_goes_nowhere() {
    for op in [Op::Beq, Op::Jal] {
        let code = [vec![i(op, 0, 0, 0, 6)], exit(0)].concat();
        let down = Lies { jump: &|_, next| next & !3, ..NO_LIES };
        let lie = Forgery::of(&liar::run(&image(&code), &config(), &down));
        lie.copy().fails(By::Constraint(Table::Cpu));
        // With a target that the decoder would not give.
        let mut lie = lie;
        let target = lie.get(Table::Cpu, 1, "pc");
        let row = lie.family(op.info().family);
        lie.set(Table::Cpu, row, "extra[0]", target);
        lie.copy().fails(By::Bus("prog"));
        lie.set(Table::Rom, 0, "extra[0]", target);
        lie.fails(By::Constraint(Table::Rom));
    }
}

#[test]
fn jalr_clears_bit_zero_alone() {
    let jump = |low: u32| [li(8, place().code + 12 + low), vec![i(Op::Jalr, 1, 8, 0, 0)], exit(0)].concat();
    Forgery::of(&record(&jump(1))).verifies();
    for low in [2, 3] {
        let down = Lies { jump: &|_, next| next & !3, ..NO_LIES };
        let mut lie = Forgery::of(&liar::run(&image(&jump(low)), &config(), &down));
        lie.copy().fails(By::Constraint(Table::Cpu));
        let row = lie.family(Family::Jalr);
        lie.set(Table::Cpu, row, "off", Val::from_u32(low));
        lie.fails(By::Constraint(Table::Cpu));
    }
}

#[test]
fn a_branch_goes_as_the_comparison_says() {
    for (op, taken) in
        [(Op::Blt, false), (Op::Bltu, true), (Op::Beq, false), (Op::Bne, true), (Op::Bge, true)]
    {
        let code = [li(8, 1), li(9, -1i32 as u32), vec![i(op, 0, 8, 9, 8), 0], exit(0)].concat();
        // The liar has no way around the illegal instruction but to branch.
        let branch = place().code + 4 * (li(8, 1).len() + li(9, -1i32 as u32).len()) as u32;
        let lies = Lies { jump: &|_, next| if next == branch + 4 { next + 4 } else { next }, ..NO_LIES };
        let run = Forgery::of(&liar::run(&image(&code), &config(), &lies));
        if taken {
            run.verifies();
            continue;
        }
        let mut lie = run;
        let row = lie.family(op.info().family);
        lie.copy().fails(By::Constraint(Table::Cpu));
        lie.set(Table::Cpu, row, "own[1]", Val::ONE);
        lie.copy().fails(By::Constraint(Table::Cpu));
        lie.set(Table::Cpu, row, "off", Val::ONE);
        lie.fails(By::Constraint(Table::Cpu));
    }
}

#[test]
fn results_are_the_operations() {
    let operands = [(0x8000_0000, 0xffff_ffff), (0xdead_beef, 0), (123_456, 789)];
    for &op in Op::ALL.iter().filter(|op| op.info().format == ember_isa::Format::R) {
        for (n, (a, s)) in operands.into_iter().enumerate() {
            let code = [li(8, a), li(9, s), vec![i(op, 12, 8, 9, 0)], exit(0)].concat();
            let mut lie = Forgery::of(&record(&code));
            let family = op.info().family;
            let row = lie.family(family);
            let result = lie.0.segment.end.regs[11] ^ 0x1_0000;
            lie.set_register(row + 1, 12, result);
            let table = match family {
                Family::Bitwise => Table::Bitwise,
                Family::Shift => Table::Shift,
                Family::Mul => Table::Mul,
                Family::Div => Table::Div,
                _ => Table::Cpu,
            };
            lie.set(Table::Cpu, row, "w[1]", Val::from_u32(result >> 16));
            if table != Table::Cpu {
                // Of the multiplications that a division asks for none is the processor's.
                lie.set(table, 0, "w[1]", Val::from_u32(result >> 16));
            }
            // One of the three is proven.
            if n == op as usize % 3 {
                lie.fails(By::Constraint(table));
            } else {
                assert_eq!(lie.found(), Some(By::Constraint(table)));
            }
        }
    }
}

#[test]
fn limbs_do_not_alias() {
    // 2^16 more in the low limb, one less in the high limb: the same sum in the field.
    let mut lie = sums();
    let row = lie.family(Family::Sub) - 1;
    for column in ["d", "w"] {
        lie.add(Table::Cpu, row, &format!("{column}[0]"), 1 << 16);
        lie.add(Table::Cpu, row, &format!("{column}[1]"), -1);
    }
    for row in row + 1..lie.height(Table::Cpu) {
        lie.add(Table::Cpu, row, "regs[22]", 1 << 16);
        lie.add(Table::Cpu, row, "regs[23]", -1);
    }
    // The carry may be any field element but for its own check.
    lie.fails(By::Constraint(Table::Cpu));
}

#[test]
fn counters_do_not_lie() {
    for (number, by) in [(csr::CYCLE, 0x100), (csr::INSTRET, 1), (csr::CYCLEH, 1)] {
        let code = [li(8, 5), vec![i(Op::Csrrs, 12, 0, 0, number as i32)], exit(0)].concat();
        let mut lie = Forgery::of(&record(&code));
        let row = lie.family(Family::Csr);
        let value = lie.0.segment.end.regs[11] + by;
        lie.set_register(row + 1, 12, value);
        for (table, row) in [(Table::Cpu, row), (Table::Csr, 0)] {
            lie.set(table, row, "w[0]", Val::from_u32(value));
        }
        lie.copy().fails(By::Constraint(Table::Csr));
        if number == csr::CYCLE {
            // With the processor's gas decomposed so.
            lie.add(Table::Csr, 0, "low[0]", by as i32);
            lie.add(Table::Csr, 0, "gas[0]", by as i32);
            lie.add(Table::Csr, 0, "out[0]", by as i32);
            lie.fails(By::Bus("aux"));
        }
    }
}

#[test]
fn costs_are_those_of_the_table() {
    // A cheaper row.
    let mut lie = sums();
    for row in 3..lie.height(Table::Cpu) {
        lie.add(Table::Cpu, row, "gas[0]", -1);
    }
    lie.0.segment.end.gas[0] -= 1;
    lie.0.head.statement.gas_used -= 1;
    lie.fails(By::Constraint(Table::Cpu));
    // Another table.
    let mut lie = sums();
    lie.0.head.statement.gas_table.arith -= 1;
    lie.fails(By::Constraint(Table::Cpu));
}

#[test]
fn a_load_to_x0_is_a_load() {
    let code = [li(8, 0), vec![i(Op::Fence, 0, 0, 0, 0)], exit(0)].concat();
    let mut lie = Forgery::of(&record(&code));
    // Tables of a fence, of which Rom is said to decode a load.
    let fence = Op::Fence as usize;
    let row = lie.rows(Table::Rom, &format!("op[{fence}]"), 1)[0];
    lie.set(Table::Rom, row, &format!("op[{fence}]"), Val::ZERO);
    lie.set(Table::Rom, row, &format!("op[{}]", Op::Lw as usize), Val::ONE);
    lie.fails(By::Constraint(Table::Rom));
}

#[test]
fn decoding_is_of_the_code() {
    let mut lie = sums();
    let row = lie.rows(Table::Rom, &format!("op[{}]", Op::Add as usize), 1)[0];
    // Another destination.
    for column in ["rd", "bits[7]"] {
        lie.set(Table::Rom, row, column, Val::ONE);
    }
    lie.add(Table::Rom, row, "packed", (1 - 12) * 32);
    lie.set(Table::Rom, row, "rd", Val::from_u32(13));
    lie.add(Table::Rom, row, "packed", 12 * 32);
    let cpu = lie.family(Family::Sub) - 1;
    lie.set(Table::Cpu, cpu, "rd[3]", Val::ONE);
    lie.set_register(cpu + 1, 12, 0);
    let sum = 0x1_2345 + 77;
    lie.set_register(cpu + 1, 13, sum);
    lie.set_register(cpu + 2, 13, lie.0.segment.end.regs[12]);
    // The sum is in x13 until the difference is.
    lie.set_register(cpu + 2, 13, 77u32.wrapping_sub(0x1_2345));
    lie.set_register(1, 12, 0);
    lie.fails(By::Bus("code"));
}

#[test]
fn registers_start_as_the_machine_says() {
    for (register, value) in [(15, 1), (2, 0x1000), (reg::A1, 3)] {
        let code = [vec![i(Op::Fence, 0, 0, 0, 0)], exit(0)].concat();
        let mut lie = Forgery::of(&record(&code));
        lie.set_register(0, register, value);
        lie.fails(By::Constraint(Table::Cpu));
    }
}

#[test]
fn padding_does_nothing() {
    let last = |lie: &Forgery| lie.height(Table::Cpu) - 1;
    // It writes a register.
    let mut lie = sums();
    let row = last(&lie);
    lie.set_register(row, 13, 99);
    lie.set(Table::Cpu, row - 1, "rd[2]", Val::ONE);
    lie.set(Table::Cpu, row - 1, "rd[3]", Val::ONE);
    lie.set(Table::Cpu, row - 1, "w[0]", Val::from_u32(99));
    lie.fails(By::Constraint(Table::Cpu));
    // It goes on.
    let mut lie = sums();
    let row = last(&lie);
    lie.add(Table::Cpu, row, "pc", 1);
    lie.0.head.statement.exit.pc += 4;
    lie.fails(By::Constraint(Table::Cpu));
    // It comes in between.
    let mut lie = sums();
    for row in (4..lie.height(Table::Cpu)).rev() {
        let before = lie.row(Table::Cpu, row - 1).to_vec();
        lie.set_row(Table::Cpu, row, &before);
    }
    for family in 0..Family::RETIRING {
        lie.set(Table::Cpu, 3, &format!("family[{family}]"), Val::ZERO);
    }
    lie.set(Table::Cpu, 3, "real", Val::ZERO);
    lie.fails(By::Constraint(Table::Cpu));
    // It executes, the last of all.
    let mut lie = sums();
    let row = last(&lie);
    let real = lie.row(Table::Cpu, 4).to_vec();
    lie.set_row(Table::Cpu, row, &real);
    lie.fails(By::Constraint(Table::Cpu));
}
