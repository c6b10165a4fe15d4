//! Seeded bugs, for the mutation check of the conformance suites: at most one is active in a thread at a time.
//!
//! The interpreter asks at the places where it could be wrong, through the macro `seeded!` and the functions below.
//! Without `cfg(mutants)`, which nothing but that check turns on, none of this exists.

extern crate std;

use std::cell::Cell;

use ember_isa::{Class, ExitReason, GasTable, Illegal, Instruction, Op, csr, decode, ecall};

use crate::Machine;

macro_rules! mutants {
    ($($name:ident $what:literal,)*) => {
        /// A bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mutant {
            $(#[doc = $what] $name,)*
        }

        /// Every bug, and what it does.
        pub const ALL: &[(Mutant, &str)] = &[$((Mutant::$name, $what),)*];
    };
}

mutants! {
    ShiftAmountOf4Bits "shifts use four bits of the amount",
    ShiftAmountOf6Bits "shifts use six bits of the amount",
    SraIsLogical "sra and srai shift zeros in",
    SrlIsArithmetic "srl and srli shift the sign in",
    SltIsUnsigned "slt and slti compare unsigned",
    SltuIsSigned "sltu and sltiu compare signed",
    SltIncludesEqual "slt and sltu hold for equal values",
    SubIsReversed "sub subtracts the first from the second",
    AddSaturates "add and addi stop at 2^32 - 1",
    AndiKeepsHighBits "andi leaves the upper twenty bits alone",
    OrIsXor "or and ori exclude",
    MulDropsHighHalf "mul multiplies the low halves of its operands",
    MulhIsUnsigned "mulh multiplies unsigned",
    MulhuIsSigned "mulhu multiplies signed",
    MulhsuIsSigned "mulhsu multiplies signed",
    MulhsuIsSwapped "mulhsu takes the second operand as the signed one",
    DivByZeroIsZero "x / 0 = 0, signed",
    DivuByZeroIsZero "x / 0 = 0, unsigned",
    RemByZeroIsZero "x % 0 = 0, signed",
    RemuByZeroIsZero "x % 0 = 0, unsigned",
    DivOverflowIsZero "INT_MIN / -1 = 0",
    DivByMinusOneIsIdentity "x / -1 = x",
    RemOverflowIsDividend "INT_MIN % -1 = INT_MIN",
    RemByMinusOneIsDividend "x % -1 = x",
    DivRoundsDown "div rounds towards minus infinity",
    RemHasDivisorsSign "rem has the divisor's sign",
    DivuIsSigned "divu divides signed",
    RemuIsSigned "remu divides signed",
    BeqLooksAtLowHalf "beq and bne compare the low halves",
    BltIsUnsigned "blt and bge compare unsigned",
    BltuIsSigned "bltu and bgeu compare signed",
    BgeIsStrict "bge and bgeu do not hold for equal values",
    BltIncludesEqual "blt and bltu hold for equal values",
    LbZeroExtends "lb fills with zeros",
    LbuSignExtends "lbu fills with the sign",
    LhZeroExtends "lh fills with zeros",
    LhuSignExtends "lhu fills with the sign",
    LhIgnoresBit1 "halves are loaded from the low half of the word",
    LbIsBigEndian "bytes are loaded from the other end of the word",
    SbIgnoresLane "sb stores to the lowest byte of the word",
    ShIgnoresBit1 "sh stores to the low half of the word",
    SbClearsRest "sb clears the other bytes of the word",
    SbStoresHalf "sb stores two bytes where they fit",
    LhMayBeMisaligned "lh and lhu need no alignment",
    LwNeedsHalfAlignment "lw needs an even address only",
    ShMayBeMisaligned "sh needs no alignment",
    SwNeedsHalfAlignment "sw needs an even address only",
    X0IsWritten "x0 can be written",
    HighRegistersAlias "x16..x31 are x0..x15",
    CsrWritesAreReads "a CSR instruction that writes a counter reads it",
    AnyCsrReadsZero "CSRs other than the counters read as zero",
    ShamtBit5IsIgnored "shift amounts of 32 and more are taken modulo 32",
    ReservedFunct7IsBase "reserved funct7 values are taken as zero",
    ReservedFunct3OfJalr "jalr has any funct3",
    ReservedBranchIsBne "the reserved branches are bne",
    ReservedLoadIsLw "the reserved loads are lw",
    ReservedStoreIsSw "the reserved stores are sw",
    ReservedMiscMemIsFence "MISC-MEM has any funct3",
    EcallFieldsAreIgnored "ecall and ebreak may have register fields",
    WfiIsNop "wfi, mret and the like do nothing",
    CompressedIsNop "words of compressed instructions do nothing",
    LongPrefixIsNop "words of longer instructions do nothing",
    CustomOpcodeIsNop "words with an unknown opcode do nothing",
    HintsAreIllegal "computations with x0 as destination are illegal",
    FenceFieldsAreReserved "a fence with register fields is illegal",
    ImmediatesAreUnsigned "immediates of twelve bits are zero-extended",
    StoreOffsetLosesBit4 "store offsets have no bit 4",
    BranchOffsetLosesBit11 "branch offsets have no bit 11",
    JalOffsetLosesBit11 "jal offsets have no bit 11",
    AuipcAddsToNext "auipc adds to the address of the next instruction",
    LinkIsItself "jal and jalr link to themselves",
    LinkBeforeFault "a jump that faults links all the same",
    JalrKeepsBit0 "jalr does not clear bit 0",
    JalrClearsTwoBits "jalr clears bits 1 and 0",
    JalrReadsItsLink "jalr with rd = rs1 jumps from the link",
    BranchNotTakenFaults "a branch not taken faults for its target",
    EvenTargetsAreFine "a target that is a multiple of 2 is no fault",
    MisalignedTargetIsRounded "the misaligned target is reported rounded down",
    EndOfCodeIsSuccess "running out of code is exit(0)",
    FetchFaultIsCharged "a fetch that faults costs as much as ebreak",
    CodeIsReadable "loads from code succeed",
    LoadToX0NeverFaults "a load to x0 never finds its address bad",
    LoadToX0NeverMisaligned "a load to x0 may be misaligned",
    UnmappedReadsZero "unmapped memory reads as zero",
    LoadFaultComesFirst "a load that is misaligned and unmapped is an access fault",
    StoreToConstantsIsIgnored "a store that is not allowed does nothing",
    LoadFaultIsStoreFault "a load fault is reported as a store fault",
    FaultAddressIsRounded "the faulting address is reported rounded down to a word",
    CycleCountsItself "cycle reads the counter after its own cost",
    CycleCountsInstructions "cycle reads the instructions",
    CyclehIsZero "cycleh reads zero",
    InstretCountsItself "instret counts the reading instruction",
    InstretIsGas "instret reads the gas",
    TimeIsInstructions "time reads the instructions",
    TimehIsTime "timeh reads the low half",
    EcallDoesNotRetire "ecalls do not retire",
    EbreakRetires "ebreak retires",
    ExitNamesNextPc "the ending names the next instruction",
    GasLimitIsExclusive "the gas limit itself may not be reached",
    GasLimitIsLoose "one gas more than the limit may be used",
    OutOfGasIsCharged "the instruction that is out of gas is charged",
    IllegalIsFree "illegal instructions cost nothing",
    BranchNotTakenIsFree "a branch not taken costs nothing",
    RemCostsMul "rem and remu cost as much as mul",
    AuipcCostsJump "auipc costs as much as a jump",
    LbuCostsStore "lbu costs as much as a store",
    EcallWordsRoundDown "the words of an ecall are rounded down",
    EcallWordsAreFree "the words of an ecall cost nothing",
    BadDescriptorPaysWords "a bad descriptor costs the words too",
    HostCallPaysInputOnly "a host call costs the words of its input only",
    ExitCodeIsByte "exit keeps eight bits of its code",
    UnknownEcallReturns "unknown ecalls return -ENOSYS",
    AcceleratorsReturn "ecalls 0x1000 and above return zero",
    BadDescriptorReturnsZero "a bad descriptor returns zero",
    ReadReturnsLength "read returns the length asked for",
    ReadStopsAtPortion "read stops at what the host has at hand",
    ReadChecksForReading "read wants its buffer readable only",
    WriteReturnsZero "write returns zero",
    PointersAreCheckedShort "the last byte of a pointer range is not checked",
    EmptyRangesAreChecked "a pointer range of no bytes must be mapped",
    StderrIsStdout "stderr goes to stdout",
    JournalGoesToConsole "the journal is the console",
    JournalIsUnbounded "the journal has no largest size",
    LastHostCallIsUnknown "the last number of the host's is unknown",
    HostCallChecksOutputFirst "a host call looks at the output buffer first",
    HostOutputIsNotCut "a host call's output may be longer than the buffer",
    HostCallReturnsBufferLength "a host call returns its buffer's length",
    HostCallsHaveNoLimit "a host call's buffers have no largest size",
    PauseIsCharged "a host call that pauses is charged twice",
    TranscriptGasIsAfter "the transcript has the gas after the call",
    ReadsHaveNoLimit "read moves as much as it is asked to",
    WritesHaveNoLimit "write moves as much as it is asked to",
    AbortIsNotAbsorbed "the transcript lacks the call that aborts",
    StackIsLow "sp starts a word too low",
    InputLengthIsPadded "a1 starts as the input's mapped length",
    A0StartsZero "a0 starts as zero",
}

