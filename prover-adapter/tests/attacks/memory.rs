//! Lies about memory.

use ember_isa::{Family, Op, reg};
use ember_memory::{Digest, Image, Part, Perm};
use ember_verifier::VerifyError;
use ember_verifier::air::{Table, TouchCols};
use ember_verifier::params::Val;
use ember_vm::RunConfig;
use p3_field::PrimeCharacteristicRing;

use crate::common::liar::{self, Lies, NO_LIES};
use crate::common::programs::{MEMORY_LIMIT, config, exit, i, image, li, place, record};
use crate::{By, Forgery};

fn lied(code: &[u32], lies: &Lies<'_>) -> Forgery {
    Forgery::of(&liar::run(&image(code), &config(), lies))
}

/// Stores 5, stores 6, loads.
fn two_stores(base: u32) -> Vec<u32> {
    let stores = [
        i(Op::Addi, 9, 0, 0, 5),
        i(Op::Sw, 0, 8, 9, 0),
        i(Op::Addi, 9, 0, 0, 6),
        i(Op::Sw, 0, 8, 9, 0),
        i(Op::Lw, 12, 8, 0, 0),
    ];
    [li(8, base), stores.to_vec(), exit(0)].concat()
}

/// The row of the load.
fn load(lie: &Forgery) -> usize {
    lie.family(Family::LoadWord)
}

/// Pretends that the load found the word as it was at a time.
fn backdate(lie: &mut Forgery, prev: u32) {
    let row = load(lie);
    let clk = lie.get(Table::Cpu, row, "clk");
    lie.set(Table::Cpu, row, "own[0]", Val::from_u32(prev));
    lie.set(Table::Cpu, row, "x[1]", clk - Val::from_u32(prev) - Val::ONE);
}

#[test]
fn a_load_finds_what_was_stored_last() {
    for base in [place().data, place().heap] {
        // The first store's value, the initial value, and one that was never there.
        for (value, prev) in [(5, 4), (0, 0), (99, 6)] {
            let lies = Lies { load: &|_, _, _| value, ..NO_LIES };
            let mut lie = lied(&two_stores(base), &lies);
            lie.copy().fails(By::Bus("mem"));
            backdate(&mut lie, prev);
            lie.fails(By::Bus("mem"));
        }
    }
}

#[test]
fn a_word_starts_once() {
    // Another row of the same leaf provides the initial value again, and takes it back after the load.
    for (base, table) in [(place().data, Table::Data), (place().heap, Table::Heap)] {
        let initial = image(&[])
            .page(base >> 12)
            .map_or(0, |(bytes, _)| u32::from_le_bytes(bytes[..4].try_into().unwrap()));
        let lies = Lies { load: &|_, _, _| initial, ..NO_LIES };
        let mut lie = lied(&two_stores(base), &lies);
        backdate(&mut lie, 0);
        // The honest row ends with the second store, the other with the load.
        let second = lie.get(Table::Cpu, load(&lie) - 1, "clk");
        let clk = lie.get(Table::Cpu, load(&lie), "clk");
        let row = lie.row(table, 0).to_vec();
        let twin = lie.push(table, &row);
        for (row, time, word) in [(0, second, 6), (twin, clk, initial)] {
            lie.set(table, row, "time[0]", time);
            lie.set(table, row, "last[0]", Val::from_u32(word & 0xffff));
            lie.set(table, row, "last[1]", Val::from_u32(word >> 16));
        }
        if table == Table::Heap {
            lie.copy().fails(By::Constraint(Table::Heap));
            lie.set(Table::Heap, twin, "gap[0]", -Val::ONE);
            lie.fails(By::Bus("range16"));
            continue;
        }
        lie.copy().fails(By::Bus("node"));
        // Every node on the path to the root, twice.
        for row in lie.rows(Table::Merkle, "real", 1) {
            let mut node = lie.row(Table::Merkle, row).to_vec();
            node[crate::column(Table::Merkle, "roots[0]")] = Val::ZERO;
            lie.push(Table::Merkle, &node);
        }
        lie.copy().fails(By::Bus("node"));
        // And the root.
        let row = lie.rows(Table::Merkle, "level", 28)[1];
        lie.set(Table::Merkle, row, "roots[0]", Val::ONE);
        lie.fails(By::Constraint(Table::Merkle));
    }
}

