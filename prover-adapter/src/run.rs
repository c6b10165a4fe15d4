//! What all segments of a run share.

use std::io::Read;
use std::sync::OnceLock;

use ember_memory::digest::Hasher;
use ember_memory::tree::{self, PAGE_LEVEL, ROOT_LEVEL};
use ember_memory::{Digest, Layout};
use ember_trace::{Execution, Reader, Record};
use ember_verifier::Verifier;
use ember_vm::{ConfigError, Host, Machine, Program, RunConfig, Status, Step, Tracer};

use crate::ProveError;

/// A program and the parameters of its run: what all its segments share.
pub struct Run<'a> {
    pub(crate) hasher: &'a Hasher,
    pub(crate) program: &'a Program,
    pub(crate) config: &'a RunConfig,
    pub(crate) layout: Layout,
    pub(crate) image: ImageTree,
    input: OnceLock<Vec<Vec<Digest>>>,
}

/// The tree of an image's pages.
pub(crate) struct ImageTree {
    /// Nodes above the pages, by level from [`PAGE_LEVEL`] on, each level by ascending index. Others are empty.
    levels: Vec<Vec<(u32, Digest)>>,
    empty: [Digest; 21],
}

impl ImageTree {
    /// The node at `height` above the pages.
    pub(crate) fn node(&self, height: usize, index: u32) -> Digest {
        let level = &self.levels[height];
        level.binary_search_by_key(&index, |(i, _)| *i).map_or(self.empty[height], |i| level[i].1)
    }

    pub(crate) fn root(&self) -> Digest {
        self.node((ROOT_LEVEL - PAGE_LEVEL) as usize, 0)
    }
}

impl<'a> Run<'a> {
    /// A run of `program`, to be proven for `verifier`.
    ///
    /// # Errors
    /// [`ConfigError`] when the program cannot run under these parameters.
    pub fn new(
        verifier: &'a Verifier,
        program: &'a Program,
        config: &'a RunConfig,
    ) -> Result<Self, ConfigError> {
        let hasher = verifier.hasher();
        let image = program.image();
        let layout = config.layout(image.header())?;
        let pages = image.page_nodes(hasher).into_iter().map(|(page, _, node)| (page, node)).collect();
        let image = ImageTree { levels: tree::upper_levels(hasher, pages), empty: tree::empty_roots(hasher) };
        Ok(Self { hasher, program, config, layout, image, input: OnceLock::new() })
    }

    /// Every level of the public input's tree, leaves first.
    pub(crate) fn input(&self) -> &[Vec<Digest>] {
        self.input.get_or_init(|| tree::levels(self.hasher, tree::input_leaves(&self.config.input)))
    }

    /// Root of the public input.
    pub(crate) fn input_root(&self) -> Digest {
        self.input().last().expect("a tree has a root")[0]
    }
}

/// Where the steps of a run come from, in order.
pub trait Steps {
    /// Adds the run's next steps, one at least, and the words that their ecalls pass over: value before and after.
    /// Says whether there were any.
    ///
    /// # Errors
    /// [`ProveError`] when they cannot be had.
    fn more(&mut self, steps: &mut Vec<Step>, words: &mut Vec<(u32, u32)>) -> Result<bool, ProveError>;
}

/// Steps taken from a recording at a time.
const SLICE: usize = 1 << 14;

/// The steps of a recorded run.
pub struct Recorded<'a> {
    execution: &'a Execution,
    next: usize,
}

impl<'a> Recorded<'a> {
    /// Its steps, from the first.
    pub fn new(execution: &'a Execution) -> Self {
        Self { execution, next: 0 }
    }
}

impl Steps for Recorded<'_> {
    fn more(&mut self, steps: &mut Vec<Step>, words: &mut Vec<(u32, u32)>) -> Result<bool, ProveError> {
        if self.next == 0 {
            words.extend(&self.execution.io);
        }
        let rest = &self.execution.steps[self.next..];
        let taken = &rest[..rest.len().min(SLICE)];
        steps.extend_from_slice(taken);
        self.next += taken.len();
        Ok(!taken.is_empty())
    }
}

/// The steps of a machine, from its pristine state on, in bounded memory.
///
/// A host that pauses is asked again at once.
pub struct Live<'p, H> {
    machine: Machine<'p>,
    host: H,
    has_ended: bool,
}

impl<'p, H: Host> Live<'p, H> {
    /// A run of a program.
    ///
    /// # Errors
    /// [`ConfigError`] when the program cannot run under these parameters.
    pub fn new(program: &'p Program, config: RunConfig, host: H) -> Result<Self, ConfigError> {
        Ok(Self { machine: Machine::new(program, config)?, host, has_ended: false })
    }
}

/// Words passed over by ecalls after which a slice ends.
const MAX_SLICE_WORDS: usize = 1 << 16;

/// Collects a slice of a run.
struct Sink<'a> {
    steps: &'a mut Vec<Step>,
    words: &'a mut Vec<(u32, u32)>,
}

impl Tracer for Sink<'_> {
    fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn keep(&mut self) -> Option<(&mut Vec<Step>, usize)> {
        Some((&mut *self.steps, usize::MAX))
    }

    fn is_full(&self) -> bool {
        self.words.len() >= MAX_SLICE_WORDS
    }

    fn io_word(&mut self, old: u32, new: u32) {
        self.words.push((old, new));
    }
}

impl<H: Host> Steps for Live<'_, H> {
    fn more(&mut self, steps: &mut Vec<Step>, words: &mut Vec<(u32, u32)>) -> Result<bool, ProveError> {
        let before = steps.len();
        while !self.has_ended && steps.len() == before {
            let mut sink = Sink { steps: &mut *steps, words: &mut *words };
            let status = self.machine.run_steps(SLICE as u64, &mut self.host, &mut sink);
            self.has_ended = matches!(status, Status::Exited(_));
        }
        Ok(steps.len() > before)
    }
}

/// The steps of a trace file, in bounded memory.
pub struct Stored<R: Read>(Reader<R>);

impl<R: Read> Stored<R> {
    /// What `reader` has still to read: all of it.
    pub fn new(reader: Reader<R>) -> Self {
        Self(reader)
    }
}

impl<R: Read> Steps for Stored<R> {
    fn more(&mut self, steps: &mut Vec<Step>, words: &mut Vec<(u32, u32)>) -> Result<bool, ProveError> {
        let before = steps.len();
        while steps.len() < before + SLICE && words.len() < MAX_SLICE_WORDS || steps.len() == before {
            match self.0.next_record()? {
                Some(Record::Step(step)) => steps.push(step),
                Some(Record::Io { old, new }) => words.push((old, new)),
                None => break,
            }
        }
        Ok(steps.len() > before)
    }
}