std::thread_local! {
    static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
}

/// The bug that is active in this thread.
pub fn active() -> Option<Mutant> {
    ACTIVE.get()
}

/// Runs `f` with a bug active in this thread.
pub fn with<R>(mutant: Mutant, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Mutant>);
    impl Drop for Restore {
        fn drop(&mut self) {
            ACTIVE.set(self.0);
        }
    }
    let _restore = Restore(ACTIVE.replace(Some(mutant)));
    f()
}

/// A wrong result of [`crate::semantics::compute`].
pub(crate) fn compute(op: Op, a: u32, b: u32) -> Option<u32> {
    use Mutant::*;
    let (sa, sb) = (a as i32, b as i32);
    let (wa, wb) = (i64::from(sa), i64::from(sb));
    let shift = |amount: u32| match op {
        Op::Sll | Op::Slli => Some(a.checked_shl(amount).unwrap_or(0)),
        Op::Srl | Op::Srli => Some(a.checked_shr(amount).unwrap_or(0)),
        Op::Sra | Op::Srai => Some((sa >> amount.min(31)) as u32),
        _ => None,
    };
    let is_div = matches!(op, Op::Div | Op::Divu | Op::Rem | Op::Remu);
    if is_div && b == 0 {
        return match (active()?, op) {
            (DivByZeroIsZero, Op::Div) | (DivuByZeroIsZero, Op::Divu) => Some(0),
            (RemByZeroIsZero, Op::Rem) | (RemuByZeroIsZero, Op::Remu) => Some(0),
            _ => None,
        };
    }
    let overflow = a == 1 << 31 && b == u32::MAX;
    match (active()?, op) {
        (ShiftAmountOf4Bits, _) => shift(b & 15),
        (ShiftAmountOf6Bits, _) => shift(b & 63),
        (SraIsLogical, Op::Sra | Op::Srai) => Some(a >> (b & 31)),
        (SrlIsArithmetic, Op::Srl | Op::Srli) => Some((sa >> (b & 31)) as u32),
        (SltIsUnsigned, Op::Slt | Op::Slti) => Some((a < b).into()),
        (SltuIsSigned, Op::Sltu | Op::Sltiu) => Some((sa < sb).into()),
        (SltIncludesEqual, Op::Slt | Op::Slti) => Some((sa <= sb).into()),
        (SltIncludesEqual, Op::Sltu | Op::Sltiu) => Some((a <= b).into()),
        (SubIsReversed, Op::Sub) => Some(b.wrapping_sub(a)),
        (AddSaturates, Op::Add | Op::Addi) => Some(a.saturating_add(b)),
        (AndiKeepsHighBits, Op::Andi) => Some(a & (b | 0xffff_f000)),
        (OrIsXor, Op::Or | Op::Ori) => Some(a ^ b),
        (MulDropsHighHalf, Op::Mul) => Some((a & 0xffff) * (b & 0xffff)),
        (MulhIsUnsigned, Op::Mulh) => Some(((u64::from(a) * u64::from(b)) >> 32) as u32),
        (MulhuIsSigned, Op::Mulhu) | (MulhsuIsSigned, Op::Mulhsu) => Some(((wa * wb) >> 32) as u32),
        (MulhsuIsSwapped, Op::Mulhsu) => Some(((i64::from(a) * wb) >> 32) as u32),
        (DivOverflowIsZero, Op::Div) if overflow => Some(0),
        (DivByMinusOneIsIdentity, Op::Div) if b == u32::MAX => Some(a),
        (RemOverflowIsDividend, Op::Rem) if overflow => Some(a),
        (RemByMinusOneIsDividend, Op::Rem) if b == u32::MAX => Some(a),
        (DivRoundsDown, Op::Div) => Some((wa as f64 / wb as f64).floor() as i64 as u32),
        (RemHasDivisorsSign, Op::Rem) => Some((((wa % wb) + wb) % wb) as u32),
        (DivuIsSigned, Op::Divu) => Some(sa.wrapping_div(sb) as u32),
        (RemuIsSigned, Op::Remu) => Some(sa.wrapping_rem(sb) as u32),
        _ => None,
    }
}

