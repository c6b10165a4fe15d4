//! The fast engine: the same results as the reference interpreter, several times as fast.
//!
//! A program is translated once per gas table to a stream of *ops*: a handler's address and its operands. A
//! handler executes one op, up to three instructions, and calls the next op's handler as its last act, which an
//! optimising compiler turns into a jump; elsewhere a plain loop calls one after the other. Gas and instructions
//! are charged for a whole block at its entry, in one subtraction ([`compile::charge`]).
//!
//! Exactness comes from having nothing else to be exact about: whatever a handler cannot do in full (a fault, an
//! ecall, a counter read, a block that the gas does not pay for) it leaves undone, the block's unused charge is
//! given back, and the reference interpreter's step takes over at that instruction. `run` then goes on with
//! handlers at the next entry.
//!
//! - [`state`]: what handlers share. [`slot`]: what one instruction does. [`handlers`], [`table`]: the ops.
//! - [`compile`], [`fuse`]: translation. [`cold`]: the uncommon cases. [`traced`]: handlers that write records.

mod cold;
mod compile;
mod fuse;
mod handlers;
mod sequences;
mod slot;
mod state;
mod table;
mod traced;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::MaybeUninit;

use ember_isa::{Exit, GasTable, reg};
use once_cell::race::OnceBox;

use crate::machine::Stop;
use crate::{Host, Machine, Program, Status, Step, Tracer};
use compile::Stream;
use state::{Context, Leave};

/// Instructions and gas of one slice: see [`compile::charge`].
const MAX_SLICE: u64 = 1 << 31;
/// Most records that a traced run gathers before it tells the tracer of them.
const TOLD: u64 = 1 << 10;
/// Most records that a traced run appends at a time to a vector of the tracer's.
const KEPT: u64 = 1 << 16;
/// Gas tables for which a program keeps its translation.
const TABLES: usize = 4;

/// A program's translations, made when a run first needs them and shared by all its runs.
#[derive(Default)]
pub(crate) struct Streams {
    plain: [OnceBox<Stream>; TABLES],
    traced: [OnceBox<Stream>; TABLES],
}

/// A translation beyond those that the program keeps.
#[derive(Clone, Default)]
pub(crate) struct Own(Option<Arc<(Stream, bool)>>);

impl Streams {
    fn get(&self, program: &Program, table: &GasTable, traced: bool) -> Option<&Stream> {
        let all = if traced { &self.traced } else { &self.plain };
        all.iter()
            .map(|slot| slot.get_or_init(|| Stream::new(program, table, traced).into()))
            .find(|s| s.table == *table)
    }
}

/// Runs for at most `steps` instructions, until the program ends or the host pauses: what
/// [`Machine::run_steps_reference`] does.
pub(crate) fn run(
    machine: &mut Machine<'_>,
    mut steps: u64,
    host: &mut impl Host,
    tracer: &mut impl Tracer,
) -> Status {
    let program = machine.program;
    let traced = enabled(tracer);
    let table = machine.config.gas_table;
    let own;
    let stream = match program.streams.get(program, &table, traced) {
        Some(stream) => stream,
        None => {
            let fits = |own: &Own| own.0.as_ref().is_some_and(|o| o.1 == traced && o.0.table == table);
            if !fits(&machine.own_stream) {
                machine.own_stream = Own(Some(Arc::new((Stream::new(program, &table, traced), traced))));
            }
            own = machine.own_stream.0.clone().expect("just made");
            &own.0
        }
    };
    let mut told = Vec::new();
    while steps > 0 {
        let mut slice = steps.min(machine.config.gas_limit - machine.gas).min(MAX_SLICE);
        let mut kept = tracer.keep().filter(|(_, room)| *room > 0);
        if traced {
            slice = slice.min(kept.as_ref().map_or(TOLD, |(_, room)| KEPT.min(*room as u64)));
        }
        if let Some(entry) = stream.entry(program, machine.pc)
            && let (fuel, false) = handlers::pay(slice << 32, entry.charge)
        {
            let records = traced.then(|| {
                let records = kept.as_mut().map_or(&mut told, |(kept, _)| *kept);
                records.reserve(slice as usize);
                records.spare_capacity_mut()
            });
            let (leave, fuel) = handle(machine, stream, entry.offset, fuel, records);
            let count = fuel as u32 as u64;
            machine.gas += slice - (fuel >> 32) - count;
            machine.retired += count;
            steps -= count;
            if traced {
                let records = kept.map_or(&mut told, |(kept, _)| kept);
                // SAFETY: handlers wrote a record of each instruction that they counted, behind the last one.
                unsafe { records.set_len(records.len() + count as usize) };
                if !told.is_empty() {
                    tracer.steps(&told);
                    told.clear();
                }
            }
            if leave == Leave::Fuel {
                continue;
            }
        }
        if steps == 0 {
            break;
        }
        match machine.step(host, tracer) {
            Ok(()) if tracer.is_full() => break,
            Ok(()) => steps -= 1,
            Err(Stop::Pause) => {
                machine.status = Status::Paused;
                break;
            }
            Err(Stop::Exit(reason)) => {
                machine.status = Status::Exited(Exit { reason, pc: machine.pc });
                break;
            }
        }
    }
    machine.status
}

fn enabled<T: Tracer>(_: &T) -> bool {
    T::ENABLED
}

/// Runs handlers from the op at `offset`, whose block is paid for, and returns why they stopped and what is left of
/// the fuel.
fn handle(
    machine: &mut Machine<'_>,
    stream: &Stream,
    offset: usize,
    fuel: u64,
    records: Option<&mut [MaybeUninit<Step>]>,
) -> (Leave, u64) {
    let program = machine.program;
    let window = machine.memory.window();
    let mut cold = cold::Cold { space: &raw mut machine.memory, program, stream };
    let mut regs = [0; reg::COUNT + 1];
    regs[..reg::COUNT].copy_from_slice(&machine.regs);
    let mut context = Context {
        regs,
        constant_len: window.read_only,
        constant_words: window.read_only / 4,
        constants: window.data.as_ptr(),
        code_start: stream.code_start,
        code_words: stream.code_words,
        leave: Leave::Step,
        pc: machine.pc,
        fuel,
        stream: stream.words.as_ptr(),
        targets: stream.targets.first().map_or(core::ptr::null(), |targets| targets.as_ptr()),
        cold: &raw mut cold,
        steps: records.map_or(core::ptr::null_mut(), |records| records.as_mut_ptr().cast()),
    };
    let cx = &raw mut context;
    debug_assert_eq!(window.start + window.read_only, program.writable_start);
    let words = (window.len - window.read_only) / 4;
    // SAFETY: every op of a stream ends in another op of it or leaves; operands are what the handlers expect, see
    // `Stream`. The window is the address space's and stays where it is for the time of the call. The records have
    // room for a slice. Nothing else refers to the context and what it points to meanwhile.
    unsafe {
        let mem = window.data.as_ptr().add(window.read_only as usize);
        let mut ip = stream.words.as_ptr().byte_add(offset);
        while !ip.is_null() {
            let sp = (*cx).regs[reg::SP as usize];
            ip = ((*ip).handler)(ip, cx, mem, (*cx).fuel, sp, words);
        }
        machine.regs.copy_from_slice(&(&(*cx).regs)[..reg::COUNT]);
        machine.pc = (*cx).pc;
        ((*cx).leave, (*cx).fuel)
    }
}
