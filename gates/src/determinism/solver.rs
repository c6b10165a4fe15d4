//! The solver: a process that reads SMT-LIB.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// What a solver says of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is no such assignment.
    Unsat,
    /// There is this one: values as the solver prints them, in the order in which they were asked for.
    Sat(Vec<String>),
    /// It found neither in time, or said something else.
    Unknown(String),
}

/// How long it may look for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Units of its own.
    pub work: u64,
    /// Time.
    pub time: Duration,
}

/// A running solver.
pub struct Solver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Questions asked.
    pub questions: usize,
    /// Time that they took.
    pub time: Duration,
}

/// Name of the variable that names the solver's program, `z3` without it.
pub const PROGRAM: &str = "EMBER_Z3";

impl Solver {
    /// Starts it: Z3, or what else is named by [`PROGRAM`] and understands `-in`.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start() -> std::io::Result<Self> {
        let program = std::env::var(PROGRAM).unwrap_or_else(|_| "z3".to_owned());
        let mut child = Command::new(program)
            .args(["-in", "-smt2"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Ok(Self { child, input, output, questions: 0, time: Duration::ZERO })
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(std::io::Error::other("the solver has ended"));
        }
        Ok(line.trim().to_owned())
    }

    /// What it says before the mark.
    fn reply(&mut self) -> std::io::Result<String> {
        let mut said = String::new();
        loop {
            match self.line()?.as_str() {
                "end" => return Ok(said),
                line => said += line,
            }
        }
    }

    fn question(&mut self, text: &str, limit: Limit) -> std::io::Result<()> {
        self.questions += 1;
        let Limit { work, time } = limit;
        let time = time.as_millis();
        write!(self.input, "(reset)\n(set-option :rlimit {work})\n(set-option :timeout {time})\n")?;
        if let Ok(folder) = std::env::var("EMBER_GATE_DUMP") {
            let _ = std::fs::write(format!("{folder}/{:05}.smt2", self.questions), format!("{text}(check-sat)\n"));
        }
        write!(self.input, "{text}(check-sat)\n(echo \"end\")\n")
    }

    /// Asks whether what `text` asserts can hold, and if so for the values of `names`.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn ask(&mut self, text: &str, names: &[String], limit: Limit) -> std::io::Result<Answer> {
        let begun = Instant::now();
        self.question(text, limit)?;
        self.input.flush()?;
        let answer = match self.reply()?.as_str() {
            "unsat" => Answer::Unsat,
            "sat" => {
                for name in names {
                    write!(self.input, "(eval {name})\n(echo \"end\")\n")?;
                }
                self.input.flush()?;
                Answer::Sat(names.iter().map(|_| self.reply()).collect::<Result<_, _>>()?)
            }
            other => Answer::Unknown(other.to_owned()),
        };
        if std::env::var("EMBER_GATE_TRACE").is_ok() {
            eprintln!("one {} bytes {:?} {:.60}", text.len(), begun.elapsed(), format!("{answer:?}"));
        }
        self.time += begun.elapsed();
        Ok(answer)
    }

    /// Whether each of these cannot hold.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn refutes(&mut self, texts: &[String], limit: Limit) -> std::io::Result<Vec<bool>> {
        let begun = Instant::now();
        let mut all = Vec::with_capacity(texts.len());
        // Few enough that neither side waits for the other to read.
        for some in texts.chunks(64) {
            for text in some {
                self.question(text, limit)?;
            }
            self.input.flush()?;
            for _ in some {
                all.push(self.reply()? == "unsat");
            }
        }
        if std::env::var("EMBER_GATE_TRACE").is_ok() {
            let refuted = all.iter().filter(|r| **r).count();
            eprintln!("many {}/{} {} bytes {:?}", refuted, all.len(), texts.iter().map(String::len).sum::<usize>(), begun.elapsed());
        }
        self.time += begun.elapsed();
        Ok(all)
    }
}

impl Drop for Solver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
