//! `ember run --gdb`: a run that a debugger steps through, by gdb's remote protocol.
//!
//! A debugger looks at the run and says how far it goes; it cannot change it. So what is reported at the end is what
//! the program does, whoever watched.

mod arch;
mod target;

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Context, Result, anyhow, bail};
use ember_isa::Exit;
use ember_vm::{Host, Machine};
use gdbstub::common::Signal;
use gdbstub::conn::ConnectionExt;
use gdbstub::stub::run_blocking::{BlockingEventLoop, Event, WaitForStopReasonError};
use gdbstub::stub::{DisconnectReason, GdbStub, SingleThreadStopReason};

use crate::report::ClassCounter;
use target::Debugged;

/// Waits for a debugger on this port of the local host, 0 for any free one, and runs the machine under it to the run's
/// end. After a debugger that detaches, the run goes on by itself.
pub fn run<'p>(
    machine: &mut Machine<'p>,
    host: &mut impl Host,
    counter: &mut ClassCounter<'p>,
    port: u16,
) -> Result<Exit> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot listen on port {port}"))?;
    eprintln!("ember: waiting for gdb: target remote {}", listener.local_addr()?);
    let (connection, _) = listener.accept().context("cannot take the debugger's connection")?;
    let mut debugged = Debugged::new(machine, host, counter);
    let reason = GdbStub::new(connection).run_blocking::<Loop<_>>(&mut debugged);
    match reason.map_err(|e| anyhow!("the debugger's connection: {e}"))? {
        DisconnectReason::Kill => bail!("the debugger stopped the run"),
        DisconnectReason::Disconnect
        | DisconnectReason::TargetExited(_)
        | DisconnectReason::TargetTerminated(_) => Ok(machine.run_traced(host, counter)),
    }
}

/// Lets the machine run and listens to the debugger meanwhile.
struct Loop<D>(std::marker::PhantomData<D>);

impl<'m, 'p, H: Host> BlockingEventLoop for Loop<Debugged<'m, 'p, H>> {
    type Target = Debugged<'m, 'p, H>;
    type Connection = TcpStream;
    type StopReason = SingleThreadStopReason<u32>;

    fn wait_for_stop_reason(
        target: &mut Self::Target,
        connection: &mut TcpStream,
    ) -> Result<Event<Self::StopReason>, WaitForStopReasonError<std::convert::Infallible, io::Error>> {
        loop {
            let byte = match ConnectionExt::peek(connection) {
                Ok(Some(_)) => Some(ConnectionExt::read(connection)),
                Ok(None) => None,
                Err(e) => Some(Err(e)),
            };
            if let Some(byte) = byte {
                return byte.map(Event::IncomingData).map_err(WaitForStopReasonError::Connection);
            }
            if let Some(stop) = target.advance() {
                // `peek` leaves the connection in a mode in which a long answer could fail.
                connection.set_nonblocking(false).map_err(WaitForStopReasonError::Connection)?;
                return Ok(Event::TargetStopped(stop));
            }
        }
    }

    fn on_interrupt(
        _: &mut Self::Target,
    ) -> Result<Option<SingleThreadStopReason<u32>>, std::convert::Infallible> {
        Ok(Some(SingleThreadStopReason::Signal(Signal::SIGINT)))
    }
}
