//! Ways to give an expression a value by other values of its cells.

use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};

use super::program::{Input, Program, Scratch, roots};
use super::rng::Rng;
use super::state::{Place, State};

/// Values that change together.
pub type Move = Vec<(Place, Val)>;

/// Most pairs of cells that are tried where no cell alone will do.
const PAIRS: usize = 4;

/// A cell in which an expression is linear.
struct Linear {
    place: Place,
    value: Val,
    slope: Val,
    bound: u32,
    group: usize,
}

/// Ways to make `program` have `target` on a row without changing what is locked: one cell, the digits of a field, or two
/// cells of small range; cells keep their bounds. Those of one cell that stands apart come first.
pub fn ways(
    state: &State<'_>,
    row: usize,
    program: &Program,
    target: Val,
    locked: &dyn Fn(Place) -> bool,
    rng: &mut Rng,
) -> Vec<Move> {
    let mut scratch = Scratch::default();
    let mut inputs = state.inputs(row, program);
    let at = state.position(row);
    let (value, slopes) = program.slopes(&inputs, at, &mut scratch);
    let excess = value - target;
    let (mut apart, mut single, mut linear) = (Vec::new(), Vec::new(), Vec::new());
    for (i, &input) in program.inputs.iter().enumerate() {
        let place = state.place(row, input);
        if locked(place) {
            continue;
        }
        let (bound, group) = match input {
            Input::Here(c) => (state.circuit.bounds[c], state.circuit.fields[c].0),
            Input::Next(c) => {
                (state.circuit.bounds[c], state.circuit.columns.len() + state.circuit.fields[c].0)
            }
            Input::Public(_) | Input::Free => (Val::ORDER_U32, usize::MAX),
        };
        let found = if program.degrees[i] == 1 {
            if slopes[i] == Val::ZERO {
                continue;
            }
            linear.push(Linear { place, value: inputs[i], slope: slopes[i], bound, group });
            vec![inputs[i] - excess / slopes[i]]
        } else {
            let old = inputs[i];
            let mut at_point = |x: Val| {
                inputs[i] = x;
                program.value(&inputs, at, &mut scratch) - target
            };
            let mut found = roots([0, 1, 2, 3].map(|n| at_point(Val::from_u32(n))));
            found.retain(|&x| at_point(x) == Val::ZERO);
            inputs[i] = old;
            found
        };
        let fits = found.into_iter().filter(|v| v.as_canonical_u32() < bound && *v != inputs[i]);
        let list = if program.apart[i] { &mut apart } else { &mut single };
        list.extend(fits.map(|v| vec![(place, v)]));
    }
    rng.shuffle(&mut single);
    apart.append(&mut single);
    apart.extend(digits(&linear, excess));
    if apart.len() < 2 {
        pairs(&linear, excess, rng, &mut apart);
    }
    let mut holds = |way: &Move| {
        let mut inputs = inputs.clone();
        for (i, &input) in program.inputs.iter().enumerate() {
            if let Some((_, v)) = way.iter().find(|(place, _)| *place == state.place(row, input)) {
                inputs[i] = *v;
            }
        }
        program.value(&inputs, at, &mut scratch) == target
    };
    apart.retain(|way| !way.is_empty() && holds(way));
    apart
}

/// Mixed-radix digits: of the cells of one field, or of all with a slope of one sign.
fn digits(linear: &[Linear], excess: Val) -> Vec<Move> {
    let signed = |v: Val| {
        let v = i64::from(v.as_canonical_u32());
        if v > i64::from(Val::ORDER_U32 / 2) { v - i64::from(Val::ORDER_U32) } else { v }
    };
    let bounded: Vec<&Linear> = linear.iter().filter(|l| l.bound <= 1 << 16).collect();
    let mut sets: Vec<Vec<&Linear>> = Vec::new();
    let mut groups: Vec<usize> = bounded.iter().map(|l| l.group).collect();
    groups.sort();
    groups.dedup();
    sets.extend(groups.iter().map(|g| bounded.iter().copied().filter(|l| l.group == *g).collect()));
    for sign in [true, false] {
        let one: Vec<&Linear> = bounded.iter().copied().filter(|l| (signed(l.slope) > 0) == sign).collect();
        // Of the next row alone, where there are such.
        let group = bounded.iter().map(|l| l.group).max().unwrap_or(0);
        sets.push(one.iter().copied().filter(|l| l.group == group || l.bound <= 4).collect());
        sets.push(one);
    }
    let mut out: Vec<Move> = Vec::new();
    for mut set in sets {
        if set.len() < 2 {
            continue;
        }
        // Slopes in units of the smallest one.
        let unit = set.iter().map(|l| l.slope).min_by_key(|&s| signed(s).abs()).expect("cells");
        let scale = unit.inverse();
        let slope = |l: &Linear| signed(l.slope * scale);
        set.sort_by_key(|l| -slope(l).abs());
        let mut rest = -excess * scale;
        for l in &set {
            rest += l.value * l.slope * scale;
            if slope(l) < 0 {
                rest -= Val::from_u32(l.bound - 1) * l.slope * scale;
            }
        }
        let mut rest = i64::from(rest.as_canonical_u32());
        let mut way = Vec::new();
        for l in &set {
            let slope = slope(l);
            let digit = (rest / slope.abs()).min(i64::from(l.bound - 1));
            rest -= digit * slope.abs();
            let value = if slope < 0 { i64::from(l.bound - 1) - digit } else { digit };
            let value = Val::from_u32(value as u32);
            if value != l.value {
                way.push((l.place, value));
            }
        }
        if rest == 0 && !out.contains(&way) {
            out.push(way);
        }
    }
    out
}

/// Two cells, of which one is tried with every value of its range.
fn pairs(linear: &[Linear], excess: Val, rng: &mut Rng, out: &mut Vec<Move>) {
    let small: Vec<&Linear> = linear.iter().filter(|l| l.bound <= 1 << 16).collect();
    if small.len() < 2 {
        return;
    }
    for _ in 0..PAIRS {
        let (x, y) = (small[rng.below(small.len())], small[rng.below(small.len())]);
        if x.place == y.place || x.bound.max(y.bound) <= 4 {
            continue;
        }
        let (x, y) = if x.bound >= y.bound { (x, y) } else { (y, x) };
        // x = x0 - (excess + sy (y - y0)) / sx, from a random y on.
        let inverse = x.slope.inverse();
        let step = -y.slope * inverse;
        let from = rng.next() as u32 % y.bound;
        let mut at = x.value - (excess + y.slope * (Val::from_u32(from) - y.value)) * inverse;
        for n in 0..y.bound {
            let v = from + n;
            if v == y.bound {
                at -= step * Val::from_u32(y.bound);
            }
            if at.as_canonical_u32() < x.bound {
                out.push(vec![(x.place, at), (y.place, Val::from_u32(v % y.bound))]);
                break;
            }
            at += step;
        }
    }
}
