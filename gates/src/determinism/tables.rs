//! What is given and what must follow, table by table.

use ember_isa::Family;
use ember_verifier::air::Table;

use super::plan::{Claim, Equation, Plan, cell, fields, next};
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
        "Rom" => {
            let mut plan = Plan::row(fields("code", 0, 0..3)).one_hot(model, "op", Some("real"));
            plan.common = ["pc_low", "pc_high"].map(cell).to_vec();
            plan.common.extend(cells("bits", 32));
            one(plan)
        }
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
        "Div" => div(model),
        "Journal" => journal(),
        "Merkle" => merkle(),
        "MemoryNode" => memory_node(),
        "Permute" => {
            let mut given = call();
            given.extend((0..16).flat_map(|i| fields("element", i, [3])));
            let mut plan = Plan::row(given);
            plan.known = fields("aux", 0, [0]).into_iter().map(|port| (port, Domain::FIELD)).collect();
            one(plan.values("real", "montgomery", 0..2))
        }
        "Dot" => dot(),
        "Keccak" => keccak(model),
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
    step.common = ["rs1", "rs2", "rd"].into_iter().flat_map(|name| cells(name, 6)).collect();
    step.common.push(cell("neg"));
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

/// A division: what its products are is `Mul`'s; that quotient and rest follow is Euclid's, by the solver over the integers.
fn div(model: &Model) -> Method {
    let mut plan = Plan::row(fields("aux", 2, 0..6)).one_hot(model, "op", None);
    let mut cases = Vec::new();
    for case in plan.cases.drain(..) {
        if case.idle {
            cases.push(case);
            continue;
        }
        let is_signed = ["op[0]", "op[2]"].contains(&case.name.as_str());
        for (by_zero, signs) in (0..2).flat_map(|zero| (0..if is_signed { 4 } else { 1 }).map(move |s| (zero, s))) {
            let mut case = case.clone();
            let mut fixed = vec![("by_zero", by_zero)];
            if is_signed {
                fixed.extend([("sign[0]", signs & 1), ("sign[1]", signs >> 1)]);
            }
            let more = super::plan::case(&fixed);
            case.name = format!("{}, {}", case.name, more.name);
            case.fixed.extend(more.fixed);
            if by_zero == 0 {
                case.given = ["quotient", "rest", "product"].into_iter().flat_map(|name| cells(name, 2)).collect();
            }
            cases.push(case);
        }
    }
    plan.cases = cases;
    plan.common = ["by_zero", "sign[0]", "sign[1]"].map(cell).to_vec();
    // `Mul` checks the bytes of its second operand, and its result.
    let checked = ["quotient", "product"].into_iter().flat_map(|name| cells(name, 2));
    plan.known = checked.map(|port| (port, Domain::bits(16))).collect();
    let word = |name: &str, sign: i64| {
        [(cell(&format!("{name}[0]")), sign), (cell(&format!("{name}[1]")), sign << 16)]
    };
    let mut euclid = Plan::row(vec![cell("regular")]);
    euclid.messages = [false; 2];
    euclid.known = vec![(cell("regular"), Domain { low: 1, high: 1 })];
    for name in ["product", "quotient", "rest", "margin", "divisor", "dividend"] {
        euclid.given.extend(cells(name, 2));
        euclid.known.extend(cells(name, 2).into_iter().map(|port| (port, Domain::bits(16))));
    }
    let sum = |words: [&[(Port, i64); 2]; 3]| words.into_iter().flatten().cloned().collect();
    euclid.equations = vec![
        Equation {
            name: "product + rest = dividend",
            sum: sum([&word("product", 1), &word("rest", 1), &word("dividend", -1)]),
            constant: 0,
        },
        Equation {
            name: "rest + 1 + margin = divisor",
            sum: sum([&word("rest", 1), &word("margin", 1), &word("divisor", -1)]),
            constant: 1,
        },
    ];
    Method::Solver(vec![("row", plan), ("euclid", euclid)])
}

