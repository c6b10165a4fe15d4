//! Ecalls: SPEC section 4.

use alloc::vec;
use alloc::vec::Vec;
use core::convert::Infallible;

use ember_isa::ecall::{MAX_HOST_CALL_LEN, MAX_JOURNAL_LEN, abort};
use ember_isa::{Accelerator, Context, ExitReason, ecall};
use ember_memory::Perm;

use crate::machine::Stop;
use crate::{Host, HostReply, Machine, Tracer};

/// Bytes moved at a time between guest and host.
const CHUNK: usize = 4096;

impl Machine<'_> {
    /// Executes the ecall at pc and returns its result, or ends the run. Gas first, then the number, then file
    /// descriptor, pointer range and the rest.
    pub(crate) fn ecall(&mut self, host: &mut impl Host, tracer: &mut impl Tracer) -> Result<u32, Stop> {
        let (number, args) = self.ecall_arguments();
        let before = self.gas;
        let table = self.config.gas_table;
        #[cfg(not(mutants))]
        let cost = table.ecall(number, args);
        #[cfg(mutants)]
        let cost = crate::mutants::ecall_cost(&table, number, args);
        self.charge(cost)?;
        let [a0, a1, a2, a3] = args;
        match number {
            ecall::EXIT => Err(ExitReason::Halt(seeded!(a0, ExitCodeIsByte => a0 & 0xff)).into()),
            ecall::READ | ecall::WRITE => match ecall::io_len(number, a0, a2) {
                None => Ok(seeded!(ecall::EBADF, BadDescriptorReturnsZero => 0)),
                Some(len) if number == ecall::READ => {
                    self.read(a1, seeded!(len, ReadsHaveNoLimit => a2), host, tracer)
                }
                Some(len) => self.write(a0, a1, seeded!(len, WritesHaveNoLimit => a2), host, tracer),
            },
            ecall::CONTEXT => self.write_context(a0, tracer),
            n if seeded!(ecall::is_host_call(n), LastHostCallIsUnknown => ecall::is_host_call(n + 1)) => {
                let result = self.host_call(n, [a0, a1, a2, a3], before, host, tracer);
                if let Err(Stop::Pause) = result {
                    self.gas = seeded!(before, PauseIsCharged => self.gas);
                }
                result
            }
            n if let Some(accelerator) = Accelerator::from_number(n) => {
                self.accelerate(accelerator, args, tracer)
            }
            n => seeded!(
                Err(ExitReason::UnknownEcall(n).into()),
                UnknownEcallReturns => Ok(-38i32 as u32),
                AcceleratorsReturn => {
                    if n >> 12 == 1 { Ok(0) } else { Err(ExitReason::UnknownEcall(n).into()) }
                },
            ),
        }
    }

    fn read<T: Tracer>(
        &mut self,
        ptr: u32,
        len: u32,
        host: &mut impl Host,
        tracer: &mut T,
    ) -> Result<u32, Stop> {
        let need = seeded!(Perm::READ_WRITE, ReadChecksForReading => Perm::READ);
        if let Some(bad) = self.first_bad(ptr, len, need) {
            return Err(ExitReason::StoreAccessFault(bad).into());
        }
        let mut buf = [0; CHUNK];
        let mut n = 0;
        let mut at_end = false;
        for (at, want) in chunks(ptr, len) {
            if at_end && !T::ENABLED {
                break;
            }
            let old = self.words(at, want, tracer);
            let mut done = 0;
            while !at_end && done < want {
                let room = (want - done) as usize;
                let got = host.read(&mut buf[..room]).min(room);
                at_end = seeded!(got == 0, ReadStopsAtPortion => true);
                self.memory.write(at + done, &buf[..got]).expect("checked above");
                done += got as u32;
            }
            n += done;
            self.tell(at, &old, tracer);
        }
        self.private_bytes += u64::from(n);
        Ok(seeded!(n, ReadReturnsLength => len))
    }

    fn write(
        &mut self,
        fd: u32,
        ptr: u32,
        len: u32,
        host: &mut impl Host,
        tracer: &mut impl Tracer,
    ) -> Result<u32, Stop> {
        if let Some(bad) = self.first_bad(ptr, len, Perm::READ) {
            return Err(ExitReason::LoadAccessFault(bad).into());
        }
        let most = seeded!(u64::from(MAX_JOURNAL_LEN), JournalIsUnbounded => u64::MAX);
        if fd == ecall::FD_JOURNAL && self.journal.len() as u64 + u64::from(len) > most {
            return Err(ExitReason::HostAbort(abort::JOURNAL_FULL).into());
        }
        let mut buf = [0; CHUNK];
        for (at, n) in chunks(ptr, len) {
            let chunk = &mut buf[..n as usize];
            self.memory.read(at, chunk).expect("checked above");
            match fd {
                ecall::FD_JOURNAL => {
                    bug!(JournalGoesToConsole => host.write(fd, chunk));
                    self.journal.extend_from_slice(chunk);
                }
                _ => host.write(seeded!(fd, StderrIsStdout => ecall::FD_STDOUT), chunk),
            }
            let old = self.words(at, n, tracer);
            self.tell(at, &old, tracer);
        }
        Ok(seeded!(len, WriteReturnsZero => 0))
    }

    /// Writes what the statement says of the run to `ptr`.
    fn write_context(&mut self, ptr: u32, tracer: &mut impl Tracer) -> Result<u32, Stop> {
        let Ok(fault) = Context::OPERAND.fault(ptr, |ptr, len, _| {
            Ok::<_, Infallible>(self.memory.first_without(ptr, len, Perm::READ_WRITE))
        });
        if let Some(reason) = fault {
            return Err(reason.into());
        }
        let words = *self.context.get_or_insert_with(|| self.program.context(&self.config).words());
        for (address, new) in (ptr..).step_by(4).zip(words) {
            let old = self.word(address).expect("checked above");
            self.memory.store(address, new.to_le_bytes()).expect("checked above");
            tracer.io_word(old, new);
        }
        Ok(0)
    }

    fn host_call(
        &mut self,
        number: u32,
        [in_ptr, in_len, out_ptr, out_len]: [u32; 4],
        gas_before: u64,
        host: &mut impl Host,
        tracer: &mut impl Tracer,
    ) -> Result<u32, Stop> {
        bug!(HostCallChecksOutputFirst => if let Some(bad) = self.first_bad(out_ptr, out_len, Perm::READ_WRITE) {
            return Err(ExitReason::StoreAccessFault(bad).into());
        });
        if let Some(bad) = self.first_bad(in_ptr, in_len, Perm::READ) {
            return Err(ExitReason::LoadAccessFault(bad).into());
        }
        if let Some(bad) = self.first_bad(out_ptr, out_len, Perm::READ_WRITE) {
            return Err(ExitReason::StoreAccessFault(bad).into());
        }
        let most = seeded!(MAX_HOST_CALL_LEN, HostCallsHaveNoLimit => u32::MAX);
        let reply = if in_len > most || out_len > most {
            HostReply::Abort(abort::TOO_LONG)
        } else {
            let mut input = vec![0; in_len as usize];
            self.memory.read(in_ptr, &mut input).expect("checked above");
            match host.host_call(number, &input, out_len) {
                HostReply::Return(mut output) => {
                    seeded!(output.truncate(out_len as usize), HostOutputIsNotCut => ());
                    let gas = seeded!(gas_before, TranscriptGasIsAfter => self.gas);
                    let h = self.program.hasher();
                    self.transcript.absorb_return(h, number, gas, &input, &output);
                    HostReply::Return(output)
                }
                other => other,
            }
        };
        match reply {
            HostReply::Return(output) => {
                let old_in = self.words(in_ptr, in_len, tracer);
                self.tell(in_ptr, &old_in, tracer);
                let old_out = self.words(out_ptr, out_len, tracer);
                self.memory.write(out_ptr, &output).expect("checked above");
                self.tell(out_ptr, &old_out, tracer);
                Ok(seeded!(output.len() as u32, HostCallReturnsBufferLength => out_len))
            }
            HostReply::Abort(code) => {
                let h = self.program.hasher();
                seeded!(
                    self.transcript.absorb_abort(h, number, self.gas, in_len, out_len, code),
                    AbortIsNotAbsorbed => (),
                );
                Err(ExitReason::HostAbort(code).into())
            }
            HostReply::Pause => Err(Stop::Pause),
        }
    }

    /// First address of a pointer range that lacks the permission, if any.
    fn first_bad(&self, ptr: u32, len: u32, need: Perm) -> Option<u32> {
        let checked = seeded!(
            len,
            PointersAreCheckedShort => len.saturating_sub(1),
            EmptyRangesAreChecked => len.max(1),
        );
        self.memory.first_without(ptr, checked, need)
    }

    /// The aligned words that `ptr .. ptr + len` touches, for a tracer that listens; nothing otherwise.
    fn words<T: Tracer>(&self, ptr: u32, len: u32, _: &T) -> Vec<u32> {
        if !T::ENABLED || len == 0 {
            return Vec::new();
        }
        let last = ptr + (len - 1);
        (ptr / 4..=last / 4).map(|w| self.word(w * 4).expect("checked by the caller")).collect()
    }

    /// Tells the tracer of the words from `ptr` on, whose values were `old`.
    fn tell(&self, ptr: u32, old: &[u32], tracer: &mut impl Tracer) {
        for (i, &old) in old.iter().enumerate() {
            let new = self.word((ptr & !3) + 4 * i as u32).expect("checked by the caller");
            tracer.io_word(old, new);
        }
    }
}

/// The range `ptr .. ptr + len`, cut at multiples of [`CHUNK`]: address and length of each piece.
fn chunks(ptr: u32, len: u32) -> impl Iterator<Item = (u32, u32)> {
    let (mut at, end) = (u64::from(ptr), u64::from(ptr) + u64::from(len));
    core::iter::from_fn(move || {
        let start = at;
        at = (start / CHUNK as u64 + 1).saturating_mul(CHUNK as u64).min(end);
        (start < end).then_some((start as u32, (at - start) as u32))
    })
}
