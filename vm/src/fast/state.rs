//! What handlers share: the words of a stream, the context of a run, the way from one handler to the next.

use ember_isa::reg;

use crate::Step;

/// Byte offset of the stack pointer.
pub(crate) const SP: u8 = 4 * reg::SP;
/// Byte offset of the register that takes writes to x0: one past the last register.
pub(crate) const SINK: u8 = 4 * reg::COUNT as u8;

/// Machine state at the entry of a handler, all of it in argument registers:
/// - `ip`: the op's first word, which holds this handler;
/// - `cx`: the context, registers first;
/// - `mem`: the first writable byte of the memory window;
/// - `fuel`: what is left of the slice, see [`super::compile::charge`];
/// - `sp`: the stack pointer, as in the context's registers, where every write goes as well;
/// - `words`: length of the window from there in 32-bit words.
///
/// Returns the op to go on with in plain-loop builds, and null when the run of handlers ends.
#[cfg(target_arch = "x86_64")]
pub(crate) type Handler =
    unsafe extern "sysv64" fn(*const Word, *mut Context, *mut u8, u64, u32, u32) -> *const Word;
/// Machine state at the entry of a handler, all of it in argument registers.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) type Handler =
    unsafe extern "C" fn(*const Word, *mut Context, *mut u8, u64, u32, u32) -> *const Word;

/// A word of a stream of ops: first the handler, then operands.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) union Word {
    pub handler: Handler,
    pub data: u64,
    pub slots: [u32; 2],
}

const _: () = assert!(size_of::<Word>() == 8, "operands are addressed in steps of eight bytes");

/// Where a transfer of control may enter a stream, for the instruction that this stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// Byte offset in the stream.
    pub offset: usize,
    /// What it costs to run from here to the end of the block; [`Target::NONE`]'s can never be afforded.
    pub charge: u64,
}

impl Target {
    /// No entry here.
    pub(crate) const NONE: Self = Self { offset: 0, charge: u64::MAX };
}

/// Why a run of handlers ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Leave {
    /// The instruction at pc is to be executed by the reference step: it is uncharged.
    Step,
    /// The slice is used up: pc is where a block begins that is not yet charged.
    Fuel,
}

/// State of a run of handlers that is not in argument registers.
#[repr(C)]
pub(crate) struct Context {
    /// The registers, then the sink.
    pub regs: [u32; reg::COUNT + 1],
    /// Bytes of the window's part that can only be read, right before `mem`.
    pub constant_len: u32,
    /// Words of that part.
    pub constant_words: u32,
    /// Address of the first instruction of the code segment that indirect jumps reach directly.
    pub code_start: u32,
    /// Instructions of that segment.
    pub code_words: u32,
    /// Why the run of handlers ended.
    pub leave: Leave,
    /// Where it ended.
    pub pc: u32,
    /// Fuel at the end; in plain-loop builds also between ops.
    pub fuel: u64,
    /// First byte of the window's part that can only be read.
    pub constants: *const u8,
    /// First word of the stream.
    pub stream: *const Word,
    /// For each instruction of the code segment.
    pub targets: *const Target,
    /// What cold paths need.
    pub cold: *mut super::cold::Cold,
    /// Where traced handlers write records.
    pub steps: *mut Step,
}

/// Goes on with the op at `$ip`: the last act of a handler. Unsafe: `$ip` must be the first word of an op.
#[cfg(tail_calls)]
macro_rules! next {
    ($ip:expr, $cx:expr, $mem:expr, $fuel:expr, $sp:expr, $words:expr) => {{
        let ip: *const Word = $ip;
        return ((*ip).handler)(ip, $cx, $mem, $fuel, $sp, $words);
    }};
}

/// Goes on with the op at `$ip`: the last act of a handler. Unsafe: `$cx` must be valid.
#[cfg(not(tail_calls))]
macro_rules! next {
    ($ip:expr, $cx:expr, $mem:expr, $fuel:expr, $sp:expr, $words:expr) => {{
        let _ = ($mem, $sp, $words);
        (*$cx).fuel = $fuel;
        return $ip;
    }};
}

/// Defines handlers: functions of [`Handler`]'s type.
macro_rules! handler {
    ($(#[$meta:meta])* fn $name:ident<$(const $g:ident: $t:ty),*>($ip:ident, $cx:ident, $mem:ident, $fuel:ident, $sp:ident, $words:ident) $body:block) => {
        $(#[$meta])*
        #[cfg(target_arch = "x86_64")]
        pub(crate) unsafe extern "sysv64" fn $name<$(const $g: $t),*>(
            $ip: *const Word, $cx: *mut Context, $mem: *mut u8, $fuel: u64, $sp: u32, $words: u32,
        ) -> *const Word $body

        $(#[$meta])*
        #[cfg(not(target_arch = "x86_64"))]
        pub(crate) unsafe extern "C" fn $name<$(const $g: $t),*>(
            $ip: *const Word, $cx: *mut Context, $mem: *mut u8, $fuel: u64, $sp: u32, $words: u32,
        ) -> *const Word $body
    };
}

pub(crate) use {handler, next};
