//! What Ember says: rows of text on stderr, or one JSON object on stdout.

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::{Result, anyhow};
use ember_isa::{Class, Exit, ExitReason, GasTable};
use ember_memory::Perm;
use ember_vm::{Program, Step, Tracer};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::guest::Symbols;
use crate::text::{MAX_LINE, is_plain, shown};

/// Rows with a name each, as text and as JSON. A row's text has one line or several; what others wrote in it is escaped
/// and cut when it is shown.
#[derive(Default)]
pub struct Report {
    rows: Vec<(String, Vec<String>)>,
    object: Map<String, Value>,
}

/// Bytes of a journal that the text shows.
const MAX_SHOWN: usize = 1024;

impl Report {
    /// Adds a row. The name in JSON has underscores for spaces.
    pub fn row(&mut self, name: &str, text: impl Into<String>, value: impl Into<Value>) -> &mut Self {
        self.note(name, text).field(name, value)
    }

    /// Adds a row to the text alone.
    pub fn note(&mut self, name: &str, text: impl Into<String>) -> &mut Self {
        self.notes(name, vec![text.into()])
    }

    /// Adds a row of several lines to the text alone.
    pub fn notes(&mut self, name: &str, lines: Vec<String>) -> &mut Self {
        self.rows.push((name.to_owned(), lines));
        self
    }

    /// Adds a value to the JSON object alone. Its name has underscores for spaces.
    pub fn field(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.object.insert(name.replace(' ', "_"), value.into());
        self
    }

    /// Adds a row whose text is the value.
    pub fn value(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.row(name, text, value)
    }

    /// How a run ended: `symbol` is where, `instruction` the one that did.
    pub fn exit(&mut self, exit: Exit, program: Option<(&Program, &Symbols)>) -> &mut Self {
        let mut text = exit.to_string();
        let mut value = json!({ "reason": exit.reason, "pc": exit.pc, "text": exit.to_string() });
        if let Some((program, symbols)) = program {
            if let Some(symbol) = symbols.name(program.image(), exit.pc) {
                let _ = write!(text, " <{symbol}>");
                value["symbol"] = symbol.into();
            }
            let instruction = match program.fetch(exit.pc) {
                Some(Ok(instruction)) => Some(instruction.to_string()),
                Some(Err(illegal)) => Some(format!(".word {:#010x}", illegal.0)),
                None => None,
            };
            if let Some(instruction) = instruction {
                let _ = write!(text, ": {instruction}");
                value["instruction"] = instruction.into();
            }
        }
        self.row("exit", text, value);
        if let Some((program, _)) = program {
            self.note_reading_of_code(exit, program);
        }
        self
    }

    /// What to do about a load from code: other linkers put constants there.
    fn note_reading_of_code(&mut self, exit: Exit, program: &Program) {
        let ExitReason::LoadAccessFault(address) = exit.reason else { return };
        if program.image().segment_at(address).is_some_and(|s| s.perm == Perm::EXECUTE) {
            self.note(
                "",
                "the address lies in code, which runs and cannot be read. If a linker put constants there: link with a script \
                 that\ngives them a segment of their own, as Ember's guest/link.ld, which `ember build` takes",
            );
        }
    }

    /// A journal, in hexadecimal.
    pub fn journal(&mut self, journal: &[u8]) -> &mut Self {
        self.row("journal", journal_text(journal), hex(journal))
    }

    /// How many bytes of private input the program read.
    pub fn private(&mut self, bytes: u64) -> &mut Self {
        self.note("private input", private_text(bytes)).field("private bytes", bytes)
    }

    /// Instructions by class.
    pub fn classes(&mut self, counts: &ClassCounts) -> &mut Self {
        let total = counts.0.iter().sum::<u64>().max(1);
        let mut object = Map::new();
        let mut text = String::new();
        for class in Class::ALL {
            let n = counts.0[class as usize];
            object.insert(class.name().to_owned(), n.into());
            if n > 0 {
                let comma = if text.is_empty() { "" } else { ", " };
                let _ = write!(text, "{comma}{} {n} ({:.1}%)", class.name(), 100.0 * n as f64 / total as f64);
            }
        }
        self.row("classes", text, object)
    }

    fn text(&self) -> String {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut out = String::new();
        for (name, lines) in &self.rows {
            let mut name = &name[..];
            for line in lines {
                let _ = writeln!(out, "{name:width$}  {}", shown(line, MAX_LINE));
                name = "";
            }
        }
        out
    }

    /// Prints as JSON on stdout, or as text on stderr.
    pub fn print(&self, as_json: bool) -> Result<()> {
        if as_json {
            return self.print_out(true);
        }
        match io::stderr().write_all(self.text().as_bytes()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(anyhow!("cannot write to stderr: {e}")),
            _ => Ok(()),
        }
    }

    /// Prints on stdout, as JSON or as text: for commands whose report is what was asked for.
    pub fn print_out(&self, as_json: bool) -> Result<()> {
        let text = if as_json { json_line(&self.object)? } else { self.text() };
        to_stdout(|out| out.write_all(text.as_bytes()))
    }
}

