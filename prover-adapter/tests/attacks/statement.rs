//! Every field of statement and proof is bound.

use ember_isa::{Class, EcallCost, Exit, ExitReason, GasTable, GasTableError, Op, ecall};
use ember_memory::{Digest, Header};
use ember_prover_adapter::{Proof, Run, SegmentLimits, Statement};
use ember_verifier::{Boundary, CodeOpening, Openings, PageOpening, Preamble, Segment, VerifyError};
use ember_vm::ConfigError;
use p3_field::PrimeCharacteristicRing;

use crate::common::programs::{call, config, exit, i, image, li, place, record, segments};
use crate::common::{Case, prove};
use crate::{Forgery, verifier};

/// A proof whose ending needs several openings: a host call with a buffer over two pages. It reads
/// private input and writes a journal.
fn honest() -> (Statement, Proof) {
    let write = call(ecall::WRITE, &[ecall::FD_JOURNAL, place().data, 3]);
    let read = call(ecall::READ, &[ecall::FD_INPUT, place().data + 0x20, 5]);
    let call = call(0x2000, &[place().data + 0xff0, 0x20, place().data, 4]);
    let (statement, proof) = Forgery::of(&record(&[write, read, call].concat())).proven();
    verifier().verify(&statement, &proof).expect("an honest proof");
    (statement, proof)
}

pub fn proof_copy(proof: &Proof) -> Proof {
    postcard::from_bytes(&postcard::to_allocvec(proof).unwrap()).unwrap()
}

fn other(digest: &mut Digest) {
    digest.0[3] += p3_koala_bear::KoalaBear::ONE;
}