/// A block's place and the chain before it, and how many bytes it has, to the bytes' places and the chain after it.
fn journal() -> Method {
    let mut given = vec![cell("real"), cell("block")];
    given.extend(cells("present", 16));
    given.extend(cells("before", 8));
    given.extend((0..16).flat_map(|i| fields("stream", i, [1])));
    let mut step = Plan::row(given);
    step.window = Window::Step;
    step.state = nexts("before", 8);
    step.state.push(next("block"));
    let step = step.flag("real");
    let mut first = Plan::row(Vec::new());
    first.window = Window::First;
    first.messages = [false; 2];
    first.state = cells("before", 8);
    first.state.push(cell("block"));
    let mut last = Plan::row(Vec::new());
    last.window = Window::Last;
    last.messages = [false; 2];
    last.state = cells("after", 8);
    Method::Solver(vec![("step", step), ("first", first), ("last", last)])
}

/// A node's place and digest, which children are opened, and whether it is a page's, to the children's places and digests.
fn merkle() -> Method {
    let mut given = fields("node", 0, 0..11);
    given.extend(["open_left", "open_right"].map(cell));
    given.extend(cells("page", 3));
    given.extend(cells("roots", 2));
    let row = Plan::row(given.clone()).flag("real");
    Method::Solver(vec![("row", row)])
}

/// A node's place and its digest before, what is opened and what kind of node it is, and the opened children's digests after,
/// to the children's places and digests before and the digest after.
fn memory_node() -> Method {
    let mut given = fields("update", 0, 0..11);
    given.extend(["page", "fresh", "root"].map(cell));
    given.extend(cells("open", 2));
    given.extend((1..3).flat_map(|child| fields("update", child, 11..19)));
    let row = Plan::row(given);
    let mut plan = row.flag("real");
    plan.cases.remove(0);
    for page in 0..2u32 {
        for fresh in 0..=page {
            for open in 0..4u32 {
                let fixed = [
                    ("real", 1),
                    ("page", page),
                    ("fresh", fresh),
                    ("open[0]", open & 1),
                    ("open[1]", open >> 1),
                ];
                plan.cases.insert(0, super::plan::case(&fixed));
            }
        }
    }
    Method::Solver(vec![("row", plan)])
}

/// A call's first term from its ecall, each term's sum from the one before, and the next term's place.
fn dot() -> Method {
    let shared = || {
        let mut all: Vec<Port> = ["base", "clk", "sum_at", "a_at", "b_at", "left"].map(cell).to_vec();
        all.extend(cells("before", 5));
        all.extend(cells("initial", 5));
        all
    };
    let memory = |of: std::ops::Range<usize>| -> Vec<Port> {
        (0..5).flat_map(|i| of.clone().flat_map(move |operand| fields("element", 3 * i + operand, [3]))).collect()
    };
    let mut start = Plan::row(call().into_iter().chain(cells("initial", 5)).collect());
    start.messages = [false; 2];
    start.state = shared();
    start.anchor = Some(("aux", 0));
    start.cases = vec![super::plan::case(&[("first", 1), ("real", 1)])];
    let mut step = Plan::row(shared().into_iter().chain(memory(0..2)).collect());
    step.window = Window::Step;
    step.messages = [false; 2];
    step.state = shared().into_iter().map(|port| Port { next: true, ..port }).collect();
    step.cases = [0, 1].map(|base| super::plan::case(&[("real", 1), ("last", 0), ("base", base)])).to_vec();
    let mut row = Plan::row(shared().into_iter().chain(memory(0..3)).collect());
    row.given.extend(["real", "first", "last"].map(cell));
    row.given.extend(call());
    row.anchor = None;
    row.cases = [0, 1]
        .into_iter()
        .flat_map(|base| [0, 1].map(|last| super::plan::case(&[("real", 1), ("last", last), ("base", base)])))
        .collect();
    let mut none = super::plan::case(&[("real", 0)]);
    none.idle = true;
    row.cases.push(none);
    Method::Solver(vec![("first term", start), ("step", step), ("row", row)])
}

/// A round, and the next round's state.
fn keccak(_: &Model) -> Method {
    let mut given = cells("a", 100);
    given.extend(cells("number", 24));
    let mut round = Plan::row(given.clone());
    round.messages = [false; 2];
    round.known = given.iter().take(100).map(|port| (port.clone(), Domain::bits(16))).collect();
    round.state = cells("chi", 100);
    round.state.extend(cells("iota", 4));
    Method::Solver(vec![("round", round)])
}
