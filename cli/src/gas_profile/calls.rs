//! Who calls whom, and what it costs.
//!
//! A hostile program calls as it likes: without end, in any order. So what is kept is bounded, whatever it does: frames of
//! the stack, functions, and call paths. What is above a bound is counted with what is below it; no gas is lost.

use std::collections::HashMap;
use std::io::{self, Write};

use ember_isa::{GasTable, Op, reg};
use ember_memory::Image;
use ember_vm::{Machine, Program, Step, Tracer};

use crate::guest::{Guest, Symbols};

/// Most frames that are followed: deeper calls belong to the last of them.
const MAX_FRAMES: usize = 1 << 16;
/// Frames that a return is looked for in: it may leave several at once.
const MAX_LEFT: usize = 1 << 10;
/// Most functions: others are one.
const MAX_FUNCTIONS: usize = 1 << 16;
/// Most call paths: others end in their callers.
const MAX_PATHS: usize = 1 << 15;
/// Most functions of a call path.
const MAX_DEPTH: u32 = 128;
/// Most characters of a function's name in a call path.
const MAX_NAME: usize = 100;

/// What functions above [`MAX_FUNCTIONS`] are called.
const OTHERS: &str = "[others]";

/// A call path: a function, called by the path `parent`. Recursion is folded: no function is on a path twice.
struct Path {
    parent: Option<u32>,
    function: u32,
    depth: u32,
    gas: u64,
}

/// A frame of the stack at this moment.
struct Frame {
    path: u32,
    function: u32,
    /// Where the caller goes on.
    returns_to: u32,
    /// The gas used before it, if it is the outermost frame of its function.
    outermost_since: Option<u64>,
}

/// What an instruction does to the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Straight,
    Call,
    Return,
}

/// A function's share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    /// Gas of its own instructions.
    pub own: u64,
    /// Gas of its own and of all that it calls; recursion counts once.
    pub total: u64,
    /// How many times it was called.
    pub calls: u64,
}

/// Gas by function and by call path.
pub struct Calls {
    paths: Vec<Path>,
    functions: Vec<Function>,
}

/// Follows a run.
pub struct Profiler<'g> {
    program: &'g Program,
    symbols: &'g Symbols,
    gas_table: GasTable,
    registers: [u32; reg::COUNT],
    calls: Calls,
    children: HashMap<(Option<u32>, u32), u32>,
    /// By the address that stands for a function, and by its name.
    by_address: HashMap<u32, u32>,
    by_name: HashMap<String, u32>,
    stack: Vec<Frame>,
    /// Frames of each function on the stack.
    active: Vec<u32>,
    /// Frames above [`MAX_FRAMES`].
    cut: u64,
    /// What the last instruction did.
    flow: Flow,
    last_pc: u32,
    /// Addresses of the function that the last instruction belongs to.
    range: std::ops::Range<u32>,
    function: u32,
    gas: u64,
}

impl<'g> Profiler<'g> {
    /// Before the machine's first step.
    pub fn new(guest: &'g Guest, machine: &Machine<'_>) -> Self {
        let mut profiler = Self {
            program: &guest.program,
            symbols: &guest.symbols,
            gas_table: machine.config().gas_table,
            registers: *machine.registers(),
            calls: Calls { paths: Vec::new(), functions: Vec::new() },
            children: HashMap::new(),
            by_address: HashMap::new(),
            by_name: HashMap::new(),
            stack: Vec::new(),
            active: Vec::new(),
            cut: 0,
            flow: Flow::Call,
            last_pc: machine.pc().wrapping_sub(4),
            range: 0..0,
            function: 0,
            gas: 0,
        };
        // The run's first function is called by nobody.
        profiler.follow(machine.pc());
        profiler.flow = Flow::Straight;
        profiler
    }

    /// What the run cost. The end of a run may charge for an instruction that never retires: `gas_used` says so.
    pub fn finish(mut self, gas_used: u64) -> Calls {
        self.charge(gas_used.saturating_sub(self.gas));
        while !self.stack.is_empty() {
            self.pop();
        }
        self.calls
    }

    fn charge(&mut self, gas: u64) {
        self.gas += gas;
        if let Some(top) = self.stack.last() {
            self.calls.paths[top.path as usize].gas += gas;
            self.calls.functions[top.function as usize].own += gas;
        }
    }

