//! `docs/soundness/ALIASING.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use ember_gates::alias::{Keeper, Range, Report};

use crate::claims::{CONTRACT, FIELD_ELEMENTS, LISTED};

const HEAD: &str = "# Aliasing

Written by `UPDATE_SNAPSHOTS=1 cargo test -p ember-gates --test aliasing`, which fails when it is not what the circuits say.

An equation that holds modulo p = 2^31 - 2^24 + 1 and is argued over the integers needs a bound. The pass
[`gates/src/alias`](../../gates/src/alias/mod.rs) takes every constraint, every look-up and every field of every bus from the
circuits, derives integer ranges of the columns from them, and shows that the equation is one over the integers: its
polynomial, multiplied with a number and its coefficients lifted, is below p in absolute value. What it cannot show is in the
lists below, each with its argument; the lists are exact. It was written after a hole of this kind
([SECURITY.md](../../SECURITY.md)), and finds it in the decoder as it was (`gates/tests/aliasing/specimens.rs`).
";

fn range(range: Range) -> String {
    format!("{} .. {}", range.low, range.high)
}

fn text(reports: &[Report]) -> String {
    let mut out = String::from(HEAD);
    out.push_str(
        "
*Bounded*: constraints below p. *Defines*: constraints that say what a column is, of which no two values have one residue.
*Copies*: constraints that hold in any field, as that two cells are the same. *Listed*: constraints, look-ups and fields with
an argument instead. *Asked*: fields of messages that a table relies on. *Kept*: fields whose range it shows for others.
*Packed*: fields of several columns that determine each of them. The bound is the largest of its constraints, in bits;
p has 30.99.

| table | bounded | defines | copies | largest | asked | kept | packed | listed |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
",
    );
    for r in reports {
        let bits = if r.largest == 0 { "".to_owned() } else { format!("2^{:.2}", (r.largest as f64).log2()) };
        writeln!(
            out,
            "| {} | {} | {} | {} | {bits} | {} | {} | {} | {} |",
            r.table,
            r.bounded,
            r.defining,
            r.copies,
            r.looked_up,
            r.kept,
            r.packed,
            r.findings.len()
        )
        .unwrap();
    }
    out.push_str(
        "\n## Not shown by a bound\n\n| table | columns | times | why it holds |\n|---|---|--:|---|\n",
    );
    for l in LISTED {
        writeln!(out, "| {} | `{}` | {} | {} |", l.table, l.columns, l.count, l.why).unwrap();
    }
    out.push_str(
        "
`bus[field]: columns` is a field whose range the table has promised; `packed bus: columns` one that does not determine its
columns.

## Relied on

Fields of buses: shown at the keeper's side, relied on at the other. Relying on each other goes around in no circle: a look-up
has its entries by itself, results follow from operands, and memory is ordered by time ([README](README.md)).

| bus | field | range | kept by | what it is |
|---|--:|---|---|---|
",
    );
    for p in CONTRACT.promises {
        let keeper = match p.keeper {
            Keeper::Provider => "provider",
            Keeper::Sender => "sender",
            Keeper::Receiver => "receiver",
        };
        writeln!(out, "| {} | {} | {} | {keeper} | {} |", p.bus, p.field, range(p.range), p.why).unwrap();
    }
    out.push_str("\nFields without a range:\n\n| bus | fields | why |\n|---|---|---|\n");
    for (bus, fields, why) in FIELD_ELEMENTS {
        writeln!(out, "| {bus} | {} to {} | {why} |", fields.start(), fields.end()).unwrap();
    }
    out.push_str("\nColumns:\n\n| table | column | where | range | why |\n|---|---|---|---|---|\n");
    for g in CONTRACT.given {
        let when = if g.when.is_empty() { "every row".to_owned() } else { format!("`{}`", g.when.join(" ")) };
        writeln!(out, "| {} | `{}` | {when} | {} | {} |", g.table, g.column, range(g.range), g.why).unwrap();
    }
    out.push_str(
        "\nColumns that mean something only where a flag is 1, in tables that read the next row:\n\n",
    );
    out.push_str("| table | columns | flag | elsewhere |\n|---|---|---|---|\n");
    for s in CONTRACT.scopes {
        writeln!(out, "| {} | `{}` | `{}` | {} |", s.table, s.columns.join(" "), s.flag, s.why).unwrap();
    }
    out.push_str("\nPublic values, which the verifier fills in:\n\n| table | values | range | what |\n|---|---|---|---|\n");
    let mut publics: BTreeMap<(&str, usize), String> = BTreeMap::new();
    for p in CONTRACT.publics {
        let line = format!("| {} | {} to {} | {} | {} |", p.table, p.from, p.to, range(p.range), p.why);
        publics.insert((p.table, p.from), line);
    }
    publics.values().for_each(|line| writeln!(out, "{line}").unwrap());
    out
}

/// Compares the document with what was found, or writes it.
pub fn compare(reports: &[Report]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/soundness/ALIASING.md");
    let now = text(reports);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, now).unwrap();
        return;
    }
    let pinned = std::fs::read_to_string(path).unwrap_or_default();
    assert!(pinned == now, "docs/soundness/ALIASING.md differs; it is now\n{now}");
}
