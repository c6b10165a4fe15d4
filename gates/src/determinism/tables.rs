//! What is given and what must follow, table by table.

use ember_isa::Family;
use ember_verifier::air::Table;

use super::plan::{Claim, Plan, cell, fields, next};
use super::sum::Domain;
use super::system::{Place, Port, Window};
use crate::Model;

/// How a table is shown to be deterministic.
#[derive(Clone, Debug)]
pub enum Method {
    /// By the solver: these plans.
    Solver(Vec<(&'static str, Plan)>),
    /// By an argument, written on the table's page.
    Argument(&'static str),
}

/// Cells of an array.
fn cells(name: &str, count: usize) -> Vec<Port> {
    (0..count).map(|i| cell(&format!("{name}[{i}]"))).collect()
}

/// Cells of an array, of the next row.
fn nexts(name: &str, count: usize) -> Vec<Port> {
    (0..count).map(|i| next(&format!("{name}[{i}]"))).collect()
}

fn public(i: usize) -> Port {
    Port { next: false, place: Place::Public(i) }
}

/// What of an operation on registers is given: all but its result.
fn operands() -> Vec<Port> {
    fields("aux", 0, 0..6)
}

/// What of an ecall is given: all but its result and its gas.
fn call() -> Vec<Port> {
    fields("aux", 0, (0..6).chain(8..12))
}

/// How a table is shown to be deterministic; nothing for a table that nobody has thought of.
pub fn method(table: &str, model: &Model) -> Option<Method> {
    let one = |plan: Plan| Method::Solver(vec![("row", plan)]);
    Some(match table {
        "Cpu" => cpu(model),
        "Rom" => one(Plan::row(fields("code", 0, 0..3)).one_hot(model, "op", Some("real"))),
        "Code" => one(Plan::row(fields("node", 0, 0..11)).flag("real")),
        "Data" => {
            let last = (0..4).flat_map(|word| fields("mem", 2 * word + 1, 1..4));
            one(Plan::row(fields("node", 0, 0..11).into_iter().chain(last).collect()).flag("real"))
        }
        "Heap" => heap(),
        "Memory" => {
            let last = (0..4).flat_map(|word| fields("mem", 2 * word + 1, 1..4));
            one(Plan::row(fields("update", 0, 0..11).into_iter().chain(last).collect()).flag("real"))
        }
        "Touch" => {
            let mut given = fields("mem", 0, 0..5);
            given.push(cell("after"));
            let mut plan = Plan::row(given).flag("real");
            plan.claims.push(Claim {
                name: "the new time is later",
                sum: vec![(cell("after"), 1), (cell("before"), -1), (cell("real"), -1)],
                constant: 0,
                inside: Domain::bits(24),
            });
            one(plan)
        }
        "Poseidon2" => one(Plan::row(cells("input", 16))),
        "Bitwise" | "Shift" | "Mul" => one(Plan::row(operands()).one_hot(model, "op", None)),
        "Part" => {
            let given = fields("aux", 0, (0..6).chain([8, 9]));
            one(Plan::row(given).one_hot(model, "op", None))
        }
        "Csr" => {
            let mut plan = Plan::row(fields("aux", 0, [0, 8, 9, 10])).flag("real");
            plan.publics = (0..8).map(|i| (i, Domain::bits(16))).collect();
            one(plan)
        }
        "Operand" => one(access(fields("operand", 0, 0..7), ("operand", 0, 2))),
        "Element" => one(access(fields("element", 0, [0, 1, 2, 4]), ("element", 0, 2))),
        "Range16" => {
            let steps = range("value", Domain { low: 0, high: 255 });
            Method::Solver(vec![("step", steps), ("first", end(Window::First, 0)), ("last", end(Window::Last, 0xffff))])
        }
        "Range8" => {
            let steps = range("value", Domain { low: 1, high: 1 });
            Method::Solver(vec![("step", steps), ("first", end(Window::First, 0)), ("last", end(Window::Last, 0xff))])
        }
        "ByteAnd" => one(Plan::row(fields("byte_and", 0, 0..2))),
        _ => return None,
    })
}

/// The tables without a method.
pub fn undeclared() -> Vec<Table> {
    let all = Table::ALL.iter().copied();
    all.filter(|table| method(table.name(), &Model::of(*table)).is_none()).collect()
}

/// A range table's rows: the next value is larger by a number of a domain.
fn range(value: &str, inside: Domain) -> Plan {
    let mut plan = Plan::row(Vec::new());
    plan.window = Window::Step;
    plan.messages = [false; 2];
    plan.claims.push(Claim {
        name: "the next value is larger by so much",
        sum: vec![(next(value), 1), (cell(value), -1)],
        constant: 0,
        inside,
    });
    plan
}

/// A range table's first or last value.
fn end(window: Window, value: i64) -> Plan {
    let mut plan = Plan::row(Vec::new());
    plan.window = window;
    plan.messages = [false; 2];
    let inside = Domain { low: value, high: value };
    plan.claims.push(Claim { name: "its value", sum: vec![(cell("value"), 1)], constant: 0, inside });
    plan
}

/// A machine's step: the state, what it fetches, and what others answer, to the next state and what it asks of others.
fn cpu(model: &Model) -> Method {
    let state = |cells: fn(&str, usize) -> Vec<Port>, cell: fn(&str) -> Port| {
        let mut all = vec![cell("clk"), cell("pc")];
        all.extend(cells("gas", 2));
        all.extend(cells("regs", 30));
        all
    };
    let (here, there) = (state(cells, cell), state(nexts, next));
    let mut given = here.clone();
    given.push(cell("real"));
    given.extend(fields("prog", 0, 1..7));
    given.extend(fields("mem", 0, 1..5));
    let mut step = Plan::row(given);
    step.window = Window::Step;
    step.state = there;
    step.known = here[4..].iter().map(|port| (port.clone(), Domain::bits(16))).collect();
    step.known.extend(fields("prog", 0, 3..5).into_iter().map(|port| (port, Domain::bits(16))));
    let mut step = step.one_hot(model, "family", Some("real"));
    for case in &mut step.cases {
        let is = |family: Family| case.name == format!("family[{}]", family as usize);
        let answers = [
            (Family::Bitwise, 6..8),
            (Family::Shift, 6..8),
            (Family::Mul, 6..8),
            (Family::Div, 6..8),
            (Family::Csr, 6..8),
            (Family::LoadPart, 6..8),
            (Family::StorePart, 10..12),
            (Family::Ecall, 6..8),
            (Family::Ecall, 12..14),
        ];
        let given = answers.into_iter().filter(|(family, _)| is(*family));
        case.given = given.flat_map(|(_, answer)| fields("aux", 0, answer)).collect();
    }
    let end = |window: Window| {
        let mut plan = Plan::row(Vec::new());
        plan.window = window;
        plan.messages = [false; 2];
        plan.state = here.clone();
        plan
    };
    Method::Solver(vec![("step", step), ("first", end(Window::First)), ("last", end(Window::Last))])
}

/// Groups ascend, and each is one of the heap.
fn heap() -> Method {
    let mut given = vec![cell("index")];
    given.extend((0..4).flat_map(|word| fields("mem", 2 * word + 1, 1..4)));
    let mut row = Plan::row(given);
    row.anchor = Some(("mem", 0));
    row.publics = vec![(1, Domain { low: 0, high: 1 << 26 })];
    let mut row = row.flag("real");
    let mut inside = Plan::row(vec![cell("real")]);
    inside.messages = [false; 2];
    inside.publics = vec![(1, Domain { low: 0, high: 1 << 26 })];
    inside.known = vec![(cell("real"), Domain { low: 1, high: 1 })];
    inside.claims.push(Claim {
        name: "the group is one of the heap",
        sum: vec![(public(1), 1), (cell("index"), -1)],
        constant: -1,
        inside: Domain::bits(26),
    });
    row.claims.clear();
    let mut step = Plan::row(vec![next("real")]);
    step.window = Window::Rows;
    step.messages = [false; 2];
    step.known = vec![(next("real"), Domain { low: 1, high: 1 })];
    step.claims.push(Claim {
        name: "the next group is a later one",
        sum: vec![(next("index"), 1), (cell("index"), -1)],
        constant: -1,
        inside: Domain::bits(26),
    });
    let mut first = Plan::row(vec![cell("real")]);
    first.window = Window::First;
    first.messages = [false; 2];
    first.known = vec![(cell("real"), Domain { low: 1, high: 1 })];
    first.claims.push(Claim {
        name: "the first group",
        sum: vec![(cell("index"), 1)],
        constant: 0,
        inside: Domain::bits(26),
    });
    Method::Solver(vec![("row", row), ("bounds", inside), ("step", step), ("first", first)])
}

/// An access of an accelerator: the operand, the word's previous access, and whether another one follows.
fn access(mut given: Vec<Port>, (bus, nth, rank): (&'static str, usize, usize)) -> Plan {
    given.extend(fields("mem", 0, 1..5));
    given.push(cell("after"));
    let mut plan = Plan::row(given);
    plan.known = fields(bus, nth, [rank]).into_iter().map(|port| (port, Domain { low: 0, high: 2 })).collect();
    plan.values("real", "rank", 0..3)
}
