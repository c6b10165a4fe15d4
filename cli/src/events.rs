//! What `ember prove --json` says while it works, for programs that wait.

use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use ember_trace::Ending;
use ember_verifier::Segment;
use serde_json::{Value, json};

use crate::report::{json_line, to_stdout};
use crate::statement;

/// A proof's progress: how much of the run is proven, and an event for each step of it where they are asked for.
pub struct Events {
    is_shown: bool,
    start: Instant,
    /// Instructions of the run.
    total: u64,
    /// Instructions of the segments so far.
    pub done: u64,
    /// Segments so far.
    pub count: usize,
    /// Sizes of the first segment's tables.
    pub tables: Vec<String>,
    /// When proving began, and how much was done before.
    proving: (Instant, u64),
}

impl Events {
    /// Says that the proof of a run begins, of a command that was started then.
    pub fn begin(is_shown: bool, start: Instant, ending: &Ending) -> Result<Self> {
        let total = ending.instructions;
        let tables = Vec::new();
        let events = Self { is_shown, start, total, done: 0, count: 0, tables, proving: (Instant::now(), 0) };
        events.say("begin", json!({ "gas": ending.gas_used }))?;
        Ok(events)
    }

    /// What comes now is proven, and not found.
    pub fn begin_proving(&mut self) {
        self.proving = (Instant::now(), self.done);
    }

    /// Says that a segment is finished: how long it took to prove, or that it was finished before.
    pub fn segment(&mut self, segment: &Segment, time: Option<Duration>) -> Result<()> {
        let (lines, tables) = statement::tables(segment);
        if self.count == 0 {
            self.tables = lines;
        }
        let number = self.count;
        self.count += 1;
        self.done += u64::from(segment.end.instructions);
        self.say(
            "segment",
            json!({
                "segment": number,
                "instructions": segment.end.instructions,
                "seconds": time.map(|time| time.as_secs_f64()),
                "tables": tables,
            }),
        )
    }

    /// One event: when it was, how far the proof is, and how long the rest may take, as far as one knows.
    fn say(&self, event: &str, more: Value) -> Result<()> {
        if !self.is_shown {
            return Ok(());
        }
        let (began, before) = self.proving;
        let left = (self.total - self.done.min(self.total)) as f64;
        let proven = self.done - before;
        let seconds_left = (proven > 0).then(|| began.elapsed().as_secs_f64() * left / proven as f64);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut value = json!({
            "event": event,
            "time": now.as_secs_f64(),
            "elapsed_seconds": self.start.elapsed().as_secs_f64(),
            "instructions_done": self.done,
            "instructions_total": self.total,
            "seconds_left": seconds_left,
        });
        if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
            value.extend(more);
        }
        let line = json_line(&value)?;
        to_stdout(|out| out.write_all(line.as_bytes()))
    }
}
