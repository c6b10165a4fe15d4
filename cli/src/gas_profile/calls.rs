//! Who calls whom, and what it costs.

use std::collections::{BTreeMap, HashMap};

use ember_isa::{GasTable, Op, reg};
use ember_memory::Image;
use ember_vm::{Machine, Program, Step, Tracer};

use crate::guest::{Guest, Symbols};

/// Deeper stacks are cut: a program that recurses without end still has a profile.
const MAX_DEPTH: usize = 1024;

/// A call path: a function, called by the path `parent`.
struct Path {
    parent: Option<usize>,
    function: u32,
    gas: u64,
    calls: u64,
}

/// A frame of the stack at this moment.
struct Frame {
    path: usize,
    /// Where the caller goes on.
    returns_to: u32,
}

/// What an instruction does to the stack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Straight,
    Call,
    Return,
}

/// Gas by call path.
pub struct Calls {
    paths: Vec<Path>,
    /// By the address that stands for a function.
    names: HashMap<u32, String>,
}

/// A function's share.
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

/// Follows a run.
pub struct Profiler<'g> {
    program: &'g Program,
    symbols: &'g Symbols,
    gas_table: GasTable,
    registers: [u32; reg::COUNT],
    calls: Calls,
    children: HashMap<(usize, u32), usize>,
    stack: Vec<Frame>,
    /// Frames above [`MAX_DEPTH`], which have no path of their own.
    cut: usize,
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
        Self {
            program: &guest.program,
            symbols: &guest.symbols,
            gas_table: machine.config().gas_table,
            registers: *machine.registers(),
            calls: Calls { paths: Vec::new(), names: HashMap::new() },
            children: HashMap::new(),
            stack: Vec::new(),
            cut: 0,
            flow: Flow::Call,
            last_pc: machine.pc().wrapping_sub(4),
            range: 0..0,
            function: 0,
            gas: 0,
        }
    }

    /// What the run cost. The end of a run may charge for an instruction that never retires: `gas_used` says so.
    pub fn finish(mut self, gas_used: u64) -> Calls {
        let rest = gas_used.saturating_sub(self.gas);
        if let Some(top) = self.stack.last() {
            self.calls.paths[top.path].gas += rest;
        }
        self.calls
    }

    /// The function at `pc`, as the address that stands for it.
    fn function_at(&mut self, pc: u32) -> u32 {
        if self.range.contains(&pc) {
            return self.function;
        }
        let image: &Image = self.program.image();
        let (start, size, name) = match self.symbols.function(image, pc) {
            Some(symbol) => (symbol.address, symbol.size, symbol.name.clone()),
            None => (pc, 4, format!("{pc:#x}")),
        };
        // Up to where the symbol says; without a size the next lookup decides for itself.
        self.range = if pc - start < size { start..start + size } else { pc..pc + 4 };
        self.function = start;
        self.calls.names.entry(start).or_insert(name);
        start
    }

    fn path(&mut self, parent: Option<usize>, function: u32) -> usize {
        let paths = &mut self.calls.paths;
        let key = (parent.map_or(usize::MAX, |p| p), function);
        *self.children.entry(key).or_insert_with(|| {
            paths.push(Path { parent, function, gas: 0, calls: 0 });
            paths.len() - 1
        })
    }

    /// Brings the stack to where the instruction at `pc` is.
    fn follow(&mut self, pc: u32) {
        let function = self.function_at(pc);
        match self.flow {
            Flow::Call if self.stack.len() < MAX_DEPTH => {
                let parent = self.stack.last().map(|frame| frame.path);
                let path = self.path(parent, function);
                self.calls.paths[path].calls += 1;
                self.stack.push(Frame { path, returns_to: self.last_pc.wrapping_add(4) });
                return;
            }
            Flow::Call => self.cut += 1,
            Flow::Return if self.cut > 0 => self.cut -= 1,
            Flow::Return => {
                // Several frames at once where a function left by a tail call or a long jump.
                if let Some(at) = self.stack.iter().rposition(|frame| frame.returns_to == pc) {
                    self.stack.truncate(at.max(1));
                }
            }
            Flow::Straight => {}
        }
        // Another function without a call: a tail call, which takes the frame over.
        let Some(top) = self.stack.last() else { return };
        let path = &self.calls.paths[top.path];
        if self.cut == 0 && path.function != function {
            let parent = path.parent;
            let path = self.path(parent, function);
            if let Some(top) = self.stack.last_mut() {
                top.path = path;
            }
            if self.flow != Flow::Return {
                self.calls.paths[path].calls += 1;
            }
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
        self.gas += cost;
        if let Some(top) = self.stack.last() {
            self.calls.paths[top.path].gas += cost;
        }
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
    fn name(&self, function: u32) -> &str {
        self.names.get(&function).map_or("?", String::as_str)
    }

    /// Functions, the costliest by themselves first.
    pub fn functions(&self) -> Vec<Function> {
        // A path comes after its parent, so sums go backwards.
        let mut totals: Vec<u64> = self.paths.iter().map(|path| path.gas).collect();
        for at in (0..self.paths.len()).rev() {
            if let Some(parent) = self.paths[at].parent {
                totals[parent] += totals[at];
            }
        }
        let mut functions: BTreeMap<&str, Function> = BTreeMap::new();
        for (at, path) in self.paths.iter().enumerate() {
            let name = self.name(path.function);
            let entry = functions.entry(name).or_insert_with(|| Function {
                name: name.to_owned(),
                own: 0,
                total: 0,
                calls: 0,
            });
            entry.own += path.gas;
            entry.calls += path.calls;
            if !self.ancestors(path).any(|ancestor| self.name(ancestor.function) == name) {
                entry.total += totals[at];
            }
        }
        let mut functions: Vec<_> = functions.into_values().collect();
        functions.sort_by(|a, b| (b.own, &a.name).cmp(&(a.own, &b.name)));
        functions
    }

    fn ancestors<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Path> {
        std::iter::successors(path.parent, |&at| self.paths[at].parent).map(|at| &self.paths[at])
    }

    /// Stacks and the gas of each one's last function, in the format of flamegraph tools.
    pub fn folded(&self) -> String {
        let mut text = String::new();
        for path in self.paths.iter().filter(|path| path.gas > 0) {
            let mut names: Vec<&str> = self.ancestors(path).map(|p| self.name(p.function)).collect();
            names.reverse();
            names.push(self.name(path.function));
            // A semicolon separates frames, and a generic type may have one in its name.
            let names: Vec<String> = names.iter().map(|name| name.replace(';', ":")).collect();
            text += &format!("{} {}\n", names.join(";"), path.gas);
        }
        text
    }
}
