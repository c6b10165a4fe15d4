//! Accelerators: values from their standards, every bad pointer, overlaps, prices. SPEC section 4.

use ember_isa::reg::{A0, T0};
use ember_isa::{Accelerator, ExitReason, GasTable, Operand};
use ember_memory::{PAGE_SIZE, Perm};

use super::{A3, CODE, Case, DATA, asm, case, passes, straight};
use crate::asm::Asm;
use crate::setup::{HEAP, HEAP_END, INPUT, RODATA, Setup};

const GROUP: &str = "accelerators";
/// Where cases put words of their own.
const FIRST: u32 = RODATA + PAGE_SIZE;

pub fn cases() -> Vec<Case> {
    let mut cases = bad_pointers();
    cases.extend(gas());
    cases.extend(sha256());
    cases.extend(poseidon2());
    cases.extend(extension_dot());
    cases.extend(keccak());
    cases.extend(mul_mod());
    cases.extend(no_calls());
    cases
}

/// `a0, a1, .. = pointers; t0 = number; ecall`.
fn call(a: &mut Asm, accelerator: Accelerator, pointers: &[u32]) {
    for (i, &pointer) in pointers.iter().enumerate() {
        a.li2(A0 + i as u8, pointer);
    }
    a.ecall(accelerator.number());
}

fn name(accelerator: Accelerator) -> String {
    let name = format!("{accelerator:?}").to_lowercase();
    name.split_whitespace().next().expect("a name").to_owned()
}

/// Pointers to zeroed memory, apart from each other.
fn good(accelerator: Accelerator) -> Vec<u32> {
    accelerator.operands().zip((HEAP..).step_by(PAGE_SIZE as usize)).map(|(_, pointer)| pointer).collect()
}

/// Pointers that an operand cannot have, and the first bad address or, where the pointer is misaligned, none.
pub(super) fn bad(operand: Operand) -> Vec<(&'static str, u32, Option<u32>)> {
    let end = 4 * operand.words;
    let mut all = vec![
        ("null", 0, Some(0)),
        ("code", CODE, Some(CODE)),
        ("unmapped", 0x7000_0000, Some(0x7000_0000)),
        ("before-input", INPUT - 4, Some(INPUT - 4)),
        ("last-word", 0xffff_fffc, Some(0xffff_fffc)),
        ("odd", HEAP + 1, None),
        ("half-word", HEAP + 2, None),
        ("odd-and-unmapped", 0x7000_0003, None),
    ];
    if operand.words > 1 {
        all.push(("to-guard", HEAP_END - end + 4, Some(HEAP_END)));
        all.push(("into-code", CODE - 4, Some(CODE - 4)));
    }
    if operand.writes {
        all.push(("constants", RODATA, Some(RODATA)));
        all.push(("input", INPUT, Some(INPUT)));
        all.push(("after-constants", RODATA + PAGE_SIZE - 4, Some(RODATA + PAGE_SIZE - 4)));
    } else if operand.words > 1 {
        all.push(("after-constants", RODATA + PAGE_SIZE - 4, Some(RODATA + PAGE_SIZE)));
    }
    all
}

fn bad_pointers() -> Vec<Case> {
    let mut cases = Vec::new();
    for &accelerator in Accelerator::ALL {
        for (i, operand) in accelerator.operands().enumerate() {
            for (what, pointer, at) in bad(operand) {
                let mut pointers = good(accelerator);
                pointers[i] = pointer;
                // Later operands are worse: the first one counts.
                for later in &mut pointers[i + 1..] {
                    *later = 1;
                }
                let mut a = asm();
                call(&mut a, accelerator, &pointers);
                let reason = match (at, operand.writes) {
                    (None, true) => ExitReason::StoreAddressMisaligned(pointer),
                    (None, false) => ExitReason::LoadAddressMisaligned(pointer),
                    (Some(at), true) => ExitReason::StoreAccessFault(at),
                    (Some(at), false) => ExitReason::LoadAccessFault(at),
                };
                let name = format!("{}-operand-{i}-{what}", name(accelerator));
                let mut registers = vec![(T0, accelerator.number())];
                registers.extend(pointers.iter().enumerate().map(|(i, &p)| (A0 + i as u8, p)));
                let mut c = straight(GROUP, name, &a, reason).memory(&[(HEAP, 0)]);
                c.setup = c.setup.input(b"public");
                let c = c.only_regs(&registers);
                cases.push(c);
            }
        }
    }
    cases
}