/// A value as one line of JSON. Characters that a terminal could act on are escaped.
pub fn json_line(value: &impl Serialize) -> Result<String> {
    struct Plain;
    impl serde_json::ser::Formatter for Plain {
        fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
            text.chars().try_for_each(|c| {
                let mut units = [0; 2];
                match c.encode_utf16(&mut units) {
                    _ if is_plain(c) => write!(out, "{c}"),
                    units => units.iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")),
                }
            })
        }
    }
    let mut line = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut line, Plain))?;
    line.push(b'\n');
    Ok(String::from_utf8(line)?)
}

/// Writes to stdout. A reader that has gone away is no error.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = write(&mut out).and_then(|()| out.flush());
    // What is left is not written again when the buffer is dropped.
    let _ = out.into_parts();
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(anyhow!("cannot write to stdout: {e}")),
        _ => Ok(()),
    }
}

/// Most characters of one cause of an error that are shown.
const MAX_CAUSE: usize = 1024;

/// Says what went wrong, in one line.
pub fn complain(error: &anyhow::Error) {
    say(&error.chain().map(|cause| one_line(&cause.to_string())).collect::<Vec<_>>().join(": "));
}

/// Says something beside the report, in one line that is fit to be shown.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "ember: {line}");
}

/// A message as one line, fit to be shown.
pub fn one_line(message: &str) -> String {
    shown(&message.lines().map(str::trim).collect::<Vec<_>>().join(" "), MAX_CAUSE)
}

/// A journal's length and its first bytes.
pub fn journal_text(journal: &[u8]) -> String {
    let shown = hex(&journal[..journal.len().min(MAX_SHOWN)]);
    let dots = if journal.len() > MAX_SHOWN { "..." } else { "" };
    let plural = if journal.len() == 1 { "" } else { "s" };
    match journal.len() {
        0 => "empty".to_owned(),
        n => format!("{n} byte{plural}: {shown}{dots}"),
    }
}

/// How many bytes of private input a program read.
pub fn private_text(bytes: u64) -> String {
    match bytes {
        0 => "none read".to_owned(),
        1 => "1 byte read".to_owned(),
        n => format!("{n} bytes read"),
    }
}

/// Most prices of a gas table that the text shows.
const MAX_PRICES: usize = 8;

/// A gas table in one line: where it is not the default one.
pub fn gas_table_text(table: &GasTable) -> String {
    let (all, default) = (prices(table), prices(&GasTable::default()));
    let others: Vec<String> = all
        .iter()
        .zip(&default)
        .filter(|(price, default)| price != default)
        .map(|((name, price), _)| format!("{name} {price}"))
        .collect();
    match others.len() {
        0 => "default".to_owned(),
        n if n <= MAX_PRICES => format!("the default one but for {}", others.join(", ")),
        n => {
            let more = n - MAX_PRICES;
            format!("the default one but for {} and {more} more", others[..MAX_PRICES].join(", "))
        }
    }
}

/// Every price of a table by its name.
fn prices(table: &GasTable) -> Vec<(String, u64)> {
    fn collect(name: &str, value: &Value, all: &mut Vec<(String, u64)>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                let dot = if name.is_empty() { "" } else { "." };
                collect(&format!("{name}{dot}{key}"), value, all);
            }),
            price => all.push((name.to_owned(), price.as_u64().unwrap_or_default())),
        }
    }
    let mut all = Vec::new();
    collect("", &serde_json::to_value(table).unwrap_or_default(), &mut all);
    all
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Retired instructions by class.
#[derive(Clone, Debug, Default)]
pub struct ClassCounts([u64; Class::COUNT]);

impl ClassCounts {
    /// Counts the instruction at `pc`.
    pub fn count(&mut self, program: &Program, pc: u32) {
        if let Some(Ok(instruction)) = program.fetch(pc) {
            self.0[instruction.op.info().class as usize] += 1;
        }
    }
}

/// Counts a run's instructions by class.
pub struct ClassCounter<'p> {
    program: &'p Program,
    /// So far.
    pub counts: ClassCounts,
}

impl<'p> ClassCounter<'p> {
    /// Counts instructions of this program.
    pub fn new(program: &'p Program) -> Self {
        Self { program, counts: ClassCounts::default() }
    }
}

impl Tracer for ClassCounter<'_> {
    #[inline]
    fn step(&mut self, step: Step) {
        self.counts.count(self.program, step.pc);
    }

    #[inline]
    fn io_word(&mut self, _: u32, _: u32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_character_that_a_terminal_acts_on() {
        let text = "a\x1b[2K\r\u{9b}\u{202e}\u{7f}\u{e0001}ü\"\n";
        let line = json_line(&json!({ "name": text })).unwrap();
        assert_eq!(line, "{\"name\":\"a\\u001b[2K\\r\\u009b\\u202e\\u007f\\udb40\\udc01ü\\\"\\n\"}\n");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["name"], text);
    }

    #[test]
    fn rows_cannot_be_forged() {
        let mut report = Report::default();
        report.note("exit", "fault <main\nexit  halt>").notes("tables", vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(report.text(), "exit    fault <main\\nexit  halt>\ntables  a\n        b\n");
    }

    #[test]
    fn a_gas_table_is_told_by_where_it_differs() {
        let mut table = GasTable::default();
        assert_eq!(gas_table_text(&table), "default");
        table.mul = 40;
        table.read.per_word = 9;
        assert_eq!(gas_table_text(&table), "the default one but for mul 40, read.per_word 9");
        assert!(gas_table_text(&GasTable::UNIT).len() < 200);
    }
}