/// A wrong result of [`crate::semantics::branch_taken`].
pub(crate) fn branch_taken(op: Op, a: u32, b: u32) -> Option<bool> {
    use Mutant::*;
    let (sa, sb) = (a as i32, b as i32);
    match (active()?, op) {
        (BeqLooksAtLowHalf, Op::Beq) => Some(a as u16 == b as u16),
        (BeqLooksAtLowHalf, Op::Bne) => Some(a as u16 != b as u16),
        (BltIsUnsigned, Op::Blt) | (BltuIsSigned, Op::Bltu) => {
            Some((a < b) ^ (op == Op::Bltu && (sa < 0) != (sb < 0)))
        }
        (BltIsUnsigned, Op::Bge) => Some(a >= b),
        (BltuIsSigned, Op::Bgeu) => Some(sa >= sb),
        (BgeIsStrict, Op::Bge) => Some(sa > sb),
        (BgeIsStrict, Op::Bgeu) => Some(a > b),
        (BltIncludesEqual, Op::Blt) => Some(sa <= sb),
        (BltIncludesEqual, Op::Bltu) => Some(a <= b),
        _ => None,
    }
}

/// A wrong result of [`crate::semantics::access_size`].
pub(crate) fn access_size(op: Op) -> Option<u32> {
    use Mutant::*;
    match (active()?, op) {
        (LhMayBeMisaligned, Op::Lh | Op::Lhu) | (ShMayBeMisaligned, Op::Sh) => Some(1),
        (LwNeedsHalfAlignment, Op::Lw) | (SwNeedsHalfAlignment, Op::Sw) => Some(2),
        _ => None,
    }
}

