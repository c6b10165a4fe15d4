//! What the circuits' bounds rest on, and what is not shown by them: one list, each entry with its reason.

use ember_gates::alias::{Contract, Given, Keeper, Listed, Promise, Public, Range, Scope};

const LIMB: Range = Range::new(0, 0xffff);
const BYTE: Range = Range::new(0, 0xff);
const FLAG: Range = Range::new(0, 1);
const TIME: Range = Range::new(0, (1 << 24) - 1);
const WORD_ADDRESS: Range = Range::new(0, (1 << 30) - 1);
/// Of words of an operand that begins at a word address: past the end of the address space too.
const OPERAND_ADDRESS: Range = Range::new(0, (1 << 30) + (1 << 16));
const INDEX: Range = Range::new(0, (1 << 28) - 1);

const fn promise(
    bus: &'static str,
    field: usize,
    range: Range,
    keeper: Keeper,
    why: &'static str,
) -> Promise {
    Promise { bus, field, only: None, range, keeper, why }
}

const fn ecall(field: usize) -> Promise {
    let why = "a register of an ecall";
    Promise { bus: "aux", field, only: Some((0, 21)), range: LIMB, keeper: Keeper::Sender, why }
}

const PROMISES: &[Promise] = &{
    use Keeper::{Provider, Receiver, Sender};
    [
        promise("range16", 0, LIMB, Provider, "an integer below 2^16"),
        promise("range8", 0, BYTE, Provider, "an integer below 2^8"),
        promise("byte_and", 0, BYTE, Provider, "a byte"),
        promise("byte_and", 1, BYTE, Provider, "a byte"),
        promise("byte_and", 2, BYTE, Provider, "the bytes' and"),
        promise("prog", 0, WORD_ADDRESS, Provider, "a word address of code"),
        promise("prog", 1, Range::new(0, (1 << 18) - 1), Provider, "family, registers, polarity"),
        promise("prog", 2, Range::new(0, 63), Provider, "sub-operation"),
        promise("prog", 3, LIMB, Provider, "immediate"),
        promise("prog", 4, LIMB, Provider, "immediate"),
        promise("prog", 5, Range::new(-1, (1 << 30) - 1), Provider, "target, or -1, or a return address"),
        promise("prog", 6, LIMB, Provider, "return address"),
        promise("code", 0, WORD_ADDRESS, Provider, "word address"),
        promise("mem", 0, OPERAND_ADDRESS, Sender, "word address"),
        promise("mem", 1, TIME, Sender, "time"),
        promise("mem", 2, LIMB, Sender, "word"),
        promise("mem", 3, LIMB, Sender, "word"),
        promise("mem", 4, Range::new(0, 7), Sender, "permission, and twice the mark of an operand"),
        promise("aux", 0, Range::new(0, 63), Sender, "sub-operation"),
        promise("aux", 1, TIME, Sender, "byte offset, or time"),
        promise("aux", 2, LIMB, Sender, "first operand"),
        promise("aux", 3, LIMB, Sender, "first operand"),
        promise("aux", 4, LIMB, Sender, "second operand"),
        promise("aux", 5, LIMB, Sender, "second operand"),
        promise("aux", 6, LIMB, Receiver, "result"),
        promise("aux", 7, LIMB, Receiver, "result"),
        ecall(8),
        ecall(9),
        ecall(10),
        ecall(11),
        promise("aux", 12, Range::new(0, 1 << 27), Receiver, "gas of an ecall"),
        promise("aux", 13, Range::new(0, 1 << 27), Receiver, "gas of an ecall"),
        promise("operand", 0, TIME, Sender, "time"),
        promise("operand", 1, OPERAND_ADDRESS, Sender, "word address"),
        promise("operand", 2, Range::new(0, 2), Sender, "rank"),
        promise("operand", 3, LIMB, Receiver, "word before"),
        promise("operand", 4, LIMB, Receiver, "word before"),
        promise("operand", 5, LIMB, Sender, "word after"),
        promise("operand", 6, LIMB, Sender, "word after"),
        promise("element", 0, TIME, Sender, "time"),
        promise("element", 1, OPERAND_ADDRESS, Sender, "word address"),
        promise("element", 2, Range::new(0, 2), Sender, "rank"),
        promise("node", 0, Range::new(0, 8), Sender, "space"),
        promise("node", 2, INDEX, Sender, "index"),
        promise("update", 2, INDEX, Sender, "index"),
        promise("stream", 0, Range::new(0, (1 << 23) + 3), Sender, "position"),
        promise("stream", 1, BYTE, Sender, "byte"),
    ]
};