    /// The function at `pc`.
    fn function_at(&mut self, pc: u32) -> u32 {
        if self.range.contains(&pc) {
            return self.function;
        }
        let image: &Image = self.program.image();
        let (start, size) = match self.symbols.function(image, pc) {
            Some(symbol) => (symbol.address, symbol.size),
            // Without symbols a function is what was called.
            None if self.flow == Flow::Call => (pc, 4),
            None => match self.stack.last() {
                Some(top) => return top.function,
                None => (pc, 4),
            },
        };
        // Up to where the symbol says; without a size the next lookup decides for itself.
        self.range =
            if pc - start < size { start..start.saturating_add(size) } else { pc..pc.saturating_add(4) };
        self.function = match self.by_address.get(&start) {
            Some(&function) => function,
            None => self.intern(start),
        };
        self.function
    }

    /// The number of the function that begins here: functions of one name are one.
    fn intern(&mut self, start: u32) -> u32 {
        let full = self.by_address.len() >= MAX_FUNCTIONS;
        let name = match self.symbols.name(self.program.image(), start) {
            _ if full => OTHERS.to_owned(),
            Some(name) => name,
            None => format!("{start:#x}"),
        };
        let functions = &mut self.calls.functions;
        let function = *self.by_name.entry(name).or_insert_with_key(|name| {
            functions.push(Function { name: name.clone(), ..Function::default() });
            functions.len() as u32 - 1
        });
        self.active.resize(functions.len(), 0);
        if !full {
            self.by_address.insert(start, function);
        }
        function
    }

    fn path(&mut self, parent: Option<u32>, function: u32) -> u32 {
        if let Some(&path) = self.children.get(&(parent, function)) {
            return path;
        }
        let paths = &mut self.calls.paths;
        let up = |at: &u32| paths[*at as usize].parent;
        let caller = |at: &u32| paths[*at as usize].function == function;
        if let Some(folded) = std::iter::successors(parent, up).find(caller) {
            return folded;
        }
        let depth = parent.map_or(0, |parent| paths[parent as usize].depth + 1);
        match parent {
            Some(parent) if depth >= MAX_DEPTH || paths.len() >= MAX_PATHS => parent,
            _ => {
                let path = paths.len() as u32;
                paths.push(Path { parent, function, depth, gas: 0 });
                self.children.insert((parent, function), path);
                path
            }
        }
    }

    fn push(&mut self, function: u32, returns_to: u32) {
        let path = self.path(self.stack.last().map(|frame| frame.path), function);
        self.calls.functions[function as usize].calls += 1;
        self.enter(Frame { path, function, returns_to, outermost_since: None });
    }

    fn enter(&mut self, mut frame: Frame) {
        let active = &mut self.active[frame.function as usize];
        *active += 1;
        frame.outermost_since = (*active == 1).then_some(self.gas);
        self.stack.push(frame);
    }

    fn pop(&mut self) -> Option<Frame> {
        let frame = self.stack.pop()?;
        self.active[frame.function as usize] -= 1;
        if let Some(since) = frame.outermost_since {
            self.calls.functions[frame.function as usize].total += self.gas - since;
        }
        Some(frame)
    }

    /// Brings the stack to where the instruction at `pc` is.
    fn follow(&mut self, pc: u32) {
        match self.flow {
            Flow::Call if self.stack.len() < MAX_FRAMES => {
                let function = self.function_at(pc);
                self.push(function, self.last_pc.wrapping_add(4));
                return;
            }
            Flow::Call => self.cut += 1,
            Flow::Return if self.cut > 0 => self.cut -= 1,
            Flow::Return => {
                // Several frames at once where a function left by a tail call or a long jump. The first one stays.
                let from = self.stack.len().saturating_sub(MAX_LEFT);
                let left = self.stack[from..].iter().rposition(|frame| frame.returns_to == pc);
                if let Some(at) = left.map(|at| (from + at).max(1)) {
                    while self.stack.len() > at {
                        self.pop();
                    }
                }
            }
            Flow::Straight => {}
        }
        let function = self.function_at(pc);
        // Another function without a call: a tail call, which takes the frame over.
        if self.cut == 0
            && self.stack.last().is_some_and(|top| top.function != function)
            && let Some(top) = self.pop()
        {
            let path = self.path(self.calls.paths[top.path as usize].parent, function);
            if self.flow != Flow::Return {
                self.calls.functions[function as usize].calls += 1;
            }
            self.enter(Frame { path, function, ..top });
        }
    }
}

