//! The pass finds what it is for: the hole that was, and aliases planted in small circuits.

use std::collections::BTreeSet;

use ember_gates::alias::{Contract, Keeper, Promise, Range, Report, check};
use ember_gates::{Model, Recorder};
use ember_verifier::params::Val;
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, LookupBus, PermutationCheckBus};

const RANGE16: LookupBus<'static> = LookupBus::new("range16");
const RESULT: PermutationCheckBus<'static> = PermutationCheckBus::new("result");
const OUT: PermutationCheckBus<'static> = PermutationCheckBus::new("out");

/// A circuit: number of columns and constraints.
struct Specimen<F>(usize, F);

impl<F: Sync> BaseAir<Val> for Specimen<F> {
    fn width(&self) -> usize {
        self.0
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        Vec::new()
    }
}

type Cell = <Recorder as AirBuilder>::Var;
type Expr = <Recorder as AirBuilder>::Expr;

impl<F: Sync + Fn(&mut Recorder, &[Cell])> Air<Recorder> for Specimen<F> {
    fn eval(&self, b: &mut Recorder) {
        let row: Vec<Cell> = b.main().current_slice().to_vec();
        (self.1)(b, &row);
    }
}

const fn promise(bus: &'static str, field: usize, high: i128, keeper: Keeper) -> Promise {
    Promise { bus, field, only: None, range: Range::new(0, high), keeper, why: "" }
}

const CONTRACT: Contract = Contract {
    promises: &[
        promise("range16", 0, 0xffff, Keeper::Provider),
        promise("result", 0, 0xffff, Keeper::Sender),
    ],
    given: &[],
    publics: &[],
    scopes: &[],
};

fn judge(columns: &[&str], eval: impl Sync + Fn(&mut Recorder, &[Cell])) -> Report {
    let names = columns.iter().map(|&name| name.to_owned()).collect();
    let model = Model::of_air("Specimen", names, false, &Specimen(columns.len(), eval));
    check(&model, &BTreeSet::from(["range16".to_owned()]), &CONTRACT)
}

fn findings(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.columns.as_str()).collect()
}

fn c(n: u32) -> Expr {
    Expr::from_u32(n)
}

fn range16(b: &mut Recorder, value: impl Into<Expr>, flag: Cell) {
    RANGE16.lookup_key(b, [value.into()], Count::bounded(flag.into(), 1));
}

fn send<const N: usize>(b: &mut Recorder, fields: [Expr; N], flag: Cell) {
    OUT.send(b, fields, Count::bounded(flag.into(), 1));
}

/// The targets of the decoder before the mend, over its own columns: a word address plus an offset of a branch or a jump, plus
/// `wrap` times 2^30.
fn old_targets(b: &mut Recorder, l: &[Cell], wraps: &[i32]) {
    let [real, branch, jal, pc_low, pc_high, wrap, extra] = [0, 1, 2, 3, 4, 5, 6].map(|i| l[i]);
    let bits = |range: std::ops::Range<usize>| {
        range.clone().fold(Expr::ZERO, |sum, i| sum + l[7 + i] * c(1 << (i - range.start)))
    };
    let bit = |i: usize| l[7 + i];
    for flag in [real, branch, jal].into_iter().chain((0..32).map(bit)) {
        b.assert_bool(flag);
    }
    b.assert_eq(real, branch + jal);
    let pc = pc_low + pc_high * c(1 << 14);
    let sign = bit(31);
    let b_offset = bits(9..12) + bits(25..31) * c(1 << 3) + bit(7) * c(1 << 9) - sign * c(1 << 10);
    let j_offset = bits(22..31) + bit(20) * c(1 << 9) + bits(12..20) * c(1 << 10) - sign * c(1 << 18);
    let all = wraps.iter().fold(Expr::ONE, |all, &by| all * (wrap - Expr::from(Val::from_i32(by))));
    b.assert_zero(all);
    let canonical = pc + wrap * c(1 << 30);
    let target =
        |offset: Expr, misaligned: Cell| (Expr::ONE - misaligned) * (canonical.clone() + offset) - misaligned;
    b.assert_eq(extra, branch * target(b_offset, bit(8)) + jal * target(j_offset, bit(21)));
    range16(b, pc_low, real);
    range16(b, pc_low * c(4), real);
    range16(b, pc_high, real);
    send(b, [extra.into()], real);
}

fn decoder_columns() -> Vec<String> {
    let own = ["real", "branch", "jal", "pc_low", "pc_high", "wrap", "extra"].map(str::to_owned);
    own.into_iter().chain((0..32).map(|i| format!("bits[{i}]"))).collect()
}

#[test]
fn the_old_decoder_aliases_in_its_targets_alone() {
    let columns = decoder_columns();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let report = judge(&columns, |b, l| old_targets(b, l, &[-1, 0, 1]));
    assert_eq!(findings(&report), ["bits branch extra jal pc_high pc_low wrap"], "{report:?}");
    // Two of three are as bad, in either direction; without wrapping there is no alias.
    for wraps in [&[-1, 0][..], &[0, 1]] {
        let report = judge(&columns, |b, l| old_targets(b, l, wraps));
        assert_eq!(findings(&report).len(), 1, "{wraps:?}: {report:?}");
    }
    let report = judge(&columns, |b, l| old_targets(b, l, &[0]));
    assert!(report.findings.is_empty(), "{report:?}");
}

