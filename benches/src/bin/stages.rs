//! Where a proof's time goes: wall time, processor time and their shares by `tracing` span.
//!
//! `stages PROGRAM INPUT [RUNS]` proves an example program on a public input of which `INPUT` says the length in
//! bytes, or, as `=N`, the 32-bit integer that it holds; it reports the run of least processor time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cpu_time::ProcessTime;
use ember_benches::{bytes, record};
use ember_prover_adapter::Prover;
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Time spent in each span, by its path.
type Times = Arc<Mutex<Spans>>;
/// Wall and processor time by path.
type Spans = BTreeMap<String, (Duration, Duration)>;

/// Sums times of spans of the main thread, which waits for all others.
struct Stopwatch(Times);

struct Started {
    path: String,
    at: Option<(Instant, ProcessTime)>,
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Stopwatch {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: LayerContext<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let parent = span.parent().and_then(|p| p.extensions().get::<Started>().map(|s| s.path.clone()));
        let name = attributes.metadata().name();
        let path = parent.map_or(name.to_string(), |p| format!("{p} / {name}"));
        span.extensions_mut().insert(Started { path, at: None });
    }

    fn on_enter(&self, id: &Id, ctx: LayerContext<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        if let Some(started) = span.extensions_mut().get_mut::<Started>() {
            started.at = Some((Instant::now(), ProcessTime::now()));
        }
    }

    fn on_exit(&self, id: &Id, ctx: LayerContext<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        if std::thread::current().name() != Some("main") {
            return;
        }
        if let Some(Started { path, at: Some((wall, cpu)) }) = span.extensions_mut().get_mut::<Started>() {
            let mut times = self.0.lock().expect("no thread panics while it holds the lock");
            let entry = times.entry(path.clone()).or_default();
            entry.0 += wall.elapsed();
            entry.1 += cpu.elapsed();
        }
    }
}

fn main() -> Result<()> {
    ember_prover_adapter::keep_freed_memory();
    let mut args = std::env::args().skip(1);
    let program = args.next().context("stages PROGRAM INPUT [RUNS]")?;
    let input = args.next().context("stages PROGRAM INPUT [RUNS]")?;
    let runs: usize = args.next().map_or(Ok(3), |n| n.parse())?;
    let input = match input.strip_prefix('=') {
        Some(n) => n.parse::<u32>()?.to_le_bytes().to_vec(),
        None => bytes(input.parse()?),
    };
    let execution = record(&program, &input);
    let times = Times::default();
    let filter = tracing_subscriber::filter::LevelFilter::DEBUG;
    tracing::subscriber::set_global_default(
        tracing_subscriber::registry().with(Stopwatch(times.clone()).with_filter(filter)),
    )?;
    let prover = Prover::new();
    let mut best: Option<(Duration, Duration, Spans)> = None;
    for _ in 0..runs {
        times.lock().expect("no thread panics while it holds the lock").clear();
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        let (statement, proof) = prover.prove(&execution, &mut |_| {})?;
        let (wall, cpu) = (wall.elapsed(), cpu.elapsed());
        prover.verifier().verify(&statement, &proof)?;
        if best.as_ref().is_none_or(|b| cpu < b.1) {
            let spans = times.lock().expect("no thread panics while it holds the lock").clone();
            best = Some((wall, cpu, spans));
        }
    }
    let (wall, cpu, spans) = best.context("no run")?;
    let n = execution.steps.len();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("?").trim();
    println!(
        "{n} instructions, wall {:.3} s, CPU {:.3} s, {:.0} per CPU s, peak {peak}",
        wall.as_secs_f64(),
        cpu.as_secs_f64(),
        n as f64 / cpu.as_secs_f64(),
    );
    for (path, (wall, own)) in spans {
        let share = 100.0 * own.as_secs_f64() / cpu.as_secs_f64();
        println!("{:>8.3} {:>8.3} {share:>5.1}%  {path}", wall.as_secs_f64(), own.as_secs_f64());
    }
    Ok(())
}
