//! Gas: what each instruction costs.

use thiserror::Error;

use crate::Accelerator;

/// Gas class of an operation: the granularity of a [`GasTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// `add`, `addi`, `sub`, `lui`, `auipc`.
    Arith,
    /// `and`, `or`, `xor` and their immediate forms.
    Logic,
    /// Shifts.
    Shift,
    /// `slt`, `sltu` and their immediate forms.
    Compare,
    /// Conditional branches, taken or not.
    Branch,
    /// `jal`, `jalr`.
    Jump,
    /// Loads.
    Load,
    /// Stores.
    Store,
    /// `mul`, `mulh`, `mulhsu`, `mulhu`.
    Mul,
    /// `div`, `divu`, `rem`, `remu`.
    Div,
    /// Reads of the counters.
    Csr,
    /// `fence`, `fence.i`.
    Fence,
    /// `ebreak`, illegal instructions and unknown ecalls: what ends a run by itself.
    System,
}

impl Class {
    /// Number of classes.
    pub const COUNT: usize = 13;
    /// Every class, in discriminant order.
    pub const ALL: [Class; Self::COUNT] = [
        Self::Arith,
        Self::Logic,
        Self::Shift,
        Self::Compare,
        Self::Branch,
        Self::Jump,
        Self::Load,
        Self::Store,
        Self::Mul,
        Self::Div,
        Self::Csr,
        Self::Fence,
        Self::System,
    ];

    /// The class's name in a gas table file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arith => "arith",
            Self::Logic => "logic",
            Self::Shift => "shift",
            Self::Compare => "compare",
            Self::Branch => "branch",
            Self::Jump => "jump",
            Self::Load => "load",
            Self::Store => "store",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::Csr => "csr",
            Self::Fence => "fence",
            Self::System => "system",
        }
    }
}

/// Price of one ecall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct EcallCost {
    /// Gas for the call itself.
    pub base: u16,
    /// Gas for each 32-bit word asked for: `ceil(len / 4)`, whatever the alignment.
    pub per_word: u16,
}

impl EcallCost {
    /// Gas for a call that moves `words` 32-bit words. Below 2^47 for any 32-bit length.
    pub const fn total(self, words: u64) -> u64 {
        self.base as u64 + self.per_word as u64 * words
    }
}

/// A gas table is no valid one: a run under it might not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("invalid gas table: `{name}` costs nothing, so a loop might not end", name = .0.name())]
pub struct GasTableError(pub Class);

/// A price without a price per word.
fn flat(base: u16) -> (EcallCost, u64) {
    (EcallCost { base, per_word: 0 }, 0)
}

/// What a run's instructions and ecalls cost: a parameter of the run, never part of a program's identity.
///
/// Costs range over `0..=65535`. Those of `branch` and `jump` must not be zero ([`Self::check`]): every loop takes one of
/// them, so every run ends.
///
/// serde reads an invalid table as well: whoever runs, proves or verifies checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct GasTable {
    /// Cost of [`Class::Arith`].
    pub arith: u16,
    /// Cost of [`Class::Logic`].
    pub logic: u16,
    /// Cost of [`Class::Shift`].
    pub shift: u16,
    /// Cost of [`Class::Compare`].
    pub compare: u16,
    /// Cost of [`Class::Branch`].
    pub branch: u16,
    /// Cost of [`Class::Jump`].
    pub jump: u16,
    /// Cost of [`Class::Load`].
    pub load: u16,
    /// Cost of [`Class::Store`].
    pub store: u16,
    /// Cost of [`Class::Mul`].
    pub mul: u16,
    /// Cost of [`Class::Div`].
    pub div: u16,
    /// Cost of [`Class::Csr`].
    pub csr: u16,
    /// Cost of [`Class::Fence`].
    pub fence: u16,
    /// Cost of [`Class::System`].
    pub system: u16,
    /// Cost of `exit`; it moves no words.
    pub exit: u16,
    /// Cost of `read`. A call with a bad file descriptor costs the base alone.
    pub read: EcallCost,
    /// Cost of `write`. A call with a bad file descriptor costs the base alone.
    pub write: EcallCost,
    /// Cost of a host call, over the words of its input and of its output buffer, each rounded up.
    pub host_call: EcallCost,
    /// Cost of [`Accelerator::Sha256`].
    pub sha256: u16,
    /// Cost of [`Accelerator::Poseidon2`] and [`Accelerator::Poseidon2Montgomery`].
    pub poseidon2: u16,
    /// Cost of [`Accelerator::ExtensionDot`] and [`Accelerator::ExtensionDotBase`], over their terms.
    pub extension_dot: EcallCost,
    /// Cost of [`Accelerator::Keccak`].
    pub keccak: u16,
    /// Cost of [`Accelerator::MulMod`].
    pub mul_mod: u16,
    /// Cost of `context`, whose words are always as many.
    pub context: u16,
}

impl GasTable {
    /// Cost of one instruction of `class`.
    pub const fn class(&self, class: Class) -> u16 {
        match class {
            Class::Arith => self.arith,
            Class::Logic => self.logic,
            Class::Shift => self.shift,
            Class::Compare => self.compare,
            Class::Branch => self.branch,
            Class::Jump => self.jump,
            Class::Load => self.load,
            Class::Store => self.store,
            Class::Mul => self.mul,
            Class::Div => self.div,
            Class::Csr => self.csr,
            Class::Fence => self.fence,
            Class::System => self.system,
        }
    }