/// A call is paid before anything else: with a unit less it ends the run, whatever its pointers.
fn gas() -> Vec<Case> {
    let mut cases = Vec::new();
    for &accelerator in Accelerator::ALL {
        let table = GasTable::default();
        let price = table.ecall(accelerator.number(), [0; 4]);
        for (pointers, short, what) in [
            (good(accelerator), 0, "paid"),
            (good(accelerator), 1, "unpaid"),
            (vec![1; 3], 1, "unpaid-and-misaligned"),
        ] {
            let mut a = asm();
            call(&mut a, accelerator, &pointers);
            let before = a.count() - 1;
            let before_gas = u64::from(table.arith) * before;
            a.word(super::EBREAK);
            let at = CODE + 4 * before as u32;
            let (reason, pc, used, retired) = match short {
                // The breakpoint after the call cannot be paid.
                0 => (ExitReason::OutOfGas, at + 4, before_gas + price, before + 1),
                _ => (ExitReason::OutOfGas, at, before_gas, before),
            };
            let mut c = case(GROUP, format!("{}-{what}", name(accelerator)), &a, reason, pc);
            c.setup = c.setup.gas(table, before_gas + price - short);
            cases.push(c.cost(used, retired));
        }
    }
    cases
}

/// Words from FIPS 180-4: the initial state, and the digest of "abc".
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const ABC: [u32; 8] =
    [0xba78_16bf, 0x8f01_cfea, 0x4141_40de, 0x5dae_2223, 0xb003_61a3, 0x9617_7a9c, 0xb410_ff61, 0xf200_15ad];
/// After the first block of the two-block example "abcdbcde...nopq", and after the second.
const TWO_BLOCKS: [[u32; 8]; 2] = [
    [0x85e6_55d6, 0x417a_1795, 0x3363_376a, 0x624c_de5c, 0x76e0_9589, 0xcac5_f811, 0xcc4b_32c1, 0xf20e_533a],
    [0x248d_6a61, 0xd206_38b8, 0xe5c0_2693, 0x0c3e_6039, 0xa33c_e459, 0x64ff_2167, 0xf6ec_edd4, 0x19db_06c1],
];

/// A message, padded to whole blocks, as words in memory order.
fn padded(message: &[u8]) -> Vec<u32> {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    bytes.resize((bytes.len() + 8).next_multiple_of(64) - 8, 0);
    bytes.extend((8 * message.len() as u64).to_be_bytes());
    bytes.chunks_exact(4).map(|w| u32::from_le_bytes(w.try_into().expect("four bytes"))).collect()
}

fn at(address: u32, words: &[u32]) -> Vec<(u32, u32)> {
    (address..).step_by(4).zip(words.iter().copied()).collect()
}

fn sha256() -> Vec<Case> {
    let mut cases = Vec::new();
    // Blocks in constants, data and heap's neighbours; the state alone changes.
    let mut a = asm();
    call(&mut a, Accelerator::Sha256, &[DATA, FIRST]);
    a.mv(A3, A0);
    let block = padded(b"abc");
    let mut c = passes(GROUP, "sha256-abc", &mut a).regs(&[(A3, 0)]).memory(&at(DATA, &ABC));
    c.setup = with(c.setup.part(FIRST, &block, Perm::READ), &INITIAL);
    cases.push(c.memory(&[(DATA + 32, crate::setup::pattern(DATA + 32))]));

    let message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    let mut a = asm();
    for block in 0..2 {
        call(&mut a, Accelerator::Sha256, &[DATA, FIRST + 64 * block]);
    }
    let mut c = passes(GROUP, "sha256-two-blocks", &mut a).memory(&at(DATA, &TWO_BLOCKS[1]));
    c.setup = with(c.setup.part(FIRST, &padded(message), Perm::READ), &INITIAL);
    cases.push(c);
    let mut a = asm();
    call(&mut a, Accelerator::Sha256, &[DATA, FIRST]);
    let mut c = passes(GROUP, "sha256-first-block", &mut a).memory(&at(DATA, &TWO_BLOCKS[0]));
    c.setup = with(c.setup.part(FIRST, &padded(message), Perm::READ), &INITIAL);
    cases.push(c);

    // The state inside the block: the block is read before the state is written.
    let mut words: Vec<u32> = padded(b"abc");
    words[4..12].copy_from_slice(&INITIAL);
    let mut expected = INITIAL;
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    sha2::compress256(&mut expected, &[*sha2::digest::generic_array::GenericArray::from_slice(&bytes)]);
    let mut a = asm();
    call(&mut a, Accelerator::Sha256, &[DATA + 16, DATA]);
    let mut c = passes(GROUP, "sha256-overlap", &mut a).memory(&at(DATA + 16, &expected));
    c.setup = with(c.setup, &words);
    let (before, after) = (at(DATA, &words)[..4].to_vec(), at(DATA, &words)[12..].to_vec());
    cases.push(c.memory(&before).memory(&after));
    cases
}

