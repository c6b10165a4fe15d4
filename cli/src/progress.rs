//! What a long command is doing, for people who wait.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// The stages of a command: how long each took in all and, on a terminal, which one it is at.
pub struct Stages {
    bar: Option<ProgressBar>,
    current: Option<(&'static str, Instant)>,
    done: Vec<(&'static str, Duration)>,
}

impl Stages {
    /// No stage yet.
    pub fn new() -> Self {
        Self { bar: None, current: None, done: Vec::new() }
    }

    /// Ends the stage before and begins one. What a silent stage does may itself write to the terminal.
    pub fn begin(&mut self, name: &'static str, silent: bool) {
        self.end();
        self.current = Some((name, Instant::now()));
        if !silent {
            self.bar.get_or_insert_with(spinner).set_message(name);
        }
    }

    /// From now on shows how much of a work of so many steps is done, and how long the rest will take.
    pub fn measure(&mut self, steps: u64) {
        let bar = self.bar.get_or_insert_with(spinner);
        bar.set_length(steps);
        let style = "{spinner} [{bar:30}] {percent}% {msg} {elapsed}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style).expect("a good template"));
        bar.reset_eta();
    }

    /// So many of the steps are done.
    pub fn advance(&self, steps: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(steps);
        }
    }

    /// Ends the last stage and clears its line.
    pub fn finish(mut self) -> Vec<(&'static str, Duration)> {
        self.end();
        self.bar = None;
        self.done
    }

    fn end(&mut self) {
        let Some((name, start)) = self.current.take() else { return };
        match self.done.iter_mut().find(|(done, _)| *done == name) {
            Some((_, time)) => *time += start.elapsed(),
            None => self.done.push((name, start.elapsed())),
        }
    }
}

/// A spinner on stderr with the time since now, invisible where stderr is no terminal.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}").expect("a good template");
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