const fn public(table: &'static str, from: usize, to: usize, range: Range, why: &'static str) -> Public {
    Public { table, from, to, range, why }
}

const PUBLICS: &[Public] = &[
    public("Cpu", 0, 0, WORD_ADDRESS, "pc"),
    public("Cpu", 1, 30, LIMB, "registers"),
    public("Cpu", 31, 56, BYTE, "prices"),
    public("Data", 0, 0, WORD_ADDRESS, "where the input begins"),
    public("Data", 1, 1, FLAG, "whether the segment is the whole run"),
    public("Heap", 0, 0, WORD_ADDRESS, "where the heap begins"),
    public("Heap", 1, 1, Range::new(0, 1 << 26), "its size"),
    public("MemoryNode", 24, 25, Range::new(0, (1 << 24) - 1), "zeroed pages"),
    public("Csr", 0, 7, LIMB, "limbs of counters"),
    public("Io", 0, 7, BYTE, "prices"),
    public("Permute", 0, 1, BYTE, "price"),
    public("Dot", 0, 3, BYTE, "prices"),
    public("Sha256", 0, 1, BYTE, "price"),
    public("Keccak", 0, 1, BYTE, "price"),
    public("MulMod", 0, 1, BYTE, "price"),
    public("Context", 0, 1, BYTE, "price"),
    public("Context", 2, 129, LIMB, "limbs of the statement's words"),
];

const fn given(
    table: &'static str,
    column: &'static str,
    when: &'static [&'static str],
    range: Range,
    why: &'static str,
) -> Given {
    Given { table, column, when, range, why }
}

const GIVEN: &[Given] = &[
    given(
        "Cpu",
        "regs",
        &[],
        LIMB,
        "by induction over rows: the first row's are public, and what is written is a limb",
    ),
    given("Cpu", "gas", &[], Range::new(0, 1_604_321_280), "the sum of all prices: cpu.md"),
    given("Cpu", "n", &["family[14]", "family[15]"], LIMB, "the table Part's result, sums of bits"),
    given(
        "Cpu",
        "w",
        &["family[1]", "family[7]", "family[8]", "family[9]", "family[13]", "family[15]"],
        LIMB,
        "no destination: Rom's number is 0, and no register takes the value",
    ),
    given("Cpu", "extra[0]", &["family[11]"], LIMB, "Rom's extra of a jalr is a limb of the return address"),
    given("Cpu", "own", &["family[19]"], Range::new(0, 1 << 27), "gas of an ecall: promised on AUX"),
    given(
        "Div",
        "quotient",
        &["regular"],
        LIMB,
        "Mul receives the quotient as its own two range-checked bytes a limb",
    ),
    given("Io", "left", &["real"], Range::new(0, 1 << 20), "counts the size down, on consecutive rows"),
    given(
        "Io",
        "due",
        &["real"],
        Range::new(0, (1 << 24) - 1),
        "counts the result down, on consecutive rows",
    ),
    given(
        "Io",
        "clk",
        &["real"],
        TIME,
        "the first row's comes with the ecall, and stays on the call's other rows",
    ),
    given(
        "Io",
        "address",
        &["access"],
        OPERAND_ADDRESS,
        "the pointer's word, then one more on each row of a call",
    ),
    given(
        "Dot",
        "clk",
        &["real"],
        TIME,
        "the first row's comes with the ecall, and stays on the call's other rows",
    ),
    given(
        "Dot",
        "left",
        &["real"],
        Range::new(0, 1023),
        "the first row's is below 2^10, each other's one less",
    ),
    given(
        "Dot",
        "a_at",
        &["real"],
        OPERAND_ADDRESS,
        "the pointer's word, then five more on each row of a call",
    ),
    given(
        "Dot",
        "b_at",
        &["real"],
        OPERAND_ADDRESS,
        "the pointer's word, then five or one more on each row of a call",
    ),
    given("Dot", "sum_at", &["real"], OPERAND_ADDRESS, "the pointer's word, on all rows of a call"),
    given("Keccak", "number", &[], FLAG, "0 and 1 turn from row to row, from the first row's"),
    given(
        "Sha256",
        "clk",
        &["real"],
        TIME,
        "the first row's comes with the ecall, and stays on the call's other rows",
    ),
    given(
        "Sha256",
        "state",
        &["real"],
        LIMB,
        "the first row's comes with the ecall, and stays on the call's other rows",
    ),
    given(
        "Sha256",
        "block",
        &["real"],
        LIMB,
        "the first row's comes with the ecall, and stays on the call's other rows",
    ),
    given("Sha256", "initial", &["real"], LIMB, "bits on the first two rows, then the same words in turn"),
];