/// The permutation's test vector in Plonky3's own tests.
const POSEIDON2: [[u32; 16]; 2] = [
    [
        894848333, 1437655012, 1200606629, 1690012884, 71131202, 1749206695, 1717947831, 120589055, 19776022,
        42382981, 1831865506, 724844064, 171220207, 1299207443, 227047920, 1783754913,
    ],
    [
        1934285469, 604889435, 133449501, 1026180808, 1830659359, 176667110, 1391183747, 351743874,
        1238264085, 1292768839, 2023573270, 1201586780, 1360691759, 1230682461, 748270449, 651545025,
    ],
];
/// KoalaBear's order.
const P: u32 = 0x7f00_0001;

fn poseidon2() -> Vec<Case> {
    let mut cases = Vec::new();
    let montgomery = |w: u32| ((u64::from(w) << 32) % u64::from(P)) as u32;
    let [before, after] = POSEIDON2;
    for (what, accelerator, before, after) in [
        ("poseidon2", Accelerator::Poseidon2, before, after),
        // Words at and above p stand for their residues.
        ("poseidon2-not-canonical", Accelerator::Poseidon2, before.map(|w| w + P), after),
        (
            "poseidon2-montgomery",
            Accelerator::Poseidon2Montgomery,
            before.map(montgomery),
            after.map(montgomery),
        ),
        (
            "poseidon2-montgomery-not-canonical",
            Accelerator::Poseidon2Montgomery,
            before.map(|w| montgomery(w) + P),
            after.map(montgomery),
        ),
    ] {
        let mut a = asm();
        call(&mut a, accelerator, &[DATA]);
        a.mv(A3, A0);
        let mut c = passes(GROUP, what, &mut a).regs(&[(A3, 0)]).memory(&at(DATA, &after));
        c.setup = with(c.setup, &before);
        cases.push(c.memory(&[(DATA + 64, crate::setup::pattern(DATA + 64))]));
    }
    cases
}

/// A sum of products in `F_p[X] / (X^5 + X^2 - 1)`, from the definition: words in Montgomery form.
fn dot(sum: &[u32], a: &[u32], b: &[u32], width: usize) -> Vec<u32> {
    let p = u128::from(P);
    // The inverse of 2^32, by Fermat.
    let power = |base: u128, mut exponent: u128| {
        let (mut base, mut result) = (base % p, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base % p;
            }
            base = base * base % p;
            exponent >>= 1;
        }
        result
    };
    let scale = power(1 << 32, p - 2);
    let mut total = [0u128; 9];
    for (a, b) in a.chunks(5).zip(b.chunks(width)) {
        for (i, &x) in a.iter().enumerate() {
            for (j, &y) in b.iter().enumerate() {
                total[i + j] = (total[i + j] + u128::from(x) * u128::from(y) % p * scale) % p;
            }
        }
    }
    // X^5 = 1 - X^2.
    for i in (5..9).rev() {
        let high = std::mem::take(&mut total[i]);
        total[i - 5] = (total[i - 5] + high) % p;
        total[i - 3] = (total[i - 3] + p - high) % p;
    }
    total.iter().zip(sum).map(|(t, &s)| ((t + u128::from(s)) % p) as u32).collect()
}

