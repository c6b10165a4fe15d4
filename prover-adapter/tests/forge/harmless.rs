//! Cells that a prover may choose freely, with the reason why that proves nothing false.

use ember_isa::{Family, Op};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use crate::mutate::Fields;

/// An honest row, read by column names.
pub struct Row<'a> {
    pub fields: &'a Fields,
    pub cells: &'a [Val],
    /// The row as it is forged.
    pub forged: &'a [Val],
    pub first: bool,
    pub last: bool,
}

impl Row<'_> {
    fn cell(&self, field: &str, i: usize) -> Val {
        self.cells[self.fields.at(field) + i]
    }

    fn is(&self, field: &str) -> bool {
        self.cell(field, 0) == Val::ONE
    }

    fn any(&self, field: &str, places: impl IntoIterator<Item = usize>) -> bool {
        places.into_iter().any(|i| self.cell(field, i) == Val::ONE)
    }

    fn family(&self, families: &[Family]) -> bool {
        self.any("family", families.iter().map(|&f| f as usize))
    }

    fn op(&self, ops: &[Op]) -> bool {
        self.any("op", ops.iter().map(|&op| op as usize))
    }

    /// Whether the forgery leaves one cell of a field as it is.
    fn keeps(&self, field: &str, i: usize) -> bool {
        let at = self.fields.at(field) + i;
        self.cells[at] == self.forged[at]
    }

    /// Whether none of the one-hot `op` is set.
    fn no_op(&self, n: usize) -> bool {
        !self.any("op", 0..n)
    }
}

/// A field that is free on some rows.
pub struct Harmless {
    pub table: Table,
    /// Columns that may change, alone or together.
    pub columns: &'static [&'static str],
    /// On which rows.
    pub when: fn(&Row<'_>) -> bool,
    pub why: &'static str,
}

const MEMORY: [Family; 4] = [Family::LoadWord, Family::StoreWord, Family::LoadPart, Family::StorePart];
const BRANCHES: [Family; 3] = [Family::BranchEq, Family::BranchLt, Family::BranchLtu];
const SIGNED: [Family; 2] = [Family::Slt, Family::BranchLt];
const DELEGATED: [Family; 6] =
    [Family::Bitwise, Family::Shift, Family::Mul, Family::Div, Family::Csr, Family::Ecall];

const PADDING: &str = "a row that is not real sends nothing and looks nothing up";

macro_rules! harmless {
    ($($table:ident [$($column:literal)*] $when:expr, $why:expr;)*) => {
        /// Every entry, exactly: one that no forgery needs fails the test.
        pub const HARMLESS: &[Harmless] = &[$(Harmless {
            table: Table::$table, columns: &[$($column),*], when: $when, why: $why,
        },)*];
    };
}