/// A range check of the target does not help: the alias is in range.
#[test]
fn a_target_in_range_aliases_too() {
    let columns = decoder_columns();
    let mut columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    columns.extend(["low", "high"]);
    let report = judge(&columns, |b, l| {
        old_targets(b, l, &[-1, 0, 1]);
        let [low, high] = [l[39], l[40]];
        b.assert_eq(l[6], low + high * c(1 << 14));
        range16(b, low, l[0]);
        range16(b, low * c(4), l[0]);
        range16(b, high, l[0]);
    });
    assert_eq!(findings(&report), ["bits branch extra jal pc_high pc_low wrap"], "{report:?}");
}

/// `a 2^r = w + 2^16 c` with limbs of 16 bits: below p for r up to 14, an alias at 15.
#[test]
fn a_carry_of_sixteen_bits_is_too_much_from_some_shift_on() {
    let shifted = |r: u32| {
        judge(&["real", "a", "w", "carry"], move |b, l| {
            b.assert_bool(l[0]);
            b.assert_zero(l[0] * (l[1] * c(1 << r) - l[2] - l[3] * c(1 << 16)));
            for cell in &l[1..] {
                range16(b, *cell, l[0]);
            }
            send(b, [l[2].into()], l[0]);
        })
    };
    assert_eq!(findings(&shifted(15)), ["a carry real w"]);
    // The carry itself may be as large as its check allows: 2^32, whatever the shift.
    assert_eq!(findings(&shifted(3)), ["a carry real w"]);
    let bounded = judge(&["real", "a", "w", "carry"], |b, l| {
        b.assert_bool(l[0]);
        b.assert_zero(l[0] * (l[1] * c(1 << 14) - l[2] - l[3] * c(1 << 16)));
        for cell in &l[1..] {
            range16(b, *cell, l[0]);
        }
        range16(b, l[3] * c(4), l[0]);
        send(b, [l[2].into()], l[0]);
    });
    assert!(bounded.findings.is_empty(), "{bounded:?}");
}

/// p = 32512 * 2^16 + 1: two limbs of 16 bits in one number are not told apart; of 14 and 16 they are.
#[test]
fn two_limbs_in_one_number_alias() {
    let packed = |low_bits: u32| {
        judge(&["real", "low", "high"], move |b, l| {
            b.assert_bool(l[0]);
            range16(b, l[1], l[0]);
            if low_bits < 16 {
                range16(b, l[1] * c(1 << (16 - low_bits)), l[0]);
            }
            range16(b, l[2], l[0]);
            send(b, [l[1] + l[2] * c(1 << low_bits)], l[0]);
        })
    };
    assert_eq!(findings(&packed(16)), ["packed out: high low"]);
    assert_eq!(packed(14).packed, 1);
    assert!(packed(14).findings.is_empty());
}

/// Without the second check the low limb reaches into the high one.
#[test]
fn a_missing_range_check_is_found() {
    let report = judge(&["real", "low", "high"], |b, l| {
        b.assert_bool(l[0]);
        range16(b, l[1], l[0]);
        range16(b, l[2], l[0]);
        send(b, [l[1] + l[2] * c(1 << 14)], l[0]);
    });
    assert_eq!(findings(&report), ["packed out: high low"]);
    let sum = |checked: bool| {
        judge(&["real", "a", "s", "w", "carry"], move |b, l| {
            b.assert_bool(l[0]);
            b.assert_bool(l[4]);
            b.assert_zero(l[0] * (l[1] + l[2] - l[3] - l[4] * c(1 << 16)));
            for (i, cell) in l[1..4].iter().enumerate() {
                if checked || i != 2 {
                    range16(b, *cell, l[0]);
                }
            }
            RESULT.send(b, [l[3]], Count::bounded(l[0].into(), 1));
        })
    };
    assert!(sum(true).findings.is_empty(), "{:?}", sum(true));
    assert_eq!(findings(&sum(false)), ["result[0]: w"]);
}

/// A carry that nobody checks makes any sum of any operands.
#[test]
fn a_carry_that_is_not_boolean_is_found() {
    let sum = |boolean: bool| {
        judge(&["real", "a", "s", "w", "carry"], move |b, l| {
            b.assert_bool(l[0]);
            if boolean {
                b.assert_zero(l[0] * l[4] * (l[4] - Expr::ONE));
            }
            b.assert_zero(l[0] * (l[1] + l[2] - l[3] - l[4] * c(1 << 16)));
            for cell in &l[1..4] {
                range16(b, *cell, l[0]);
            }
            send(b, [l[3].into()], l[0]);
        })
    };
    assert!(sum(true).findings.is_empty(), "{:?}", sum(true));
    assert_eq!(findings(&sum(false)), ["a carry real s w"]);
    // As an expression: 2^16 divides the difference, or it does not; nobody asks.
    let quotient = |boolean: bool| {
        judge(&["real", "a", "s", "w"], move |b, l| {
            b.assert_bool(l[0]);
            let carry = (l[1] + l[2] - l[3]) * Val::ONE.div_2exp_u64(16);
            let zero = if boolean { carry.bool_check() } else { carry.clone() * carry.clone() * carry };
            b.assert_zero(l[0] * zero);
            for cell in &l[1..] {
                range16(b, *cell, l[0]);
            }
            send(b, [l[3].into()], l[0]);
        })
    };
    assert!(quotient(true).findings.is_empty(), "{:?}", quotient(true));
}