fn extension_dot() -> Vec<Case> {
    let mut cases = Vec::new();
    let words = |n: usize, seed: u32| -> Vec<u32> {
        (0..n as u32).map(|i| (i + seed).wrapping_mul(0x9e37_79b9).rotate_left(i % 31)).collect()
    };
    for (width, terms) in [(5, 1), (5, 2), (5, 7), (1, 1), (1, 9), (1, 200)] {
        let accelerator = match width {
            5 => Accelerator::ExtensionDot { terms },
            _ => Accelerator::ExtensionDotBase { terms },
        };
        let n = usize::from(terms);
        let (sum, a, b) = (words(5, 1), words(5 * n, 77), words(width * n, 177));
        let mut asm = asm();
        let at_b = FIRST + 4 * a.len() as u32;
        call(&mut asm, accelerator, &[DATA, FIRST, at_b]);
        asm.mv(A3, A0);
        let name = format!("{}-{terms}", name(accelerator));
        let mut c = passes(GROUP, name, &mut asm).regs(&[(A3, 0)]);
        c.setup = with(c.setup.part(FIRST, &[&a[..], &b[..]].concat(), Perm::READ), &sum);
        c = c.memory(&at(DATA, &dot(&sum, &a, &b, width)));
        cases.push(c.memory(&[(DATA + 20, crate::setup::pattern(DATA + 20))]));
    }
    // The sum is a factor, both times.
    let mut asm = asm();
    call(&mut asm, Accelerator::ExtensionDot { terms: 2 }, &[DATA + 20, DATA, DATA + 20]);
    let all = words(15, 5);
    let mut c = passes(GROUP, "extensiondot-overlap", &mut asm);
    c.setup = with(c.setup, &all);
    cases.push(c.memory(&at(DATA + 20, &dot(&all[5..10], &all[..10], &all[5..], 5))));
    // Everything at its largest.
    let mut asm = self::asm();
    call(&mut asm, Accelerator::ExtensionDot { terms: 8 }, &[DATA, FIRST, FIRST]);
    let all = vec![u32::MAX; 40];
    let mut c = passes(GROUP, "extensiondot-largest", &mut asm);
    c.setup = with(c.setup.part(FIRST, &all, Perm::READ), &all[..5]);
    cases.push(c.memory(&at(DATA, &dot(&all[..5], &all, &all, 5))));
    cases
}

/// Keccak-f[1600] of zero, and of that: the reference implementation's test vectors (KeccakF-1600-IntermediateValues).
const KECCAK: [[u64; 25]; 2] = [
    [
        0xf1258f7940e1dde7,
        0x84d5ccf933c0478a,
        0xd598261ea65aa9ee,
        0xbd1547306f80494d,
        0x8b284e056253d057,
        0xff97a42d7f8e6fd4,
        0x90fee5a0a44647c4,
        0x8c5bda0cd6192e76,
        0xad30a6f71b19059c,
        0x30935ab7d08ffc64,
        0xeb5aa93f2317d635,
        0xa9a6e6260d712103,
        0x81a57c16dbcf555f,
        0x43b831cd0347c826,
        0x01f22f1a11a5569f,
        0x05e5635a21d9ae61,
        0x64befef28cc970f2,
        0x613670957bc46611,
        0xb87c5a554fd00ecb,
        0x8c3ee88a1ccf32c8,
        0x940c7922ae3a2614,
        0x1841f924a2c509e4,
        0x16f53526e70465c2,
        0x75f644e97f30a13b,
        0xeaf1ff7b5ceca249,
    ],
    [
        0x2d5c954df96ecb3c,
        0x6a332cd07057b56d,
        0x093d8d1270d76b6c,
        0x8a20d9b25569d094,
        0x4f9c4f99e5e7f156,
        0xf957b9a2da65fb38,
        0x85773dae1275af0d,
        0xfaf4f247c3d810f7,
        0x1f1b9ee6f79a8759,
        0xe4fecc0fee98b425,
        0x68ce61b6b9ce68a1,
        0xdeea66c4ba8f974f,
        0x33c43d836eafb1f5,
        0xe00654042719dbd9,
        0x7cf8a9f009831265,
        0xfd5449a6bf174743,
        0x97ddad33d8994b40,
        0x48ead5fc5d0be774,
        0xe3b8c8ee55b7b03c,
        0x91a0226e649e42e9,
        0x900e3129e7badd7b,
        0x202a9ec5faa3cce8,
        0x5b3402464e1c3db6,
        0x609f4e62a44c1059,
        0x20d06cd26a8fbf5c,
    ],
];

