//! What a proof of a run would cost, before anyone pays for it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ember_prover_adapter::{
    Live, Run, SegmentLimits, Session, TableSize, Witness, keep_freed_memory, segment_bytes,
};
use ember_trace::Ending;
use ember_verifier::Verifier;
use ember_vm::{Program, RunConfig};
use serde_json::json;

use crate::host::Again;
use crate::progress::Stages;
use crate::report::Report;

/// Most instructions of the sample that is proven to learn how fast this machine is.
const SAMPLE: usize = (1 << 15) - 1;

/// Fills the tables of every segment, which says what will be committed to, and proves the run's first instructions, which
/// says how long that takes here.
pub fn describe(
    report: &mut Report,
    program: &Program,
    config: &RunConfig,
    ending: &Ending,
    mut host: Again,
) -> Result<()> {
    keep_freed_memory();
    let cannot = "this run cannot be proven";
    let mut stages = Stages::new();
    let verifier = Verifier::new();
    let run = Run::new(&verifier, program, config)?;
    let mut witnesses = |limits: SegmentLimits, each: &mut dyn FnMut(Witness) -> Result<bool>| {
        host.rewind()?;
        let steps = Live::new(program, config.clone(), &mut host)?;
        let mut session = Session::new(&run, ending, steps, limits).context(cannot)?;
        let head = session.head().clone();
        while let Some(witness) = session.next_witness().context(cannot)? {
            if !each(witness)? {
                break;
            }
        }
        anyhow::Ok(head)
    };
    let cells = |sizes: &[TableSize]| sizes.iter().map(TableSize::cells).sum::<u64>();

    stages.begin("measuring", false);
    let mut sample = None;
    let small = SegmentLimits { instructions: SAMPLE, ..SegmentLimits::default() };
    let head = witnesses(small, &mut |witness| {
        sample = Some(witness);
        Ok(false)
    })?;
    let mut rate = Duration::ZERO;
    if let Some(witness) = sample {
        let sizes = witness.sizes();
        let start = Instant::now();
        witness.prove(&verifier, &head).context(cannot)?;
        rate = start.elapsed().div_f64(cells(&sizes).max(1) as f64 / 1e9);
    }

    stages.begin("filling the tables", false);
    stages.measure(ending.instructions);
    let (mut segments, mut committed, mut bytes, mut done) = (0u64, 0, head.to_bytes().len() as u64, 0);
    let start = Instant::now();
    witnesses(SegmentLimits::default(), &mut |witness| {
        let sizes = witness.sizes();
        segments += 1;
        committed += cells(&sizes);
        bytes += segment_bytes(&sizes);
        done += u64::from(witness.end.instructions);
        stages.advance(done);
        Ok(true)
    })?;
    let seconds = (rate.mul_f64(committed as f64 / 1e9) + start.elapsed()).as_secs_f64();
    stages.finish();

    let text = format!(
        "about {seconds:.1} s on this machine, {} KiB in {segments} segment{}, {committed} committed cells",
        bytes.div_ceil(1024),
        if segments == 1 { "" } else { "s" },
    );
    let value = json!({ "seconds": seconds, "bytes": bytes, "segments": segments, "cells": committed });
    report.row("proof", text, value);
    Ok(())
}