#[test]
fn the_heap_ascends_and_ends() {
    let touch = |addresses: &[u32]| {
        let code: Vec<u32> =
            addresses.iter().flat_map(|&a| [li(8, a), vec![i(Op::Sw, 0, 8, 8, 0)]].concat()).collect();
        [code, exit(0)].concat()
    };
    // Out of order.
    let mut lie = Forgery::of(&record(&touch(&[place().heap, place().heap + 0x100])));
    let (a, b) = (lie.row(Table::Heap, 0).to_vec(), lie.row(Table::Heap, 1).to_vec());
    lie.set_row(Table::Heap, 0, &b);
    lie.set_row(Table::Heap, 1, &a);
    lie.copy().fails(By::Constraint(Table::Heap));
    let distance = lie.get(Table::Heap, 0, "index");
    lie.set(Table::Heap, 0, "gap[0]", distance);
    lie.set(Table::Heap, 1, "gap[0]", -distance - Val::ONE);
    lie.fails(By::Bus("range16"));

    // Beyond the memory limit: proven under a higher one, then said to have had less.
    let more = RunConfig { memory_limit: MEMORY_LIMIT + 0x1000, ..config() };
    let beyond = place().heap + MEMORY_LIMIT - 0x2000;
    let execution = crate::common::programs::record_with(&touch(&[beyond]), more);
    let mut lie = Forgery::of(&execution);
    lie.0.head.statement.memory_limit = MEMORY_LIMIT;
    lie.copy().fails(By::Constraint(Table::Cpu));
    // With stack pointer and input where the lower limit has them. The last instructions set a0.
    for row in 0..lie.height(Table::Cpu) {
        for (register, value) in [(reg::SP, beyond), (reg::A0, beyond + 0x1000)] {
            let limb = format!("regs[{}]", 2 * register - 1);
            if lie.get(Table::Cpu, row, &limb) == lie.get(Table::Cpu, 0, &limb)
                || row == 0
                || register == reg::SP
            {
                lie.set(
                    Table::Cpu,
                    row,
                    &format!("regs[{}]", 2 * register - 2),
                    Val::from_u32(value & 0xffff),
                );
                lie.set(Table::Cpu, row, &limb, Val::from_u32(value >> 16));
            }
        }
    }
    lie.0.segment.end.regs[reg::SP as usize - 1] = beyond;
    // The register a0 is overwritten at once by the program itself, so that nothing else depends on it.
    let by = lie.stopped_by();
    assert!(matches!(by, By::Constraint(Table::Cpu | Table::Heap)), "{by:?}");
}

#[test]
fn code_is_not_data() {
    let word = |address: u32, op| [li(8, address), vec![i(op, 9, 8, 9, 0)], exit(0)].concat();
    // Read.
    lied(&word(place().code, Op::Lw), &NO_LIES).fails(By::Bus("node"));
    // Written, and with the page said to be writable.
    let mut lie = lied(&word(place().code, Op::Sw), &NO_LIES);
    lie.copy().fails(By::Constraint(Table::Cpu));
    let row = lie.family(Family::StoreWord);
    lie.set(Table::Cpu, row, "own[1]", Val::ONE);
    lie.copy().fails(By::Bus("mem"));
    lie.set(Table::Data, 0, "writable", Val::ONE);
    lie.fails(By::Bus("node"));
}

#[test]
fn constants_and_input_are_not_written() {
    for (address, by) in [(place().constants, By::Bus("node")), (place().input, By::Constraint(Table::Data))]
    {
        let code = [li(8, address), vec![i(Op::Sw, 0, 8, 8, 0)], exit(0)].concat();
        let mut lie = lied(&code, &NO_LIES);
        lie.copy().fails(By::Constraint(Table::Cpu));
        let row = lie.family(Family::StoreWord);
        lie.set(Table::Cpu, row, "own[1]", Val::ONE);
        lie.copy().fails(By::Bus("mem"));
        lie.set(Table::Data, 0, "writable", Val::ONE);
        lie.copy().fails(by);
        if address == place().input {
            // As an image page.
            lie.set(Table::Data, 0, "is_input", Val::ZERO);
            lie.set(Table::Data, 0, "index", Val::from_u32(place().input / 16));
            lie.fails(By::Bus("node"));
        }
    }
}

/// The same program in another image.
fn image_with(code: &[u32], constants: &[u8], perm: Perm, entry: u32) -> Image {
    let bytes: Vec<u8> = code.iter().flat_map(|w| w.to_le_bytes()).collect();
    let part = |address, data, mem_len, perm| Part { address, data, mem_len, perm };
    Image::from_parts(
        entry,
        &[
            part(place().code, &bytes[..], bytes.len() as u32, Perm::EXECUTE),
            part(place().constants, constants, 0x100, perm),
            part(place().data, b"data", 0x100, Perm::READ_WRITE),
        ],
    )
    .unwrap()
}

#[test]
fn an_image_id_is_of_one_program() {
    let fence = vec![i(Op::Fence, 0, 0, 0, 0)];
    let code = [fence.clone(), li(8, place().constants), vec![i(Op::Lw, 9, 8, 0, 0)], exit(0)].concat();
    let other_code = [fence, li(8, place().constants + 4), vec![i(Op::Lw, 9, 8, 0, 0)], exit(0)].concat();
    let run = |image: &Image| Forgery::of(&liar::run(image, &config(), &NO_LIES));
    let real = run(&image_with(&code, b"abcd", Perm::READ, place().code));
    real.copy().verifies();
    let others = [
        image_with(&code, b"abce", Perm::READ, place().code),
        image_with(&code, b"abcd", Perm::READ_WRITE, place().code),
        image_with(&code, b"abcd", Perm::EXECUTE, place().code),
        image_with(&other_code, b"abcd", Perm::READ, place().code),
        image_with(&code, b"abcd", Perm::READ, place().code + 4),
    ];
    for other in others {
        let lie = run(&other);
        let mut named = lie.copy();
        named.0.head.statement.image_id = real.0.head.statement.image_id;
        let (statement, proof) = named.proven();
        assert_eq!(crate::verifier().verify(&statement, &proof), Err(VerifyError::Image));
        let mut rooted = lie;
        rooted.0.head.statement.image_id = real.0.head.statement.image_id;
        rooted.0.head.preamble.image_root = real.0.head.preamble.image_root;
        rooted.0.head.preamble.header = real.0.head.preamble.header;
        rooted.0.head.preamble.openings = real.0.head.preamble.openings.clone();
        let by = rooted.stopped_by();
        assert!(matches!(by, By::Bus("node") | By::Constraint(Table::Cpu)), "{by:?}");
    }
}

