//! `ember inspect`.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ember_cli::json::BOM;
use ember_isa::decode;
use ember_memory::digest::Hasher;
use ember_memory::{Image, PAGE_BITS, Perm};
use ember_trace::{Reader, Record};
use ember_verifier::{Head, Statement, Verifier};
use ember_vm::RunConfig;
use serde_json::{Value, json};

use crate::args::{open, read_file};
use crate::guest::{MAX_ELF_LEN, Symbols};
use crate::proof_file::ProofReader;
use crate::report::{ClassCounts, Report, gas_table_text};
use crate::{Outcome, statement};

/// The file's first bytes say what it is.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// An ELF file, a trace, a proof, or a statement in JSON
    file: PathBuf,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Largest file with a statement: two digits for each byte of a journal, and more besides.
const MAX_STATEMENT_LEN: u64 = 64 << 20;

pub fn run(args: &Args) -> Result<Outcome> {
    let path = &args.file;
    let mut file = open(path)?;
    let mut magic = Vec::new();
    file.by_ref()
        .take(8)
        .read_to_end(&mut magic)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut report = Report::default();
    let result = if magic.starts_with(b"\x7fELF") {
        elf(&mut report, &read_file(path, MAX_ELF_LEN)?)
    } else if magic == ember_trace::MAGIC {
        let file = Cursor::new(magic).chain(file);
        let bytes = open(path)?.metadata()?.len();
        trace(&mut report, file, bytes)
    } else if Head::is_one(&magic) {
        proof(&mut report, open(path)?)
    } else if magic.strip_prefix(BOM).unwrap_or(&magic).trim_ascii_start().starts_with(b"{") {
        statement(&mut report, &read_file(path, MAX_STATEMENT_LEN)?)
    } else {
        bail!("{}: neither an ELF file nor a trace, a statement or a proof", path.display());
    };
    result.with_context(|| path.display().to_string())?;
    report.print_out(args.json)?;
    Ok(Outcome::Success)
}

fn elf(report: &mut Report, bytes: &[u8]) -> Result<()> {
    let image = Image::from_elf(bytes)?;
    let symbols = Symbols::of_elf(bytes);
    report.value("kind", "image");
    describe_image(report, &image, &symbols);
    report.value("symbols", symbols.len() as u64);
    Ok(())
}

fn describe_image(report: &mut Report, image: &Image, symbols: &Symbols) {
    let header = image.header();
    let id = image.id(&Hasher::default());
    let entry = symbols.name(image, header.entry).map_or(String::new(), |name| format!(" <{name}>"));
    let segments: Vec<String> = image
        .segments()
        .iter()
        .map(|s| format!("{:#010x} .. {:#010x}  {}  {} bytes", s.start(), s.end(), s.perm, s.data.len()))
        .collect();
    let values: Vec<Value> = image
        .segments()
        .iter()
        .map(|s| json!({ "start": s.start(), "end": s.end(), "perm": s.perm.to_string() }))
        .collect();
    let code =
        image.segments().iter().filter(|s| s.perm == Perm::EXECUTE).flat_map(|s| s.data.chunks_exact(4));
    let code: Vec<u32> = code.map(|w| u32::from_le_bytes(w.try_into().expect("four bytes"))).collect();
    let legal = code.iter().filter(|&&w| decode(w).is_ok()).count();
    let least = u64::from(header.min_writable_pages) << PAGE_BITS;
    report
        .value("image id", id.to_string())
        .row("entry", format!("{:#010x}{entry}", header.entry), header.entry)
        .notes("segments", segments)
        .field("segments", values)
        .row(
            "code",
            format!("{} words, {legal} of them instructions", code.len()),
            json!({ "words": code.len(), "instructions": legal }),
        )
        .row(
            "zeroed memory",
            format!("from {:#010x}", u64::from(header.heap_page) << PAGE_BITS),
            u64::from(header.heap_page) << PAGE_BITS,
        )
        .row("least memory limit", format!("{least} bytes"), least);
}

