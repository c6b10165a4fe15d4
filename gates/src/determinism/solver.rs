//! The solvers: processes that read SMT-LIB. Z3 refutes, one question after the other; cvc5 finds what cannot be refuted.

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

/// Name of the variable that names the program that refutes: Z3.
pub const Z3: &str = "EMBER_Z3";
/// Name of the variable that names the program that finds: cvc5.
pub const CVC5: &str = "EMBER_CVC5";

fn program(variable: &str, otherwise: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| otherwise.to_owned())
}

impl Solver {
    /// Starts Z3, and sees whether there is cvc5.
    ///
    /// # Errors
    /// If one of them cannot be started.
    pub fn start() -> std::io::Result<Self> {
        Command::new(program(CVC5, "cvc5")).arg("--version").stdout(Stdio::null()).status()?;
        let (child, input, output) = Self::spawn()?;
        Ok(Self { child, input, output, questions: 0, time: Duration::ZERO })
    }

    fn spawn() -> std::io::Result<(Child, ChildStdin, BufReader<ChildStdout>)> {
        let mut child = Command::new(program(Z3, "z3"))
            .args(["-in", "-smt2"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Ok((child, input, output))
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
        write!(self.input, "{text}(check-sat)\n(echo \"end\")\n")
    }

    /// Whether what `text` asserts cannot hold.
    ///
    /// # Errors
    /// If the process has ended and cannot be started again.
    pub fn refuted(&mut self, text: &str, limit: Limit) -> std::io::Result<bool> {
        Ok(self.refutes(&[text.to_owned()], limit)?[0])
    }

    /// Asks the other solver, which is better at it, for an assignment of what `text` asserts, or that there is none.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn find(&mut self, text: &str, names: &[String], limit: Duration) -> std::io::Result<Answer> {
        let begun = Instant::now();
        self.questions += 1;
        let mut child = Command::new(program(CVC5, "cvc5"))
            .args([
                "--lang=smt2",
                "--quiet",
                "--produce-models",
                &format!("--tlimit={}", limit.as_millis()),
                "-",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().expect("piped");
        let values: Vec<String> = names.iter().map(|name| format!("(get-value ({name}))\n")).collect();
        let _ = write!(input, "{text}(check-sat)\n{}", values.concat());
        drop(input);
        let output = child.wait_with_output()?;
        self.time += begun.elapsed();
        let output = String::from_utf8_lossy(&output.stdout);
        let mut lines = output.lines();
        Ok(match lines.next() {
            Some("unsat") => Answer::Unsat,
            Some("sat") => {
                // ((name value))
                let value =
                    |line: &str| line.trim_matches(['(', ')']).split(' ').nth(1).unwrap_or("").to_owned();
                Answer::Sat(lines.map(value).collect())
            }
            other => Answer::Unknown(other.unwrap_or("no answer in time").to_owned()),
        })
    }

    fn refute(&mut self, texts: &[String], limit: Limit, all: &mut Vec<bool>) -> std::io::Result<()> {
        for text in texts {
            self.question(text, limit)?;
        }
        self.input.flush()?;
        for _ in texts {
            all.push(self.reply()? == "unsat");
        }
        Ok(())
    }

    /// Whether each of these cannot hold.
    ///
    /// # Errors
    /// If the process has ended and cannot be started again.
    pub fn refutes(&mut self, texts: &[String], limit: Limit) -> std::io::Result<Vec<bool>> {
        let begun = Instant::now();
        let mut all = Vec::with_capacity(texts.len());
        // Few enough that neither side waits for the other to read.
        for some in texts.chunks(64) {
            let begun = all.len();
            if self.refute(some, limit, &mut all).is_err() {
                // It has ended: of memory, or of a fault of its own. What it did not answer it did not refute.
                let _ = self.child.kill();
                let _ = self.child.wait();
                (self.child, self.input, self.output) = Self::spawn()?;
                all.resize(begun + some.len(), false);
            }
        }
        if std::env::var("EMBER_GATE_TRACE").is_ok() {
            let refuted = all.iter().filter(|r| **r).count();
            eprintln!(
                "many {}/{} {} bytes {:?}",
                refuted,
                all.len(),
                texts.iter().map(String::len).sum::<usize>(),
                begun.elapsed()
            );
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
