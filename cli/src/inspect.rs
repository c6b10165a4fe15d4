//! `ember inspect`.

use std::io::{Cursor, Read};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ember_isa::decode;
use ember_memory::digest::Hasher;
use ember_memory::{Image, PAGE_BITS, Perm};
use ember_trace::{Reader, Record};
use ember_vm::RunConfig;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{open, read_file};
use crate::guest::{MAX_ELF_LEN, Symbols};
use crate::report::{ClassCounts, Report, input_digest};

/// The file's first bytes say what it is.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// An ELF file or a trace
    file: PathBuf,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

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
    } else {
        bail!("{}: neither an ELF file nor a trace", path.display());
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
        .row("segments", segments.join("\n"), values)
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
    let digest = input_digest(&config.input);
    let table = serde_json::to_value(config.gas_table).unwrap_or_default();
    let text = table.to_string().replace(['"', '{', '}'], "").replace(':', " ").replace(',', ", ");
    report
        .row(
            "input",
            format!("{} bytes, digest {digest}", config.input.len()),
            json!({ "bytes": config.input.len(), "digest": digest }),
        )
        .row("gas table", text, table)
        .value("gas limit", config.gas_limit)
        .value("memory limit", config.memory_limit);
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
        .value("transcript", ending.transcript.to_string())
        .row("file", format!("{bytes} bytes, {each:.2} an instruction"), json!({ "bytes": bytes }));
    Ok(())
}