fn keccak() -> Vec<Case> {
    let words = |lanes: &[u64; 25]| -> Vec<u32> {
        lanes.iter().flat_map(|lane| [*lane as u32, (lane >> 32) as u32]).collect()
    };
    let steps = [[0; 25], KECCAK[0], KECCAK[1]].map(|lanes| words(&lanes));
    let mut cases = Vec::new();
    for (i, what) in ["keccak-of-zero", "keccak-again"].into_iter().enumerate() {
        let mut a = asm();
        call(&mut a, Accelerator::Keccak, &[DATA]);
        a.mv(A3, A0);
        let mut c = passes(GROUP, what, &mut a).regs(&[(A3, 0)]).memory(&at(DATA, &steps[i + 1]));
        c.setup = with(c.setup, &steps[i]);
        cases.push(c.memory(&[(DATA + 200, crate::setup::pattern(DATA + 200))]));
    }
    // Twice in zeroed memory.
    let mut a = asm();
    call(&mut a, Accelerator::Keccak, &[HEAP + 0x104]);
    call(&mut a, Accelerator::Keccak, &[HEAP + 0x104]);
    cases.push(passes(GROUP, "keccak-twice", &mut a).memory(&at(HEAP + 0x104, &steps[2])));
    cases
}

/// `x y mod m` from the definition, bit by bit: what is doubled or added to stays below `m`, where that is not zero.
fn product(x: &[u32], y: &[u32], m: &[u32]) -> Vec<u32> {
    let bit = |n: &[u32], i: usize| n[i / 32] >> (i % 32) & 1;
    // Eight words and a ninth: what is below m, doubled and increased, needs no more.
    let shifted = |n: &mut [u32; 9], low: u32| {
        for i in (1..9).rev() {
            n[i] = n[i] << 1 | n[i - 1] >> 31;
        }
        n[0] = n[0] << 1 | low;
    };
    let reduced = |n: &mut [u32; 9]| {
        if m.iter().all(|&word| word == 0) {
            n[8] = 0;
            return;
        }
        let mut difference = [0; 9];
        let mut borrow = false;
        for i in 0..9 {
            let (partial, first) = n[i].overflowing_sub(*m.get(i).unwrap_or(&0));
            let (word, second) = partial.overflowing_sub(u32::from(borrow));
            (difference[i], borrow) = (word, first || second);
        }
        if !borrow {
            *n = difference;
        }
    };
    let mut rest = [0; 9];
    for i in (0..256).rev() {
        shifted(&mut rest, bit(x, i));
        reduced(&mut rest);
    }
    let mut result = [0; 9];
    for i in (0..256).rev() {
        shifted(&mut result, 0);
        reduced(&mut result);
        if bit(y, i) == 1 {
            let mut carry = 0;
            for (word, &add) in result.iter_mut().zip(&rest) {
                let sum = u64::from(*word) + u64::from(add) + carry;
                (*word, carry) = (sum as u32, sum >> 32);
            }
            reduced(&mut result);
        }
    }
    result[..8].to_vec()
}