impl Tracer for Profiler<'_> {
    fn step(&mut self, step: Step) {
        let Some(Ok(instruction)) = self.program.fetch(step.pc) else { return };
        self.follow(step.pc);
        let cost = match instruction.op {
            Op::Ecall => {
                let a = |n: u8| self.registers[(reg::A0 + n) as usize];
                self.gas_table.ecall(self.registers[reg::T0 as usize], [a(0), a(1), a(2), a(3)])
            }
            op => self.gas_table.class(op.info().class).into(),
        };
        self.charge(cost);
        self.flow = match instruction.op {
            Op::Jal | Op::Jalr if instruction.rd == reg::RA => Flow::Call,
            Op::Jalr if instruction.rd == reg::ZERO && instruction.rs1 == reg::RA => Flow::Return,
            _ => Flow::Straight,
        };
        self.last_pc = step.pc;
        let rd = if instruction.op == Op::Ecall { reg::A0 } else { instruction.rd };
        if rd != reg::ZERO {
            self.registers[rd as usize] = step.rd;
        }
    }

    fn io_word(&mut self, _: u32, _: u32) {}
}

impl Calls {
    /// Functions, the costliest by themselves first.
    pub fn functions(&self) -> Vec<&Function> {
        let mut functions: Vec<_> = self.functions.iter().collect();
        functions.sort_by(|a, b| (b.own, &a.name).cmp(&(a.own, &b.name)));
        functions
    }

    /// Writes stacks and the gas of each one's last function, in the format of flamegraph tools.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_folded(&self, out: &mut impl Write) -> io::Result<()> {
        self.stacks(0, |stack, gas| writeln!(out, "{stack} {gas}"))
    }

    /// Draws the stacks: paths of less than a thousandth of the gas are drawn as part of their callers.
    ///
    /// # Errors
    /// Those of `out`, or that the run used no gas.
    pub fn write_flamegraph(&self, title: &str, out: &mut impl Write) -> anyhow::Result<()> {
        let all: u64 = self.paths.iter().map(|path| path.gas).sum();
        anyhow::ensure!(all > 0, "the run used no gas");
        let mut lines = Vec::new();
        self.stacks(all / 1000, |stack, gas| {
            lines.push(format!("{stack} {gas}"));
            Ok(())
        })?;
        let mut options = inferno::flamegraph::Options::default();
        title.clone_into(&mut options.title);
        "gas".clone_into(&mut options.count_name);
        inferno::flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), out)?;
        Ok(())
    }

    /// Gives every call path that has gas of its own, where paths that have less than `least` with what they call belong
    /// to their callers.
    fn stacks(&self, least: u64, mut each: impl FnMut(&str, u64) -> io::Result<()>) -> io::Result<()> {
        // A path comes after its parent, so sums go backwards.
        let mut own: Vec<u64> = self.paths.iter().map(|path| path.gas).collect();
        let mut totals = own.clone();
        for (at, path) in self.paths.iter().enumerate().rev() {
            let Some(parent) = path.parent else { continue };
            totals[parent as usize] += totals[at];
            if totals[at] < least {
                own[parent as usize] += std::mem::take(&mut own[at]);
            }
        }
        // A semicolon separates frames, and a generic type may have one in its name.
        let name = |at: &u32| {
            let name = &self.functions[self.paths[*at as usize].function as usize].name;
            name.chars().take(MAX_NAME).map(|c| if c == ';' { ':' } else { c }).collect::<String>()
        };
        for (at, gas) in own.into_iter().enumerate().filter(|(_, gas)| *gas > 0) {
            let up = |at: &u32| self.paths[*at as usize].parent;
            let mut names: Vec<String> =
                std::iter::successors(Some(at as u32), up).map(|at| name(&at)).collect();
            names.reverse();
            each(&names.join(";"), gas)?;
        }
        Ok(())
    }
}
