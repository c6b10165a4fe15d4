//! `ember verify`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use ember_memory::Digest;
use ember_memory::digest::Hasher;
use ember_verifier::security::Theorem;
use ember_verifier::{Head, Statement, Verifier, VerifyError};

use crate::args::{PublicInput, number, open, read_file, read_gas_table, size};
use crate::guest::Guest;
use crate::proof_file::ProofReader;
use crate::report::{Report, complain};
use crate::{Outcome, statement};

/// The exit status is 0 when the proof is valid and of the expected statement, however the program ended; 3 when not.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Proof
    proof: PathBuf,
    /// Expect a run of this program
    #[arg(long, value_name = "ELF", conflicts_with = "image_id")]
    elf: Option<PathBuf>,
    /// Expect a run of the program with this image id
    #[arg(long, value_name = "HEX")]
    image_id: Option<Digest>,
    #[command(flatten)]
    expected: Expected,
    /// Report as one JSON object
    #[arg(long)]
    json: bool,
}

/// What else the statement must say: the public input and the parameters that are given.
#[derive(clap::Args, Debug)]
struct Expected {
    #[command(flatten)]
    input: PublicInput,
    /// Expect this gas table
    #[arg(long, value_name = "FILE")]
    gas_table: Option<PathBuf>,
    /// Expect this gas limit
    #[arg(long, value_name = "N", value_parser = number)]
    gas_limit: Option<u64>,
    /// Expect this memory limit
    #[arg(long, value_name = "BYTES", value_parser = size)]
    memory_limit: Option<u32>,
    /// Expect this journal
    #[arg(long, value_name = "FILE")]
    expect_journal: Option<PathBuf>,
    /// Expect that the program read so many bytes of private input: 0 where nobody may have chosen any
    #[arg(long, value_name = "N", value_parser = number)]
    expect_private_bytes: Option<u64>,
}

/// Largest file with an expected journal: more than any journal has.
const MAX_EXPECTED_LEN: u64 = 1 << 30;

pub fn run(args: &Args) -> Result<Outcome> {
    let name = || args.proof.display().to_string();
    let (Head { statement, preamble }, mut reader) =
        ProofReader::new(open(&args.proof)?).with_context(name)?;
    let guest = args.elf.as_deref().map(Guest::load).transpose()?;
    let image_id = guest.as_ref().map(|g| g.program.image().id(&Hasher::default())).or(args.image_id);
    let differences = args.expected.differences(&statement, image_id)?;
    if !differences.is_empty() {
        return invalid(args, &format!("not as expected: {}", differences.join("; ")));
    }

    let start = Instant::now();
    let verifier = Verifier::new();
    let verified = (|| {
        let mut chain = verifier.begin(&statement, &preamble)?;
        let mut weakest = statement::Weakest::new(&verifier);
        while let Some(segment) = reader.segment().with_context(name)? {
            chain.segment(&segment)?;
            weakest.add(&segment)?;
        }
        chain.finish()?;
        anyhow::Ok(weakest)
    })();
    let weakest = match verified {
        Ok(weakest) => weakest,
        Err(e) => match e.downcast::<VerifyError>() {
            Ok(e) => return invalid(args, &format!("not valid: {e}")),
            Err(e) => return Err(e),
        },
    };
    let milliseconds = (start.elapsed().as_secs_f64() * 1e5).round() / 100.0;
    let bits = weakest.bits();
    let mut report = Report::default();
    report
        .row("valid", format!("yes, with {bits:.1} proven bits, in {milliseconds} ms"), true)
        .field("proven bits", bits)
        .row("proven by", Theorem::Linear.citation().to_owned(), Theorem::Linear.citation())
        .field("milliseconds", milliseconds)
        .value("segments", weakest.segments)
        .row(
            "program",
            match (&args.elf, image_id) {
                (Some(elf), _) => format!("that of {}", elf.display()),
                (None, Some(_)) => "as expected".to_owned(),
                (None, None) => "NOT COMPARED: any program can have this statement; --elf or --image-id says which is meant".to_owned(),
            },
            image_id.is_some(),
        );
    statement::describe(&mut report, &statement, guest.as_ref().map(|g| (&g.program, &g.symbols)));
    report.print_out(args.json)?;
    Ok(Outcome::Success)
}

fn invalid(args: &Args, why: &str) -> Result<Outcome> {
    if args.json {
        Report::default().value("valid", false).value("error", why).print_out(true)?;
    } else {
        complain(&anyhow::anyhow!("{}: {why}", args.proof.display()));
    }
    Ok(Outcome::Invalid)
}

impl Expected {
    /// Where the statement is not what is expected.
    fn differences(&self, statement: &Statement, image_id: Option<Digest>) -> Result<Vec<String>> {
        let mut all = Vec::new();
        let mut expect = |what: &str, is: String, expected: String| {
            if is != expected {
                all.push(format!("{what} {is} instead of {expected}"));
            }
        };
        if let Some(id) = image_id {
            expect("image id", statement.image_id.to_string(), id.to_string());
        }
        if let Some(input) = self.input.read()? {
            let digest = Statement::digest_of_input(&Hasher::default(), &input);
            expect("input digest", statement.input_digest.to_string(), digest.to_string());
        }
        if let Some(limit) = self.gas_limit {
            expect("gas limit", statement.gas_limit.to_string(), limit.to_string());
        }
        if let Some(limit) = self.memory_limit {
            expect("memory limit", statement.memory_limit.to_string(), limit.to_string());
        }
        if let Some(bytes) = self.expect_private_bytes {
            expect("private bytes", statement.private_bytes.to_string(), bytes.to_string());
        }
        if let Some(path) = &self.gas_table
            && read_gas_table(path)? != statement.gas_table
        {
            all.push(format!("another gas table than {}", path.display()));
        }
        if let Some(path) = &self.expect_journal {
            let journal = read_file(path, MAX_EXPECTED_LEN)?;
            if journal != statement.journal {
                all.push(format!("another journal than {}", path.display()));
            }
        }
        Ok(all)
    }
}