/// A wrong word, or a wrong fault, of a load.
pub(crate) fn load(m: &Machine<'_>, op: Op, rd: u8, address: u32) -> Option<Result<u32, ExitReason>> {
    use Mutant::*;
    let word = m.word(address);
    let aligned = address.is_multiple_of(crate::semantics::access_size(op));
    match active()? {
        LoadToX0NeverMisaligned if !aligned && rd == 0 => Some(Ok(0)),
        LoadFaultComesFirst if !aligned && word.is_none() => Some(Err(ExitReason::LoadAccessFault(address))),
        _ if !aligned || word.is_some() => None,
        CodeIsReadable => m.program().image().code_word(address & !3).map(Ok),
        LoadToX0NeverFaults if rd == 0 => Some(Ok(0)),
        UnmappedReadsZero if m.perm(address).is_empty() => Some(Ok(0)),
        FaultAddressIsRounded => Some(Err(ExitReason::LoadAccessFault(address & !3))),
        LoadFaultIsStoreFault => Some(Err(ExitReason::StoreAccessFault(address))),
        _ => None,
    }
}

/// A wrong result of [`crate::semantics::load_value`].
pub(crate) fn load_value(op: Op, word: u32, address: u32) -> Option<u32> {
    use Mutant::*;
    let part = word >> (8 * (address & 3));
    match (active()?, op) {
        (LbZeroExtends, Op::Lb) => Some(part & 0xff),
        (LbuSignExtends, Op::Lbu) => Some(part as i8 as u32),
        (LhZeroExtends, Op::Lh) => Some(part & 0xffff),
        (LhuSignExtends, Op::Lhu) => Some(part as i16 as u32),
        (LhIgnoresBit1, Op::Lh) => Some(word as i16 as u32),
        (LhIgnoresBit1, Op::Lhu) => Some(word & 0xffff),
        (LbIsBigEndian, Op::Lbu) => Some(word >> (24 - 8 * (address & 3)) & 0xff),
        _ => None,
    }
}

/// A wrong result of [`crate::semantics::store_word`].
pub(crate) fn store_word(op: Op, word: u32, address: u32, value: u32) -> Option<u32> {
    use Mutant::*;
    let shift = 8 * (address & 3);
    match (active()?, op) {
        (SbIgnoresLane, Op::Sb) => Some(word & !0xff | value & 0xff),
        (ShIgnoresBit1, Op::Sh) => Some(word & !0xffff | value & 0xffff),
        (SbClearsRest, Op::Sb) => Some((value & 0xff) << shift),
        (SbStoresHalf, Op::Sb) if shift < 24 => Some(word & !(0xffff << shift) | (value & 0xffff) << shift),
        _ => None,
    }
}