const fn scope(
    table: &'static str,
    columns: &'static [&'static str],
    flag: &'static str,
    why: &'static str,
) -> Scope {
    Scope { table, columns, flag, why }
}

const SCOPES: &[Scope] = &[
    scope(
        "Sha256",
        &["t", "s", "d", "h", "sigma", "even", "odd"],
        "round",
        "only rounds use sums of the row before",
    ),
    scope(
        "Cpu",
        &["a", "s", "d", "x", "w", "m", "n", "imm", "extra", "own", "sub", "off"],
        "real",
        "padding writes no register",
    ),
    scope(
        "Io",
        &[
            "clk_gap",
            "fd",
            "ptr",
            "len",
            "w",
            "ptr_word",
            "size",
            "size_word",
            "pad",
            "inc",
            "fd_product",
            "fd_inv",
        ],
        "start",
        "a call's own values: only its first row receives it",
    ),
    scope("Io", &["old", "new", "address", "prev"], "access", "no word is accessed"),
    scope("Io", &["clk", "left", "due"], "real", "padding"),
    scope("Dot", &["clk", "sum_at", "a_at", "b_at", "left", "pointers"], "real", "padding"),
    scope("Sha256", &["clk", "state", "block", "initial"], "real", "padding"),
    scope("Heap", &["index", "gap", "room"], "real", "padding"),
    scope("MemoryNode", &["room"], "fresh", "only a fresh page has a number"),
    scope("MemoryNode", &["index", "child", "level"], "real", "padding"),
];

/// All that is taken for granted.
pub const CONTRACT: Contract =
    Contract { promises: PROMISES, given: GIVEN, publics: PUBLICS, scopes: SCOPES };

const fn listed(table: &'static str, columns: &'static str, count: usize, why: &'static str) -> Listed {
    Listed { table, columns, count, why }
}

const IN_AUX: &str = "another sub-operation's: AUX has it in the tuple of the table that shows the result, where the field is that table's";
const SUM_OF_ADDRESS: &str =
    "the word address of an access: a sum that nobody takes apart, below p; the pointer's limbs come by AUX";
const PERMUTATION: &str = "a permutation over the field: no integers";
const WORDS_OF_FIELD: &str = "arithmetic of field elements, no integers";
const INVERSE: &str = "a witness that a number is not zero: in a field it has an inverse exactly if it is not; the number is an integer below p by the same row's range checks";
const ONE_MORE_WORD: &str =
    "the words of an operand: at most 5 beyond the address that is given, far below p";
const ROUND: &str = "sums of at most seven limbs, with carries of three bits: below 2^19 + 2^19 (sha256.md); the row before a round is never the table's first, which is of number 0";