type Edit<T> = (&'static str, Box<dyn Fn(&mut T)>);

macro_rules! edits {
    ($of:ident: $type:ty: $($edit:expr;)*) => {
        vec![$((stringify!($edit), Box::new(|$of: &mut $type| { $edit; }) as Box<dyn Fn(&mut $type)>),)*]
    };
}

fn of_statement() -> Vec<Edit<Statement>> {
    // A new field must be forged too.
    let _ = |s: Statement, g: GasTable| {
        let Statement {
            image_id: _,
            input_digest: _,
            gas_table: _,
            gas_limit: _,
            memory_limit: _,
            journal: _,
            transcript: _,
            gas_used: _,
            instructions: _,
            private_bytes: _,
            exit: Exit { reason: _, pc: _ },
        } = s;
        let GasTable {
            arith: _,
            logic: _,
            shift: _,
            compare: _,
            branch: _,
            jump: _,
            load: _,
            store: _,
            mul: _,
            div: _,
            csr: _,
            fence: _,
            system: _,
            exit: _,
            read: EcallCost { base: _, per_word: _ },
            write: _,
            host_call: _,
            sha256: _,
            poseidon2: _,
            extension_dot: _,
            keccak: _,
            mul_mod: _,
            context: _,
        } = g;
    };
    let mut edits: Vec<Edit<Statement>> = edits! { s: Statement:
        other(&mut s.image_id);
        other(&mut s.input_digest);
        s.gas_limit += 1;
        s.gas_limit -= 1;
        s.gas_limit = 0;
        s.gas_limit = u64::MAX;
        s.memory_limit += 4096;
        s.memory_limit += 1;
        s.memory_limit = 0;
        s.memory_limit = u32::MAX;
        s.journal[0] ^= 1;
        s.journal.push(0);
        s.journal.pop();
        s.journal.clear();
        s.journal.swap(0, 1);
        s.journal = vec![0; 1 << 21];
        other(&mut s.transcript.0);
        s.gas_used += 1;
        s.gas_used -= 1;
        s.gas_used = u64::MAX;
        s.instructions += 1;
        s.instructions -= 1;
        s.instructions = 0;
        s.instructions = u64::MAX;
        s.private_bytes += 1;
        s.private_bytes -= 1;
        s.private_bytes = 0;
        s.private_bytes = u64::MAX;
        s.private_bytes += 0x7f00_0001;
        s.exit.pc += 4;
        s.exit.pc += 1;
        s.exit.pc = u32::MAX;
        s.exit.reason = ExitReason::Halt(0);
        s.exit.reason = ExitReason::OutOfGas;
        s.exit.reason = ExitReason::HostAbort(39);
    };
    edits.extend(edits! { s: Statement:
        s.gas_table.arith ^= 1;
        s.gas_table.logic ^= 1;
        s.gas_table.shift ^= 1;
        s.gas_table.compare ^= 1;
        s.gas_table.branch ^= 1;
        s.gas_table.jump ^= 1;
        s.gas_table.load ^= 1;
        s.gas_table.store ^= 1;
        s.gas_table.mul ^= 1;
        s.gas_table.div ^= 1;
        s.gas_table.csr ^= 1;
        s.gas_table.fence ^= 1;
        s.gas_table.system ^= 1;
        s.gas_table.exit ^= 1;
        s.gas_table.read.base ^= 1;
        s.gas_table.read.per_word ^= 1;
        s.gas_table.write.base ^= 1;
        s.gas_table.write.per_word ^= 1;
        s.gas_table.host_call.base ^= 1;
        s.gas_table.host_call.per_word ^= 1;
        s.gas_table.sha256 ^= 1;
        s.gas_table.poseidon2 ^= 1;
        s.gas_table.extension_dot.base ^= 1;
        s.gas_table.keccak ^= 1;
        s.gas_table.mul_mod ^= 1;
        s.gas_table.context ^= 1;
        s.gas_table.extension_dot.per_word ^= 1;
    });
    edits
}

#[test]
fn every_field_of_the_statement_is_bound() {
    let (statement, proof) = honest();
    for (edit, change) in of_statement() {
        let mut lie = statement.clone();
        change(&mut lie);
        assert_ne!(lie, statement, "{edit}");
        assert!(verifier().verify(&lie, &proof).is_err(), "{edit}");
    }
}

#[test]
fn every_field_of_the_proof_is_bound() {
    // A new field must be forged too.
    let _ = |p: Proof, o: PageOpening, c: CodeOpening| {
        let Proof {
            preamble:
                Preamble {
                    header: Header { entry: _, heap_page: _, writable_pages: _, min_writable_pages: _ },
                    image_root: _,
                    input_len: _,
                    input_root: _,
                    openings: Openings { pages: _, code: _ },
                },
            mut segments,
        } = p;
        let Segment {
            end:
                Boundary { pc: _, regs: _, gas: _, instructions: _, journal_len: _, private_bytes: _, memory: _ },
            tables: _,
            stark: _,
        } = segments.remove(0);
        let (PageOpening { page: _, content: _, siblings: _ }, CodeOpening { leaf: _, siblings: _ }) = (o, c);
    };
    let edits: Vec<Edit<Proof>> = edits! { p: Proof:
        p.preamble.header.entry += 4;
        p.preamble.header.entry += 1;
        p.preamble.header.heap_page += 1;
        p.preamble.header.heap_page = u32::MAX;
        p.preamble.header.writable_pages -= 1;
        p.preamble.header.writable_pages = u32::MAX;
        p.preamble.header.min_writable_pages += 1;
        p.preamble.header.min_writable_pages = u32::MAX;
        other(&mut p.preamble.image_root);
        p.preamble.input_len += 1;
        p.preamble.input_len = 0;
        p.preamble.input_len = u32::MAX;
        other(&mut p.preamble.input_root);
        p.segments[0].end.gas[0] += 1;
        p.segments[0].end.gas[1] += 1;
        p.segments[0].end.gas[0] = u32::MAX;
        p.segments[0].end.gas = [p.segments[0].end.gas[0] + 256, p.segments[0].end.gas[1] - 1];
        // The same number in the field.
        p.segments[0].end.gas[0] += 0x7f00_0001;
        p.segments[0].end.pc += 4;
        p.segments[0].end.pc += 1;
        p.segments[0].end.instructions += 1;
        p.segments[0].end.instructions = u32::MAX;
        p.segments[0].end.journal_len += 1;
        p.segments[0].end.journal_len -= 1;
        p.segments[0].end.journal_len = u32::MAX;
        p.segments[0].end.private_bytes += 1;
        p.segments[0].end.private_bytes -= 1;
        p.segments[0].end.private_bytes = 0;
        // The same number in the field.
        p.segments[0].end.private_bytes += 0x7f00_0001;
        p.segments[0].end.memory = Some(p.preamble.image_root);
        p.segments[0].end.memory = Some(Digest::ZERO);
        p.segments.clear();
        p.segments.push(postcard::from_bytes(&postcard::to_allocvec(&p.segments[0]).unwrap()).unwrap());
        p.segments[0].tables = 0;
        p.segments[0].tables = u32::MAX;
        p.preamble.openings.pages.swap(0, 1);
        p.preamble.openings.pages.clear();
        drop(p.preamble.openings.pages.pop());
        p.preamble.openings.pages.push(p.preamble.openings.pages[0].clone());
        p.preamble.openings.pages.insert(0, p.preamble.openings.pages[0].clone());
        p.preamble.openings.code = None;
        p.preamble.openings.code.as_mut().unwrap().leaf.0.swap(0, 2);
        p.preamble.openings.code.as_mut().unwrap().siblings.swap(0, 1);
    };
    let (statement, proof) = honest();
    let refuse = |edit: &str, change: &dyn Fn(&mut Proof)| {
        let mut lie = proof_copy(&proof);
        change(&mut lie);
        assert!(verifier().verify(&statement, &lie).is_err(), "{edit}");
    };
    for (edit, change) in edits {
        refuse(edit, &*change);
    }
    for register in 0..proof.segments[0].end.regs.len() {
        for bit in [0, 15, 16, 31] {
            refuse("a register", &|p| p.segments[0].end.regs[register] ^= 1 << bit);
        }
    }
    assert!(proof.preamble.openings.pages.len() > 2);
    for n in 0..proof.preamble.openings.pages.len() {
        refuse("page", &|p| p.preamble.openings.pages[n].page ^= 1);
        refuse("page", &|p| p.preamble.openings.pages[n].page = u32::MAX);
        refuse("no content", &|p| p.preamble.openings.pages[n].content = None);
        refuse("contents", &|p| other(&mut p.preamble.openings.pages[n].content.as_mut().unwrap().1));
        for bits in [0, 1, 2, 3, 4, 5, 6, 7, 8, 255] {
            if proof.preamble.openings.pages[n].content.unwrap().0 != bits {
                refuse("permission", &|p| p.preamble.openings.pages[n].content.as_mut().unwrap().0 = bits);
            }
        }
        for level in 0..20 {
            refuse("sibling", &|p| other(&mut p.preamble.openings.pages[n].siblings[level]));
        }
    }
    for word in 0..8 {
        refuse("leaf", &|p| {
            p.preamble.openings.code.as_mut().unwrap().leaf.0[word] += p3_koala_bear::KoalaBear::ONE
        });
        refuse("sibling", &|p| other(&mut p.preamble.openings.code.as_mut().unwrap().siblings[word]));
    }
}

/// A table under which a run might not end is no table, whether the run takes a branch or not.
#[test]
fn a_loop_costs_something() {
    for class in [Class::Branch, Class::Jump] {
        let mut lie = Forgery::of(&record(&exit(0)));
        let table = &mut lie.0.head.statement.gas_table;
        *(if class == Class::Branch { &mut table.branch } else { &mut table.jump }) = 0;
        let refused = GasTableError(class);
        let mut config = config();
        config.gas_table = *table;
        assert_eq!(lie.seen_through(), VerifyError::GasTable(refused));
        // The prover does not begin.
        let program = ember_vm::Program::new(image(&exit(0)));
        let run = Run::new(verifier(), &program, &config).map(|_| ());
        assert_eq!(run, Err(ConfigError::GasTable(refused)));
    }
}

/// Every field of every segment's boundary, also where no table has a public value that depends on it: in the proof of a run
/// without instructions, of one without accesses to memory, and of one of several segments.
#[test]
fn every_field_of_a_boundary_is_bound() {
    let quiet = [li(8, 5), exit(0)].concat();
    let limits = |instructions| SegmentLimits { instructions, ..Default::default() };
    for (code, instructions) in [(vec![0], 1000), (quiet, 1000), (segments(), 100)] {
        let cases = Case::segments(verifier(), &record(&code), limits(instructions)).expect("witnesses");
        let count = cases.len();
        let (statement, proof) = prove(cases, verifier()).expect("a proof");
        verifier().verify(&statement, &proof).expect("an honest proof");
        let image_root = proof.preamble.image_root;
        for segment in 0..count {
            let end = proof.segments[segment].end;
            let mut lies = Vec::new();
            let mut lie = |change: &dyn Fn(&mut Boundary)| {
                let mut other = end;
                change(&mut other);
                lies.push(other);
            };
            for bit in [0, 15, 16, 31] {
                let flip = |word: &mut u32| *word ^= 1 << bit;
                lie(&|end| flip(&mut end.pc));
                lie(&|end| flip(&mut end.gas[0]));
                lie(&|end| flip(&mut end.gas[1]));
                lie(&|end| flip(&mut end.instructions));
                lie(&|end| flip(&mut end.journal_len));
                lie(&|end| flip(&mut end.private_bytes));
                (0..end.regs.len()).for_each(|register| lie(&|end| flip(&mut end.regs[register])));
            }
            // The same total; the same numbers in the field.
            lie(&|end| end.gas = [end.gas[0].wrapping_sub(256), end.gas[1] + 1]);
            lie(&|end| end.gas = [end.gas[0] + 256, end.gas[1].wrapping_sub(1)]);
            lie(&|end| end.gas[0] += 0x7f00_0001);
            lie(&|end| end.gas[1] += 0x7f00_0001);
            lie(&|end| end.journal_len = u32::MAX);
            for memory in [None, Some(image_root), Some(Digest::ZERO)] {
                lie(&|end| end.memory = memory);
            }
            lie(&|end| end.memory.iter_mut().for_each(other));
            let mut proof = proof_copy(&proof);
            for lie in lies.into_iter().filter(|lie| *lie != end) {
                proof.segments[segment].end = lie;
                assert!(verifier().verify(&statement, &proof).is_err(), "{segment} of {count}: {lie:?}");
            }
        }
    }
}

/// Openings that nothing needs: of code where pc is on no code page, of pages where none is asked for.
#[test]
fn openings_are_no_more_than_needed() {
    let jump = [li(8, place().data), vec![i(Op::Jalr, 0, 8, 0, 0)]].concat();
    let halted = Forgery::of(&record(&exit(0)));
    let faulted = Forgery::of(&record(&jump));
    assert_eq!(faulted.0.head.statement.exit.reason, ExitReason::InstructionAccessFault);
    assert_eq!(faulted.0.head.preamble.openings.code, None);
    faulted.copy().verifies();
    let mut lie = faulted;
    lie.0.head.preamble.openings.code = halted.0.head.preamble.openings.code.clone();
    assert_eq!(lie.seen_through(), VerifyError::Superfluous);
    let mut lie = halted;
    lie.0.head.preamble.openings.pages.push(lie.0.head.preamble.openings.pages[0].clone());
    assert_eq!(lie.seen_through(), VerifyError::Superfluous);
    assert_eq!(place().code % 16, 0);
}