/// A wrong decoding of what lies at pc.
pub(crate) fn fetched(right: Result<Instruction, Illegal>) -> Result<Instruction, Illegal> {
    use Mutant::*;
    let Some(mutant) = active() else { return right };
    let nop = decode(0x13);
    let mut i = match right {
        Ok(i) => i,
        Err(Illegal(w)) => {
            let (opcode, funct3) = (w & 0x7f, w >> 12 & 7);
            let with_funct3 = |f: u32| decode(w & !0x7000 | f << 12);
            let csr_read = w & !0x000f_8000 & !0x1000 | 0x2000;
            return match mutant {
                HighRegistersAlias => {
                    decode(w & !(1 << 11)).or(decode(w & !(1 << 19))).or(decode(w & !(1 << 24)))
                }
                CsrWritesAreReads if opcode == 0x73 && funct3 & 3 != 0 => decode(csr_read),
                AnyCsrReadsZero if opcode == 0x73 && funct3 & 3 > 1 && w >> 15 & 31 == 0 => {
                    decode(0x13 | w & 0xf80)
                }
                ShamtBit5IsIgnored if opcode == 0x13 => decode(w & !(1 << 25)),
                ReservedFunct7IsBase if opcode == 0x33 => decode(w & 0x01ff_ffff),
                ReservedFunct3OfJalr if opcode == 0x67 => with_funct3(0),
                ReservedBranchIsBne if opcode == 0x63 => with_funct3(1),
                ReservedLoadIsLw if opcode == 0x03 => with_funct3(2),
                ReservedStoreIsSw if opcode == 0x23 => with_funct3(2),
                ReservedMiscMemIsFence if opcode == 0x0f => with_funct3(0),
                EcallFieldsAreIgnored if opcode == 0x73 && funct3 == 0 => decode(w & 0xfff0_007f),
                WfiIsNop if opcode == 0x73 && funct3 == 0 && w >> 20 > 1 => nop,
                CompressedIsNop if w & 3 != 3 => nop,
                LongPrefixIsNop if w & 0x1f == 0x1f => nop,
                CustomOpcodeIsNop if matches!(opcode, 0x0b | 0x2b | 0x5b | 0x7b) => nop,
                _ => right,
            };
        }
    };
    let format = i.op.info().format;
    use ember_isa::Format::{B, Fence, I, J, S};
    match mutant {
        HintsAreIllegal if i.rd == 0 && matches!(i.op, Op::Add | Op::Xori | Op::Slli | Op::Lui) => {
            return Err(Illegal(0));
        }
        FenceFieldsAreReserved if format == Fence && i.imm & 0x000f_8f80 != 0 => return Err(Illegal(0)),
        ImmediatesAreUnsigned if format == I => i.imm &= 0xfff,
        StoreOffsetLosesBit4 if format == S => i.imm &= !(1 << 4),
        BranchOffsetLosesBit11 if format == B => i.imm &= !(1 << 11),
        JalOffsetLosesBit11 if format == J => i.imm &= !(1 << 11),
        _ => {}
    }
    Ok(i)
}

/// A wrong gas class.
pub(crate) fn class(op: Op) -> Class {
    use Mutant::*;
    match (active(), op) {
        (Some(RemCostsMul), Op::Rem | Op::Remu) => Class::Mul,
        (Some(AuipcCostsJump), Op::Auipc) => Class::Jump,
        (Some(LbuCostsStore), Op::Lbu) => Class::Store,
        _ => op.info().class,
    }
}

/// A wrong value of a counter: the gas before and after the reading instruction's cost, the instructions.
pub(crate) fn counter(number: u32, before: u64, after: u64, retired: u64) -> Option<u32> {
    use Mutant::*;
    match (active()?, number) {
        (CycleCountsItself, csr::CYCLE) => Some(after as u32),
        (CycleCountsItself, csr::CYCLEH) => Some((after >> 32) as u32),
        (CycleCountsInstructions, csr::CYCLE) | (TimeIsInstructions, csr::TIME) => Some(retired as u32),
        (CyclehIsZero, csr::CYCLEH) => Some(0),
        (InstretCountsItself, csr::INSTRET) => Some(retired as u32 + 1),
        (InstretIsGas, csr::INSTRET) => Some(before as u32),
        (TimehIsTime, csr::TIMEH) => Some(before as u32),
        _ => None,
    }
}

/// A wrong price of an ecall.
pub(crate) fn ecall_cost(table: &GasTable, number: u32, args: [u32; 4]) -> u64 {
    use Mutant::*;
    let [fd, in_len, len, out_len] = args;
    match active() {
        Some(EcallWordsRoundDown) => table.ecall(number, [fd, in_len & !3, len & !3, out_len & !3]),
        Some(EcallWordsAreFree) => table.ecall(number, [fd, 0, 0, 0]),
        Some(BadDescriptorPaysWords) if number == ecall::READ => table.ecall(number, [0, 0, len, 0]),
        Some(HostCallPaysInputOnly) if ecall::is_host_call(number) => {
            table.ecall(number, [fd, in_len, len, 0])
        }
        _ => table.ecall(number, args),
    }
}