harmless! {
    Cpu ["rs1" "rs2"] |r| !r.is("real"), "operands of a padding row go nowhere";
    Cpu ["sub" "extra" "neg" "d" "x" "w" "m" "n" "own" "off"]
        |r| !r.is("real"), "a padding row fetches nothing, sends nothing, and leaves the state as it is";
    Cpu ["d"] |r| r.family(&[Family::Fence]) || r.family(&DELEGATED),
        "only sums, differences, jumps and accesses use it; it stays range-checked";
    Cpu ["x"] |r| !r.family(&MEMORY) && !r.family(&SIGNED) && !r.family(&[Family::Jalr]),
        "only accesses, jalr and signed orders use it; it stays range-checked";
    Cpu ["x"] |r| r.family(&[Family::Jalr]), "jalr uses the first one alone";
    Cpu ["w"] |r| r.family(&BRANCHES) || r.family(&[Family::Fence, Family::StoreWord]),
        "the operation writes no register: Rom gives it x0";
    Cpu ["m" "n"] |r| !r.family(&MEMORY) && !r.family(&DELEGATED), "no access and no delegation reads them";
    Cpu ["off"] |r| !r.family(&MEMORY) && !r.family(&DELEGATED) && !r.family(&[Family::Jalr])
            && !r.family(&BRANCHES) && !r.family(&[Family::Slt, Family::Sltu]),
        "no access, no jalr, no delegation and no comparison reads it";
    Cpu ["own"] |r| !r.family(&MEMORY) && !r.family(&BRANCHES) && !r.family(&[Family::Ecall]),
        "only accesses, branches and ecalls read them";
    Cpu ["own"] |r| r.family(&BRANCHES) && r.keeps("own", 1) && (!r.family(&[Family::BranchEq]) || r.is("off")),
        "only a comparison of unequal operands needs an inverse";

    Rom ["pc_low" "pc_high" "bits" "sum" "target"] |r| !r.is("real"), PADDING;
    Rom ["sum"] |r| !r.op(&[Op::Auipc, Op::Jal, Op::Jalr]),
        "only auipc and the links use it; it stays range-checked";
    Rom ["target"] |r| !r.op(&[Op::Jal, Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu])
        || r.cell("extra", 0) == -Val::ONE,
        "only aligned targets use it";
    Code ["index" "limbs"] |r| !r.is("real"), PADDING;
    Data ["index" "is_input" "writable" "limbs" "time" "last"] |r| !r.is("real"), PADDING;
    Heap ["index" "gap" "room" "time" "last"] |r| !r.is("real"), PADDING;
    Memory ["index" "before" "time" "after"] |r| !r.is("real"), PADDING;
    MemoryNode ["inner" "level" "before" "after"] |r| !r.is("real"), PADDING;
    MemoryNode ["room"] |r| !r.is("fresh"), "only fresh pages are bounded";
    Touch ["address" "word" "writable" "gap" "bound"] |r| !r.is("real"), PADDING;
    Merkle ["space" "level" "index" "parent" "left" "right"] |r| !r.is("real"), PADDING;
    Bitwise ["a" "s" "a_low" "s_low" "and"] |r| r.no_op(3), PADDING;
    Shift ["s_high" "bits" "amount" "rest"] |r| r.no_op(3), PADDING;
    Part ["a" "s"] |r| r.no_op(6), "base and upper limb of the value, on a row that receives nothing";
    Mul ["a" "s" "w" "borrow" "sign"] |r| r.no_op(4), PADDING;
    Mul ["borrow"] |r| r.any("op", [0]), "only the high half needs borrows";
    Div ["sign" "w" "inv" "margin" "product" "quotient" "rest"] |r| r.no_op(4), PADDING;
    Div ["inv" "margin" "product"] |r| r.is("by_zero"), "there is no quotient to prove";
    Div ["quotient"] |r| r.is("by_zero") && r.any("op", [2, 3]), "the rest by zero is the dividend";
    Div ["rest"] |r| r.is("by_zero") && r.any("op", [0, 1]), "the quotient by zero is all ones";
    Csr ["high" "low" "upper" "retired"] |r| !r.is("real"), PADDING;

    Io ["clk" "left"] |r| !r.is("real"), PADDING;
    Io ["clk_gap"] |r| !r.is("start") || r.first, "no call comes before; it stays range-checked";
    Io ["fd" "ptr" "w" "inc" "ptr_word"] |r| !r.is("start"), "the call's values are those of its first row";
    Io ["ptr_word"] |r| r.is("start") && !r.is("access"), "the call touches no word";
    Io ["fd_inv"] |r| !r.any("kind", [3, 4]), "only bad file descriptors have witnesses";
    Io ["fd_inv"] |r| r.any("kind", [3]), "a bad read uses the first one alone";
    Io ["fd_inv"] |r| r.any("kind", [4]), "one of the two witnesses is multiplied by zero, or they share a sum";
    Io ["address" "prev" "writable"] |r| !r.is("access"), "no word is accessed";
    Operand ["clk" "address" "rank" "prev" "writable" "after"] |r| !r.is("real"), PADDING;
    Element ["clk" "address" "rank" "prev" "writable" "after"] |r| !r.is("real"), PADDING;
    Permute ["clk" "state" "unused" "before" "after"] |r| !r.is("real"), PADDING;
    Dot ["clk" "sum_at" "a_at" "b_at" "left" "a" "b" "initial"] |r| !r.is("real"), PADDING;
    Dot ["pointers"] |r| !r.is("first"), "the first row receives the call";
    Sha256 ["clk" "state" "block" "initial"] |r| !r.is("real"), PADDING;
    Sha256 ["a2"] |r| !r.is("first"), "the first row receives the call";
    Sha256 ["carry"] |r| !r.is("round") && !r.is("out"), "only rounds and sums have carries";
    Sha256 ["w_carry"] |r| !r.is("round") || r.is("load"), "only words that are scheduled have carries";
    Sha256 ["t" "s" "d" "h" "even" "odd"] |r| r.first,
        "no row comes before, and the second row of a compression, no round, asks nothing of them";
    Keccak ["clk" "state" "unused"] |r| !r.is("call"), "the row that ends a call receives it";
    MulMod ["clk" "x_at" "y_at" "m_at" "x" "y" "m" "quotient"] |r| !r.is("real"), PADDING;
    Context ["clk" "at" "unused" "old"] |r| !r.is("real"), PADDING;
    Range16 ["step"] |r| r.last, "no row follows";
    ByteAnd ["x" "y"] |r| r.cell("uses", 0) == Val::ZERO, "another pair of bytes, which nothing looks up";
}

/// Tables whose rows may stand in any order: no constraint reads a neighbour, and buses know no order. Of `Merkle`
/// and `MemoryNode` that holds for all rows but the first.
pub const UNORDERED: [Table; 20] = [
    Table::Rom,
    Table::Code,
    Table::Data,
    Table::Memory,
    Table::MemoryNode,
    Table::Touch,
    Table::Merkle,
    Table::Poseidon2,
    Table::Bitwise,
    Table::Shift,
    Table::Part,
    Table::Mul,
    Table::Div,
    Table::Csr,
    Table::Operand,
    Table::Element,
    Table::Permute,
    Table::MulMod,
    Table::Context,
    Table::ByteAnd,
];

/// The entries that a forgery of a row needs; `None` if a changed column has none.
pub fn excuses(table: Table, row: &Row<'_>) -> Option<Vec<(usize, &'static str)>> {
    let changed = (0..row.cells.len()).filter(|&c| row.cells[c] != row.forged[c]);
    changed
        .map(|column| {
            let field = row.fields.field_of(column);
            let entry = HARMLESS
                .iter()
                .position(|e| e.table == table && e.columns.contains(&field) && (e.when)(row))?;
            let name = HARMLESS[entry].columns.iter().find(|name| **name == field)?;
            Some((entry, *name))
        })
        .collect()
}