    /// Checks that every loop costs something.
    ///
    /// # Errors
    /// [`GasTableError`] names a class that must not be free and is.
    pub fn check(&self) -> Result<(), GasTableError> {
        let free = [Class::Branch, Class::Jump].into_iter().find(|&class| self.class(class) == 0);
        free.map_or(Ok(()), |class| Err(GasTableError(class)))
    }

    /// Every price and its name, in the order of the table's fixed layout. New prices come last.
    pub fn named_prices(&self) -> [(&'static str, u16); 27] {
        [
            ("arith", self.arith),
            ("logic", self.logic),
            ("shift", self.shift),
            ("compare", self.compare),
            ("branch", self.branch),
            ("jump", self.jump),
            ("load", self.load),
            ("store", self.store),
            ("mul", self.mul),
            ("div", self.div),
            ("csr", self.csr),
            ("fence", self.fence),
            ("system", self.system),
            ("exit", self.exit),
            ("read.base", self.read.base),
            ("read.per_word", self.read.per_word),
            ("write.base", self.write.base),
            ("write.per_word", self.write.per_word),
            ("host_call.base", self.host_call.base),
            ("host_call.per_word", self.host_call.per_word),
            ("sha256", self.sha256),
            ("poseidon2", self.poseidon2),
            ("extension_dot.base", self.extension_dot.base),
            ("extension_dot.per_word", self.extension_dot.per_word),
            ("keccak", self.keccak),
            ("mul_mod", self.mul_mod),
            ("context", self.context),
        ]
    }

    /// The prices in their places of a fixed layout, which has room for those to come: zero without a use.
    pub fn prices(&self) -> [u16; Self::PLACES] {
        let mut prices = [0; Self::PLACES];
        for (place, (_, price)) in prices.iter_mut().zip(self.named_prices()) {
            *place = price;
        }
        prices
    }

    /// Places of [`Self::prices`].
    pub const PLACES: usize = 64;

    /// Price of an accelerator, and how often it has the price per word: once a term, never where what it moves is of
    /// fixed length.
    fn accelerator(&self, accelerator: Accelerator) -> (EcallCost, u64) {
        match accelerator {
            Accelerator::Sha256 => flat(self.sha256),
            Accelerator::Keccak => flat(self.keccak),
            Accelerator::MulMod => flat(self.mul_mod),
            Accelerator::Poseidon2 | Accelerator::Poseidon2Montgomery => flat(self.poseidon2),
            Accelerator::ExtensionDot { terms } | Accelerator::ExtensionDotBase { terms } => {
                (self.extension_dot, terms.into())
            }
        }
    }

    /// Price of an ecall, from its number and arguments a0..a3, and how often it has the price per word. For calls that
    /// move bytes, the words of each range, rounded up: at most 2^18 for `read` and `write`, 2^31 for a host call.
    pub fn ecall_price(&self, number: u32, args: [u32; 4]) -> (EcallCost, u64) {
        use crate::ecall::*;
        let words = |len: u32| u64::from(len).div_ceil(4);
        let io_words = words(io_len(number, args[0], args[2]).unwrap_or(0));
        match number {
            EXIT => flat(self.exit),
            READ => (self.read, io_words),
            WRITE => (self.write, io_words),
            CONTEXT => flat(self.context),
            n if is_host_call(n) => (self.host_call, words(args[1]) + words(args[3])),
            n => Accelerator::from_number(n).map_or(flat(self.system), |a| self.accelerator(a)),
        }
    }

    /// Cost of an ecall: [`Self::ecall_price`], multiplied. Below 2^48.
    pub fn ecall(&self, number: u32, args: [u32; 4]) -> u64 {
        let (price, words) = self.ecall_price(number, args);
        price.total(words)
    }

    /// A table in which every instruction and ecall costs 1, and words are free: gas counts instructions.
    pub const UNIT: Self = Self {
        arith: 1,
        logic: 1,
        shift: 1,
        compare: 1,
        branch: 1,
        jump: 1,
        load: 1,
        store: 1,
        mul: 1,
        div: 1,
        csr: 1,
        fence: 1,
        system: 1,
        exit: 1,
        read: EcallCost { base: 1, per_word: 0 },
        write: EcallCost { base: 1, per_word: 0 },
        host_call: EcallCost { base: 1, per_word: 0 },
        sha256: 1,
        poseidon2: 1,
        extension_dot: EcallCost { base: 1, per_word: 0 },
        keccak: 1,
        mul_mod: 1,
        context: 1,
    };
}

/// Prices that follow what each class costs to prove with the present circuits.
impl Default for GasTable {
    fn default() -> Self {
        Self {
            arith: 2,
            logic: 3,
            shift: 3,
            compare: 2,
            branch: 2,
            jump: 2,
            load: 2,
            store: 2,
            mul: 4,
            div: 8,
            csr: 4,
            fence: 2,
            system: 2,
            exit: 2,
            read: EcallCost { base: 4, per_word: 4 },
            write: EcallCost { base: 4, per_word: 4 },
            host_call: EcallCost { base: 8, per_word: 8 },
            sha256: 200,
            poseidon2: 40,
            extension_dot: EcallCost { base: 8, per_word: 24 },
            keccak: 800,
            mul_mod: 50,
            context: 100,
        }
    }
}
