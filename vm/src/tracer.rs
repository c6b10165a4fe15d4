//! What an interpreter tells of each step.

use alloc::vec::Vec;

/// A retired instruction: what cannot be derived from the program and the steps before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Step {
    /// Address of the instruction.
    pub pc: u32,
    /// Value of the destination register after the instruction; for an ecall its result, a0; zero where there is
    /// no destination or it is x0.
    pub rd: u32,
    /// For a load or store, the aligned memory word that holds the accessed bytes, before the access; else zero.
    pub mem: u32,
}

/// Receives a run as it happens. Interpreters are generic over it, so that [`NoTrace`] costs nothing.
pub trait Tracer {
    /// Whether anybody listens: work only for the tracer hangs on this.
    const ENABLED: bool = true;

    /// An instruction retired.
    fn step(&mut self, step: Step);

    /// Instructions retired, in this order: [`Self::step`] of each.
    #[inline]
    fn steps(&mut self, steps: &[Step]) {
        steps.iter().for_each(|s| self.step(*s));
    }

    /// A vector that keeps every step, and how many more it may get: a faster way than [`Self::steps`], which the
    /// engine then need not call. `None`, or no room, where steps are to be told.
    ///
    /// What the engine appends is what it would tell, and it never appends more than there is room for.
    #[inline]
    fn keep(&mut self) -> Option<(&mut Vec<Step>, usize)> {
        None
    }

    /// Whether the run should stop for now. Asked after every instruction that calls the host or the counters.
    #[inline]
    fn is_full(&self) -> bool {
        false
    }

    /// An ecall passes over an aligned word of its pointer range, in ascending order and before its
    /// [`Self::step`]: the word's value before and after.
    fn io_word(&mut self, old: u32, new: u32);
}

/// Listens to nothing.
pub struct NoTrace;

impl Tracer for NoTrace {
    const ENABLED: bool = false;

    #[inline(always)]
    fn step(&mut self, _: Step) {}

    #[inline(always)]
    fn io_word(&mut self, _: u32, _: u32) {}
}

impl<T: Tracer> Tracer for &mut T {
    const ENABLED: bool = T::ENABLED;

    #[inline(always)]
    fn step(&mut self, step: Step) {
        (**self).step(step);
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        (**self).is_full()
    }

    #[inline(always)]
    fn steps(&mut self, steps: &[Step]) {
        (**self).steps(steps);
    }

    #[inline(always)]
    fn keep(&mut self) -> Option<(&mut Vec<Step>, usize)> {
        (**self).keep()
    }

    #[inline(always)]
    fn io_word(&mut self, old: u32, new: u32) {
        (**self).io_word(old, new);
    }
}