fn mul_mod() -> Vec<Case> {
    let small = |n: u32| [n, 0, 0, 0, 0, 0, 0, 0];
    let largest = [u32::MAX; 8];
    // The field of secp256k1, and numbers without a pattern.
    let prime = [0xffff_fc2f, 0xffff_fffe, u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX, u32::MAX];
    let any = |seed: u32| -> [u32; 8] {
        core::array::from_fn(|i| (i as u32 + seed).wrapping_mul(0x9e37_79b9).rotate_left(i as u32 + seed % 7))
    };
    let mut one_less = prime;
    one_less[0] -= 1;
    let power = [0, 0, 0, 0, 0, 0, 0, 1 << 31];
    let mut cases = Vec::new();
    for (what, x, y, m) in [
        ("seven-by-eight", small(7), small(8), small(10)),
        ("nothing", small(0), any(3), prime),
        ("field", any(1), any(2), prime),
        ("minus-one-squared", one_less, one_less, prime),
        ("to-zero", prime, any(4), prime),
        ("not-reduced", largest, largest, prime),
        ("not-reduced-modulo-any", any(11), largest, any(12)),
        ("modulo-one", any(5), any(6), small(1)),
        ("modulo-two", largest, largest, small(2)),
        ("modulo-three", largest, largest, small(3)),
        ("modulo-word", any(7), any(8), small(0xffff_fffb)),
        ("modulo-power", any(9), any(10), power),
        ("modulo-largest", any(13), any(14), largest),
        ("largest-modulo-largest", largest, largest, largest),
        ("largest-modulo-zero", largest, largest, small(0)),
        ("modulo-zero", any(15), any(16), small(0)),
        ("nothing-modulo-zero", small(0), any(17), small(0)),
        ("powers", power, power, any(18)),
    ] {
        let mut a = asm();
        call(&mut a, Accelerator::MulMod, &[DATA, FIRST, FIRST + 32]);
        a.mv(A3, A0);
        let mut c = passes(GROUP, format!("mulmod-{what}"), &mut a).regs(&[(A3, 0)]);
        c.setup = with(c.setup.part(FIRST, &[y, m].concat(), Perm::READ), &x);
        c = c.memory(&at(DATA, &product(&x, &y, &m)));
        cases.push(c.memory(&[(DATA + 32, crate::setup::pattern(DATA + 32))]));
    }
    // Known values: 7 * 8 = 6 mod 10; (2^256 - 1)^2 = 1 mod 2^256.
    assert_eq!(product(&small(7), &small(8), &small(10)), small(6));
    assert_eq!(product(&largest, &largest, &small(0)), small(1));
    // A square; the modulus for a factor; each a word further than the one before. All are read before one is written.
    let words: Vec<u32> = [any(21), any(22), any(23)].concat();
    for (what, y, m) in
        [("square", 0, 12), ("factor-is-modulus", 12, 0), ("all-one", 0, 0), ("shifted", 1, 2)]
    {
        let mut a = asm();
        call(&mut a, Accelerator::MulMod, &[DATA, DATA + 4 * y as u32, DATA + 4 * m as u32]);
        let mut c = passes(GROUP, format!("mulmod-overlap-{what}"), &mut a);
        c.setup = with(c.setup, &words);
        let expected = product(&words[..8], &words[y..y + 8], &words[m..m + 8]);
        cases.push(c.memory(&at(DATA, &expected)).memory(&at(DATA + 32, &words[8..])));
    }
    // In zeroed memory: nothing by nothing modulo 2^256.
    let mut a = asm();
    call(&mut a, Accelerator::MulMod, &[HEAP + 0xff0, HEAP, HEAP + 0x20]);
    cases.push(passes(GROUP, "mulmod-in-zeroed-memory", &mut a).memory(&at(HEAP + 0xff0, &[0; 8])));
    cases
}

/// Numbers next to those of accelerators: with no terms, too many, or terms where there are none.
fn no_calls() -> Vec<Case> {
    let most = u32::from(Accelerator::MAX_TERMS);
    let mut cases = Vec::new();
    for number in [
        0x1003,
        0x1004,
        0x1003 | (most + 1) << 16,
        0x1004 | (most + 1) << 16,
        0x1003 | 0xffff << 16,
        0x1000 | 1 << 16,
        0x1002 | 1 << 16,
        0x1006 | 1 << 16,
        0x1007,
    ] {
        let mut a = asm();
        for (register, pointer) in (A0..).zip([HEAP, HEAP + 0x100, HEAP + 0x200]) {
            a.li2(register, pointer);
        }
        a.ecall(number);
        cases.push(straight(GROUP, format!("no-call-{number:08x}"), &a, ExitReason::UnknownEcall(number)));
    }
    // The most terms that there may be.
    let number = Accelerator::ExtensionDotBase { terms: Accelerator::MAX_TERMS }.number();
    let mut a = asm();
    for (register, pointer) in (A0..).zip([DATA, RODATA, RODATA]) {
        a.li2(register, pointer);
    }
    a.ecall(number);
    let fault = ExitReason::LoadAccessFault(RODATA + PAGE_SIZE);
    cases.push(straight(GROUP, "most-terms-but-not-there", &a, fault));
    cases
}

/// With these words at the start of the data page.
fn with(mut setup: Setup, words: &[u32]) -> Setup {
    let data = setup.parts.iter_mut().find(|part| part.address == DATA).expect("a data page");
    data.data.splice(..4 * words.len(), words.iter().flat_map(|w| w.to_le_bytes()));
    setup
}