fn describe_config(report: &mut Report, config: &RunConfig) {
    let digest = Statement::digest_of_input(&Hasher::default(), &config.input);
    report
        .row(
            "input",
            format!("{} bytes, digest {digest}", config.input.len()),
            json!({ "bytes": config.input.len(), "digest": digest }),
        )
        .note("gas table", gas_table_text(&config.gas_table))
        .field("gas table", serde_json::to_value(config.gas_table).unwrap_or_default())
        .value("gas limit", config.gas_limit)
        .value("memory limit", config.memory_limit);
}

fn statement(report: &mut Report, text: &[u8]) -> Result<()> {
    report.value("kind", "statement");
    statement::describe(report, &statement::from_json(text)?, None);
    Ok(())
}

fn proof(report: &mut Report, file: File) -> Result<()> {
    let (Head { statement, preamble }, mut reader) = ProofReader::new(file)?;
    let (mut lines, mut tables) = (Vec::new(), Vec::new());
    let verifier = Verifier::new();
    let mut weakest = statement::Weakest::new(&verifier);
    while let Some(segment) = reader.segment()? {
        weakest.add(&segment)?;
        let (table_lines, values) = statement::tables(&segment);
        if tables.is_empty() {
            lines = table_lines;
        }
        tables.push(values);
    }
    let bytes = reader.position();
    report.value("kind", "proof").note("valid", "not looked at: `ember verify` does").row(
        "file",
        format!("{bytes} bytes"),
        json!({ "bytes": bytes }),
    );
    statement::describe(report, &statement, None);
    let header = &preamble.header;
    let address = |page: u32| u64::from(page) << PAGE_BITS;
    report
        .field("header", serde_json::to_value(header).unwrap_or_default())
        .note("entry", format!("{:#010x}", header.entry))
        .note("zeroed memory", format!("from {:#010x}", address(header.heap_page)))
        .note("least memory limit", format!("{} bytes", address(header.min_writable_pages)))
        .row("input", format!("{} bytes", preamble.input_len), json!({ "bytes": preamble.input_len }));
    let openings = &preamble.openings;
    let code = if openings.code.is_some() { ", the last instruction" } else { "" };
    report.row(
        "opened",
        format!("{} pages of the image{code}", openings.pages.len()),
        json!({ "pages": openings.pages.len(), "code": openings.code.is_some() }),
    );
    let count = tables.len() as u64;
    report
        .value("segments", count)
        .notes(if count == 1 { "tables" } else { "tables of the first segment" }, lines)
        .field("tables", tables);
    weakest.describe(report);
    Ok(())
}

fn trace(report: &mut Report, file: impl Read, bytes: u64) -> Result<()> {
    let mut reader = Reader::new(file)?;
    report.value("kind", "trace").value("version", ember_trace::VERSION);
    describe_image(report, reader.program().image(), &Symbols::default());
    describe_config(report, reader.config());
    let program = reader.program().clone();
    let mut counts = ClassCounts::default();
    let mut io_words = 0u64;
    while let Some(record) = reader.next_record()? {
        match record {
            Record::Step(step) => counts.count(&program, step.pc),
            Record::Io { .. } => io_words += 1,
        }
    }
    let ending = reader.ending().context("no ending")?;
    let each = bytes as f64 / ending.instructions.max(1) as f64;
    report
        .exit(ending.exit, Some((&program, &Symbols::default())))
        .value("gas", ending.gas_used)
        .value("instructions", ending.instructions)
        .classes(&counts)
        .row("ecall words", io_words.to_string(), io_words)
        .journal(&ending.journal)
        .private(ending.private_bytes)
        .value("transcript", ending.transcript.to_string())
        .row("file", format!("{bytes} bytes, {each:.2} an instruction"), json!({ "bytes": bytes }));
    Ok(())
}