#[test]
fn the_input_is_that_of_the_digest() {
    let code = [vec![i(Op::Lw, 9, reg::A0, 0, 4)], exit(0)].concat();
    let execution =
        |input: &[u8]| liar::run(&image(&code), &RunConfig { input: input.to_vec(), ..config() }, &NO_LIES);
    let real = Forgery::of(&execution(b"12345678"));
    let mut lie = Forgery::of(&execution(b"12346678"));
    lie.0.head.statement.input_digest = real.0.head.statement.input_digest;
    let (statement, proof) = lie.copy().proven();
    assert_eq!(crate::verifier().verify(&statement, &proof), Err(VerifyError::Input));
    lie.0.head.preamble.input_root = real.0.head.preamble.input_root;
    lie.fails(By::Bus("node"));

    // A leaf beyond the tree, and the root of another level.
    let mut lie = real.copy();
    let leaf = lie.rows(Table::Data, "is_input", 1)[0];
    lie.add(Table::Data, leaf, "index", 256);
    lie.fails(By::Bus("mem"));

    // An input of zeros, said to be empty: its root is at no level that a path reaches.
    let mut lie = Forgery::of(&execution(&[0; 8]));
    lie.0.head.preamble.input_len = 0;
    lie.0.head.preamble.input_root = Digest::ZERO;
    let h = crate::verifier().hasher();
    lie.0.head.statement.input_digest = ember_memory::tree::input_digest(h, &Digest::ZERO, 0);
    lie.set_register(0, reg::A1, 0);
    lie.fails(By::Bus("node"));
}

/// The load happens before the second store, of which it knows nothing.
#[test]
fn time_does_not_go_back() {
    let lies = Lies { load: &|_, _, _| 5, ..NO_LIES };
    let mut lie = lied(&two_stores(place().data), &lies);
    let clk = |lie: &Forgery, row: usize| lie.get(Table::Cpu, row, "clk");
    let (row, second) = (load(&lie), load(&lie) - 1);
    let first = clk(&lie, second - 2);
    let late = clk(&lie, row);
    // The load takes the first store's word, a refresh takes it back in time, the second store goes on from there.
    lie.set(Table::Cpu, row, "own[0]", first);
    lie.set(Table::Cpu, row, "x[1]", late - first - Val::ONE);
    let after = first;
    lie.set(Table::Cpu, second, "own[0]", after);
    lie.set(Table::Cpu, second, "x[1]", clk(&lie, second) - after - Val::ONE);
    for column in ["m[0]", "m[1]"] {
        let value = if column == "m[0]" { Val::from_u32(5) } else { Val::ZERO };
        lie.set(Table::Cpu, second, column, value);
    }
    lie.set(Table::Data, 0, "time[0]", clk(&lie, second));
    let address = Val::from_u32(place().data / 4);
    let mut touch = TouchCols::<Val> {
        real: Val::ONE,
        address,
        before: late,
        after,
        word: [Val::from_u32(5), Val::ZERO],
        writable: Val::ONE,
        gap: [after - late - Val::ONE, Val::ZERO],
        bound: [after, Val::ZERO],
    };
    let mut cells = vec![Val::ZERO; TouchCols::<()>::WIDTH];
    touch.write(&mut cells);
    let matrix = p3_matrix::dense::RowMajorMatrix::new(cells, TouchCols::<()>::WIDTH);
    let at = lie.0.segment.tables.iter().position(|(t, _)| *t > Table::Touch).unwrap();
    lie.0.segment.tables.insert(at, (Table::Touch, matrix));
    lie.copy().fails(By::Bus("range16"));
    // Or not back at all.
    touch.gap = [Val::ZERO; 2];
    let mut cells = vec![Val::ZERO; TouchCols::<()>::WIDTH];
    touch.write(&mut cells);
    lie.matrix(Table::Touch).values = cells;
    lie.copy().fails(By::Constraint(Table::Touch));
    // A time far below zero.
    touch.after = -Val::ONE;
    touch.bound = [-Val::ONE, Val::ZERO];
    touch.gap = [-late - Val::TWO, Val::ZERO];
    let mut cells = vec![Val::ZERO; TouchCols::<()>::WIDTH];
    touch.write(&mut cells);
    lie.matrix(Table::Touch).values = cells;
    let by = lie.stopped_by();
    assert!(matches!(by, By::Bus("mem" | "range16")), "{by:?}");
}