/// What is not shown by bounds, and why it holds.
pub const LISTED: &[Listed] = &[
    listed("Cpu", "d family off own", 1, INVERSE),
    listed(
        "Cpu",
        "family neg off own",
        1,
        "`taken` is `holds` or not: `own` stands in for an inverse in the same families, so that the pass gives it no range; it is holds + neg - 2 holds neg of two booleans",
    ),
    listed(
        "Cpu",
        "aux[1]: off",
        1,
        "of a load or store of a part: Part has it as the sum of a one-hot, 0 to 3",
    ),
    listed("Cpu", "aux[4]: s", 1, "register plus immediate, of which one is zero by the decoder: rom.md"),
    listed("Cpu", "aux[5]: s", 1, "register plus immediate, of which one is zero by the decoder: rom.md"),
    listed("Cpu", "aux[8]: m", 1, IN_AUX),
    listed("Cpu", "aux[9]: m", 1, IN_AUX),
    listed("Cpu", "aux[10]: n", 1, IN_AUX),
    listed("Cpu", "packed mem: d x", 1, "x[0] is a quarter of d[0] by another constraint of the row"),
    listed("Rom", "prog[3]: imm", 1, "of one format at a time: each is below 2^16"),
    listed(
        "Data",
        "mem: index is_input public real",
        4,
        "a leaf of the input has an index below 2^24, as the region has at most 2^28 bytes: with its start below 2^30",
    ),
    listed(
        "Data",
        "mem[0]: index is_input public",
        3,
        "a leaf of the input has an index below 2^24, as the region has at most 2^28 bytes: with its start below 2^30",
    ),
    listed("Data", "packed mem: index is_input public", 4, "an address: the layout keeps the regions apart"),
    listed(
        "Heap",
        "mem[0]: index public",
        4,
        "index counts up from 0 by gaps and is below the heap's groups: heap.md",
    ),
    listed(
        "MemoryNode",
        "packed update: inner page",
        1,
        "one of both is 1 at most on rows that lead to leaves: memorynode.md",
    ),
    listed(
        "MemoryNode",
        "packed update: level page",
        1,
        "a level falls by one a row at most, from 28: no number of rows leads around the field",
    ),
    listed(
        "MemoryNode",
        "update[2]: child",
        2,
        "the index doubles from the root, 28 levels down to the leaves: below 2^28 there",
    ),
    listed(
        "Merkle",
        "node[2]: index page",
        2,
        "the index doubles from the root, 28 levels down to the leaves: below 2^28 there",
    ),
    listed("Merkle", "packed node: page space", 1, "a page's node is in the image's space, which is 0"),
    listed(
        "Merkle",
        "packed node: level page",
        1,
        "a level falls by one a row at most, from 28: no number of rows leads around the field",
    ),
    listed(
        "Merkle",
        "packed node: index page",
        1,
        "the child's index: the parent's is received in the same row",
    ),
    listed(
        "Journal",
        "packed hash: bytes",
        8,
        "a byte that is present is below 2^8 by STREAM, one that is absent zero",
    ),
    listed("Poseidon2", "begin", 48, PERMUTATION),
    listed("Poseidon2", "begin end partial", 16, PERMUTATION),
    listed("Poseidon2", "begin input", 16, PERMUTATION),
    listed("Poseidon2", "begin partial", 20, PERMUTATION),
    listed("Poseidon2", "end", 48, PERMUTATION),
    listed("Poseidon2", "packed hash: end input", 8, PERMUTATION),
    listed(
        "Bitwise",
        "aux[6]: w",
        1,
        "and, or, xor of 16-bit limbs: a + s - and is below 2^16, because `and` is theirs",
    ),
    listed(
        "Bitwise",
        "aux[7]: w",
        1,
        "and, or, xor of 16-bit limbs: a + s - and is below 2^16, because `and` is theirs",
    ),
    listed(
        "Shift",
        "aux[6]: w",
        1,
        "for one amount at a time: a sum of sixteen bits, each with another power of two",
    ),
    listed(
        "Shift",
        "aux[7]: w",
        1,
        "for one amount at a time: a sum of sixteen bits, each with another power of two",
    ),
    listed("Div", "inv regular s", 1, INVERSE),
    listed(
        "Div",
        "magnitude negate w",
        2,
        "`negate` is 1 only where `regular` is, and there `magnitude` is a quotient or a rest: w + magnitude - 2^16 carry is below 2^18",
    ),
    listed("Io", "fd fd_inv fd_product kind", 1, INVERSE),
    listed("Io", "fd fd_inv kind", 1, INVERSE),
    listed("Io", "fd fd_product", 2, "products of field elements: zero exactly if fd is 1, 2 (or 3)"),
    listed("Io", "packed stream: journal lane", 3, "a position, counted on: its lanes are those of the row"),
    listed("Permute", "packed element: state", 16, SUM_OF_ADDRESS),
    listed("Permute", "packed permutation: before montgomery", 16, WORDS_OF_FIELD),
    listed("Permute", "packed permutation: after montgomery", 16, WORDS_OF_FIELD),
    listed("Dot", "a after b before", 5, WORDS_OF_FIELD),
    listed("Dot", "element[1]: a_at", 4, ONE_MORE_WORD),
    listed("Dot", "element[1]: b_at", 4, ONE_MORE_WORD),
    listed("Dot", "element[1]: sum_at", 4, ONE_MORE_WORD),
    listed(
        "Sha256",
        "d h is_transition next.carry next.e0 next.lower next.round next.upper next.w0 s",
        2,
        ROUND,
    ),
    listed(
        "Sha256",
        "d h is_transition next.carry next.e1 next.lower next.round next.s next.upper next.w1",
        2,
        ROUND,
    ),
    listed(
        "Sha256",
        "h is_transition next.a0 next.carry next.lower next.round next.upper next.w0 s t",
        2,
        ROUND,
    ),
    listed(
        "Sha256",
        "even is_transition next.even w1",
        2,
        "copies and sums along eight rows, of at most three limbs below 2^16: below 2^18",
    ),
    listed(
        "Sha256",
        "is_transition next.odd odd w0",
        2,
        "copies and sums along eight rows, of at most three limbs below 2^16: below 2^18",
    ),
    listed(
        "Sha256",
        "operand[1]: block lower upper",
        2,
        "the pointer is a multiple of 4 on the call's first row, and the same on the others",
    ),
    listed(
        "Sha256",
        "operand[1]: lower state",
        4,
        "the pointer is a multiple of 4 on the call's first row, and the same on the others",
    ),
    listed("Sha256", "packed operand: block lower upper", 2, SUM_OF_ADDRESS),
    listed("Sha256", "packed operand: lower state", 4, SUM_OF_ADDRESS),
    listed(
        "Keccak",
        "operand[5]: iota",
        1,
        "an exclusive or of bits with the round's constant, of which one is selected: the number is one-hot, as it turns from row to row",
    ),
    listed(
        "Keccak",
        "operand[6]: iota",
        2,
        "an exclusive or of bits with the round's constant, of which one is selected: the number is one-hot, as it turns from row to row",
    ),
    listed("Keccak", "packed operand: state", 50, SUM_OF_ADDRESS),
    listed("MulMod", "packed operand: m_at", 8, SUM_OF_ADDRESS),
    listed("MulMod", "packed operand: x_at", 8, SUM_OF_ADDRESS),
    listed("MulMod", "packed operand: y_at", 8, SUM_OF_ADDRESS),
    listed(
        "Sha256",
        "count operand: out",
        4,
        "`out` is `upper[5]` times the sum of two flags of the one-hot `lower`",
    ),
];

/// Fields of buses that stand for field elements, or that the promises say nothing of: bus, fields, why.
pub const FIELD_ELEMENTS: &[(&str, std::ops::RangeInclusive<usize>, &str)] = &[
    ("code", 1..=2, "limbs of a word: who asks has its bits"),
    ("element", 3..=4, "residues of words: element.md"),
    ("hash", 0..=23, "digests, and limbs that are hashed"),
    ("node", 1..=1, "level: it falls by one a row at most"),
    ("node", 3..=10, "digests, and limbs of leaves, which Data and Memory range-check"),
    ("permutation", 0..=31, "field elements"),
    ("update", 0..=1, "inside a page, and level, which falls by one a row at most"),
    ("update", 3..=18, "digests, and limbs of leaves"),
];
