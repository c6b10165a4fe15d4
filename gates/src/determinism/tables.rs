//! What is given and what must follow, table by table.

use ember_isa::{Context, Family, Op};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::plan::{Claim, Equation, Plan, cell, fields, next};
use super::sum::Domain;
use super::system::{Place, Port, Window};
use crate::Model;

/// How a table is shown to be deterministic.
#[derive(Clone, Debug)]
pub struct Method {
    /// What is given, and what follows; or, of an argument, where it stands and why the solver does not reach it.
    pub says: &'static str,
    /// What the solver is asked, by name; nothing for an argument.
    pub plans: Vec<(&'static str, Plan)>,
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
    let one = |plan: Plan| vec![("row", plan)];
    let (says, plans) = match table {
        "Cpu" => (
            "state, decoded instruction, what memory and other tables answer → next state, what is asked of them; first and last state from public values",
            cpu(model),
        ),
        "Rom" => ("address and code word → decoded instruction", rom(model)),
        "Code" => ("leaf → its words", one(Plan::row(fields("node", 0, 0..11)).flag("real"))),
        "Data" => {
            let last = (0..4).flat_map(|word| fields("mem", 2 * word + 1, 1..4));
            let given = fields("node", 0, 0..11).into_iter().chain(last).collect();
            (
                "leaf, last time and value of each word → first value, address, permission",
                one(Plan::row(given).flag("real")),
            )
        }
        "Heap" => (
            "number of the group, last time and value of each word → addresses; groups ascend within the heap",
            heap(),
        ),
        "Memory" => {
            let last = (0..4).flat_map(|word| fields("mem", 2 * word + 1, 1..4));
            let given = fields("update", 0, 0..11).into_iter().chain(last).collect();
            (
                "leaf before, last time and value of each word → leaf after, addresses",
                one(Plan::row(given).flag("real")),
            )
        }
        "MemoryNode" => (
            "place and digest before, kind, what is opened, digests after of opened children → digest after, children's places and digests before",
            memory_node(),
        ),
        "Touch" => ("word, its last time, the new time → what is left; the new time is later", touch()),
        "Merkle" => {
            ("place and digest, what is opened, whether a page's → children's places and digests", merkle())
        }
        "Journal" => ("place, chain before, bytes → bytes' places, chain after, next place", journal()),
        "Poseidon2" => ("input → both outputs", one(Plan::row(cells("input", 16)))),
        "Bitwise" | "Shift" | "Mul" => {
            ("operation, operands → result", one(Plan::row(operands()).one_hot(model, "op", None)))
        }
        "Part" => {
            let given = fields("aux", 0, (0..6).chain([8, 9]));
            (
                "operation, offset, value, word before → loaded value, word after",
                one(Plan::row(given).one_hot(model, "op", None)),
            )
        }
        "Div" => {
            ("operation, operands → result, what is asked of Mul; quotient and rest by Euclid", div(model))
        }
        "Csr" => {
            let mut plan = Plan::row(fields("aux", 0, [0, 8, 9, 10])).flag("real");
            plan.publics = (0..8).map(|i| (i, Domain::bits(16))).collect();
            ("counter, gas, time → result", one(plan))
        }
        "Operand" => (
            "operand, last access, whether another follows → what is received and sent",
            one(access(fields("operand", 0, 0..7), ("operand", 0, 2))),
        ),
        "Element" => (
            "residue after, word before, last access, whether another follows → word after, residue before",
            one(access(fields("element", 0, [0, 1, 2, 4]), ("element", 0, 2))),
        ),
        "Permute" => {
            let mut given = call();
            given.extend((0..16).flat_map(|i| fields("element", i, [3])));
            ("call, words before → words after", one(Plan::row(given).values("real", "montgomery", 0..2)))
        }
        "Context" => {
            let mut given = call();
            given.extend((0..Context::WORDS).flat_map(|i| fields("operand", i, [3, 4])));
            let mut plan = Plan::row(given).flag("real");
            plan.publics = (2..2 + 2 * Context::WORDS).map(|i| (i, Domain::bits(16))).collect();
            ("call, words before → words after", one(plan))
        }
        "Dot" => ("call → first term's place; place, sum before, factors → sum after, next place", dot()),
        "Range16" => {
            let steps = range("value", Domain { low: 0, high: 255 });
            (
                "the first value is 0, each next one larger by 0 to 255, the last 65,535",
                vec![("step", steps), ("first", end(Window::First, 0)), ("last", end(Window::Last, 0xffff))],
            )
        }
        "Range8" => {
            let steps = range("value", Domain { low: 1, high: 1 });
            (
                "the first value is 0, each next one larger by 1, the last 255",
                vec![("step", steps), ("first", end(Window::First, 0)), ("last", end(Window::Last, 0xff))],
            )
        }
        "ByteAnd" => ("two bytes → their and", one(Plan::row(fields("byte_and", 0, 0..2)))),
        "Io" => {
            ("[page](io.md): a call is many rows, of which the host chooses where a `read` ends", Vec::new())
        }
        "Sha256" => ("[page](sha256.md): 36 rows that remember seven before", Vec::new()),
        "Keccak" => ("[page](keccak.md): 2,640 columns, sums of 48 unknown bits", Vec::new()),
        "MulMod" => ("[page](mulmod.md): integers of 512 bits", Vec::new()),
        _ => return None,
    };
    Some(Method { says, plans })
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
fn cpu(model: &Model) -> Vec<(&'static str, Plan)> {
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
        let writes = |&op: &Op| op == Op::Ecall || op.info().format.has_rd();
        let of = |op: &&Op| case.name == format!("family[{}]", op.info().family as usize);
        if !case.idle && !Op::ALL.iter().filter(of).any(writes) {
            // The decoder's: see its second plan.
            case.known = cells("rd", 6).into_iter().map(|port| (port, Domain { low: 0, high: 0 })).collect();
        }
        if [Family::LoadPart, Family::StorePart]
            .iter()
            .any(|&f| case.name == format!("family[{}]", f as usize))
        {
            // `Part` receives no other offset.
            case.known.push((cell("off"), Domain::bits(2)));
        }
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
    vec![("step", step), ("first", end(Window::First)), ("last", end(Window::Last))]
}

/// Groups ascend, and each is one of the heap.
fn heap() -> Vec<(&'static str, Plan)> {
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
    vec![("row", row), ("bounds", inside), ("step", step), ("first", first)]
}

/// An access of an accelerator: the operand, the word's previous access, and whether another one follows.
fn access(mut given: Vec<Port>, (bus, nth, rank): (&'static str, usize, usize)) -> Plan {
    given.extend(fields("mem", 0, 1..5));
    given.push(cell("after"));
    let mut plan = Plan::row(given);
    plan.known =
        fields(bus, nth, [rank]).into_iter().map(|port| (port, Domain { low: 0, high: 2 })).collect();
    plan.values("real", "rank", 0..3)
}

/// A division: what its products are is `Mul`'s; that quotient and rest follow is Euclid's, by the solver over the integers.
fn div(model: &Model) -> Vec<(&'static str, Plan)> {
    let mut plan = Plan::row(fields("aux", 2, 0..6)).one_hot(model, "op", None);
    let mut cases = Vec::new();
    for case in plan.cases.drain(..) {
        if case.idle {
            cases.push(case);
            continue;
        }
        let is_signed = ["op[0]", "op[2]"].contains(&case.name.as_str());
        for (by_zero, signs) in
            (0..2).flat_map(|zero| (0..if is_signed { 4 } else { 1 }).map(move |s| (zero, s)))
        {
            let mut case = case.clone();
            let mut fixed = vec![("by_zero", by_zero)];
            if is_signed {
                fixed.extend([("sign[0]", signs & 1), ("sign[1]", signs >> 1)]);
            }
            let more = super::plan::case(&fixed);
            case.name = format!("{}, {}", case.name, more.name);
            case.fixed.extend(more.fixed);
            if by_zero == 0 {
                case.given =
                    ["quotient", "rest", "product"].into_iter().flat_map(|name| cells(name, 2)).collect();
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
    vec![("row", plan), ("euclid", euclid)]
}

/// A block's place and the chain before it, and how many bytes it has, to the bytes' places and the chain after it.
fn journal() -> Vec<(&'static str, Plan)> {
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
    vec![("step", step), ("first", first), ("last", last)]
}

/// A node's place and digest, which children are opened, and whether it is a page's, to the children's places and digests.
fn merkle() -> Vec<(&'static str, Plan)> {
    let mut given = fields("node", 0, 0..11);
    given.extend(["open_left", "open_right"].map(cell));
    given.extend(cells("page", 3));
    given.extend(cells("roots", 2));
    let row = Plan::row(given.clone()).flag("real");
    vec![("row", row)]
}

/// A node's place and its digest before, what is opened and what kind of node it is, and the opened children's digests after,
/// to the children's places and digests before and the digest after.
fn memory_node() -> Vec<(&'static str, Plan)> {
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
    vec![("row", plan)]
}

/// A call's first term from its ecall, each term's sum from the one before, and the next term's place.
fn dot() -> Vec<(&'static str, Plan)> {
    let shared = || {
        let mut all: Vec<Port> = ["base", "clk", "sum_at", "a_at", "b_at", "left"].map(cell).to_vec();
        all.extend(cells("before", 5));
        all.extend(cells("initial", 5));
        all
    };
    let memory = |of: std::ops::Range<usize>| -> Vec<Port> {
        (0..5)
            .flat_map(|i| of.clone().flat_map(move |operand| fields("element", 3 * i + operand, [3])))
            .collect()
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
    vec![("first term", start), ("step", step), ("row", row)]
}

/// A decoded instruction; and that one of an operation without a destination has register 0 there.
fn rom(model: &Model) -> Vec<(&'static str, Plan)> {
    let mut plan = Plan::row(fields("code", 0, 0..3)).one_hot(model, "op", Some("real"));
    plan.common = ["pc_low", "pc_high"].map(cell).to_vec();
    plan.common.extend(cells("bits", 32));
    let mut without = Plan::row(Vec::new());
    without.messages = [false; 2];
    without.partial = true;
    let none = |op: &&Op| **op != Op::Ecall && !op.info().format.has_rd();
    without.cases = Op::ALL
        .iter()
        .filter(none)
        .map(|&op| super::plan::case(&[(&format!("op[{}]", op as usize), 1), ("real", 1)]))
        .collect();
    for case in &mut without.cases {
        let others = model
            .columns
            .iter()
            .filter(|name| name.starts_with("op[") && !case.name.starts_with(&format!("{name} ")));
        case.fixed.extend(others.map(|name| (cell(name), Val::ZERO)));
    }
    without.claims.push(Claim {
        name: "no destination",
        sum: vec![(cell("rd"), 1)],
        constant: 0,
        inside: Domain { low: 0, high: 0 },
    });
    vec![("row", plan), ("destination", without)]
}

/// A refresh: the new time is the prover's choice, and later.
fn touch() -> Vec<(&'static str, Plan)> {
    let mut given = fields("mem", 0, 0..5);
    given.push(cell("after"));
    let mut plan = Plan::row(given).flag("real");
    plan.claims.push(Claim {
        name: "the new time is later",
        sum: vec![(cell("after"), 1), (cell("before"), -1), (cell("real"), -1)],
        constant: 0,
        inside: Domain::bits(24),
    });
    vec![("row", plan)]
}
