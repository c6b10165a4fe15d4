//! Lies about modular multiplication, each as consistent as a prover can make it: carries, order and memory follow the
//! numbers that are claimed.

use ember_isa::Accelerator;
use ember_verifier::air::{MUL_MOD_CARRY, Table};
use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use ruint::aliases::{U256, U512};

use crate::common::programs::{call, exit, place, record};
use crate::{By, Forgery};

const TABLE: Table = Table::MulMod;
fn x_at() -> u32 {
    place().data + 0x300
}

fn y_at() -> u32 {
    place().data + 0x340
}

/// Five bytes of the program's constants, an odd number.
fn small() -> u32 {
    place().constants + 0x14
}

/// Where zeros are.
fn nothing() -> u32 {
    place().constants + 0x40
}

fn val(n: u32) -> Val {
    Val::from_u32(n)
}

/// A run with one call, and the numbers in its row.
struct Lie {
    forgery: Forgery,
    x: U256,
    y: U256,
    m: U256,
}

impl Lie {
    fn modulo(modulus: u32) -> Self {
        let code = [call(Accelerator::MulMod.number(), &[x_at(), y_at(), modulus]), exit(0)].concat();
        let forgery = Forgery::of(&record(&code));
        let integer = |name: &str| {
            let byte = |i| forgery.get(TABLE, 0, &format!("{name}[{i}]")).as_canonical_u32() as u8;
            U256::from_le_bytes::<32>(core::array::from_fn(byte))
        };
        let (x, y, m) = (integer("x"), integer("y"), integer("m"));
        Self { forgery, x, y, m }
    }

    fn product(&self) -> U512 {
        self.x.widening_mul(self.y)
    }

    fn cell(&self, name: &str, i: usize) -> Val {
        self.forgery.get(TABLE, 0, &format!("{name}[{i}]"))
    }

    fn set(&mut self, name: &str, i: usize, value: Val) {
        self.forgery.set(TABLE, 0, &format!("{name}[{i}]"), value);
    }

    /// Claims this quotient.
    fn quotient(&mut self, quotient: U512) {
        for (i, byte) in quotient.to_le_bytes::<64>().into_iter().enumerate() {
            self.set("quotient", i, val(byte.into()));
        }
    }

    /// Claims this result, which is the word's last value in memory.
    fn result(&mut self, result: U256) {
        let bytes = result.to_le_bytes::<32>();
        for (i, limb) in bytes.chunks_exact(2).enumerate() {
            self.result_limb(i, val(u16::from_le_bytes([limb[0], limb[1]]).into()));
        }
    }

    fn result_limb(&mut self, i: usize, value: Val) {
        self.set("result", i, value);
        let (word, half) = (i / 2, i % 2);
        let lie = &mut self.forgery;
        let address = x_at() / 4 + word as u32;
        let access = |row: &usize| {
            lie.get(Table::Operand, *row, "rank") == Val::TWO
                && lie.get(Table::Operand, *row, "address") == val(address)
        };
        let access = (0..lie.height(Table::Operand)).find(access).unwrap();
        lie.set(Table::Operand, access, &format!("new[{half}]"), value);
        let leaf = lie
            .rows(Table::Data, "index", address / 4)
            .into_iter()
            .find(|&row| lie.get(Table::Data, row, "is_input") == Val::ZERO)
            .unwrap();
        lie.set(Table::Data, leaf, &format!("last[{}]", 2 * (address % 4) as usize + half), value);
    }

    /// Carries that every place but the last asks for, in the field; and the highest limb that differs from the modulus'.
    fn follow(&mut self) {
        let is_zero = self.forgery.get(TABLE, 0, "zero");
        let modulus = |lie: &Self, i: usize| if i < 32 { lie.cell("m", i) } else { is_zero };
        let mut carry = Val::ZERO;
        for place in 0..31 {
            for (at, scale) in [(2 * place, Val::ONE), (2 * place + 1, val(1 << 8))] {
                for i in 0..=at {
                    let xy = if i < 32 && at - i < 32 {
                        self.cell("x", i) * self.cell("y", at - i)
                    } else {
                        Val::ZERO
                    };
                    let mq = if i < 33 && at - i < 64 {
                        modulus(self, i) * self.cell("quotient", at - i)
                    } else {
                        Val::ZERO
                    };
                    carry += (xy - mq) * scale;
                }
            }
            if place < 16 {
                carry -= self.cell("result", place);
            }
            carry = carry.div_2exp_u64(16);
            self.set("carry", place, carry + val(MUL_MOD_CARRY));
        }
        let difference = |lie: &Self, i: usize| {
            lie.cell("m", 2 * i) + lie.cell("m", 2 * i + 1) * val(1 << 8) - lie.cell("result", i)
        };
        let top = (0..16).rev().find(|&i| is_zero == Val::ZERO && difference(self, i) != Val::ZERO);
        for i in 0..16 {
            self.set("top", i, Val::from_bool(top == Some(i)));
        }
        let gap = top.map_or(Val::ZERO, |i| difference(self, i) - Val::ONE);
        self.forgery.set(TABLE, 0, "gap", gap);
    }

    #[track_caller]
    fn fails(mut self, by: By) {
        self.follow();
        self.forgery.fails(by);
    }
}

/// What the helper does to a row is what the prover does.
#[test]
fn what_follows_from_the_truth_verifies() {
    for modulus in [small(), nothing(), place().data + 0x380] {
        let mut lie = Lie::modulo(modulus);
        let m = if lie.m.is_zero() { U512::ONE << 256 } else { U512::from(lie.m) };
        let (quotient, result) = (lie.product() / m, lie.product() % m);
        lie.quotient(quotient);
        lie.result(U256::from(result));
        let before = lie.forgery.row(TABLE, 0).to_vec();
        lie.follow();
        assert_eq!(lie.forgery.row(TABLE, 0), before);
        lie.forgery.verifies();
    }
}

#[test]
fn the_result_is_the_rest() {
    let mut lie = Lie::modulo(small());
    lie.result(U256::ONE);
    lie.fails(By::Constraint(TABLE));

    // With the quotient of another product.
    let mut lie = Lie::modulo(small());
    let quotient = lie.product() / U512::from(lie.m) + U512::ONE;
    lie.quotient(quotient);
    lie.fails(By::Constraint(TABLE));
}

#[test]
fn the_result_is_below_the_modulus() {
    for more in [1u32, 2, 1 << 20] {
        let mut lie = Lie::modulo(small());
        let m = U512::from(lie.m);
        let (quotient, result) = (lie.product() / m, lie.product() % m);
        lie.quotient(quotient - U512::from(more));
        lie.result(U256::from(result + m * U512::from(more)));
        lie.fails(By::Bus("range16"));
    }
    // As large as the modulus: a rest of zero, of a product with zero.
    let code = [call(Accelerator::MulMod.number(), &[x_at(), nothing(), small()]), exit(0)].concat();
    let forgery = Forgery::of(&record(&code));
    let m = Lie::modulo(small()).m;
    let mut lie = Lie { forgery, x: U256::ZERO, y: U256::ZERO, m };
    lie.result(m);
    // No quotient is less than zero: minus one, as a number of 512 bits.
    lie.quotient(U512::MAX);
    lie.fails(By::Constraint(TABLE));

    // Without saying where the result is smaller.
    let mut lie = Lie::modulo(small());
    let m = U512::from(lie.m);
    let (quotient, result) = (lie.product() / m, lie.product() % m);
    lie.quotient(quotient - U512::ONE);
    lie.result(U256::from(result + m));
    lie.follow();
    (0..16).for_each(|i| lie.set("top", i, Val::ZERO));
    lie.forgery.set(TABLE, 0, "gap", Val::ZERO);
    lie.forgery.fails(By::Constraint(TABLE));

    // Or in a limb below one in which it is larger.
    let mut lie = Lie::modulo(small());
    let m = U512::from(lie.m);
    let limb = |n: U256, i: usize| (n >> (16 * i)).to::<u64>() as u32 & 0xffff;
    let (more, result, smaller) = (1u32..)
        .find_map(|more| {
            let result = U256::from(lie.product() % m + m * U512::from(more));
            Some((more, result, (0..2).find(|&i| limb(result, i) < limb(lie.m, i))?))
        })
        .expect("a limb that is smaller");
    let quotient = lie.product() / m - U512::from(more);
    lie.quotient(quotient);
    lie.result(result);
    lie.follow();
    for i in 0..16 {
        lie.set("top", i, Val::from_bool(i == smaller));
    }
    lie.forgery.set(TABLE, 0, "gap", val(limb(lie.m, smaller) - limb(result, smaller) - 1));
    lie.forgery.fails(By::Constraint(TABLE));
}

/// Any result is that of some quotient modulo 2^512.
#[test]
fn the_product_does_not_wrap() {
    let mut lie = Lie::modulo(small());
    let inverse = U512::from(lie.m).inv_ring().expect("an odd modulus");
    let quotient = lie.product().wrapping_sub(U512::ONE).wrapping_mul(inverse);
    lie.quotient(quotient);
    lie.result(U256::ONE);
    lie.fails(By::Constraint(TABLE));
}

/// Any result that is right modulo p is one of places that agree modulo p.
#[test]
fn places_agree_over_the_integers() {
    for times in [1u32, 3, 6] {
        let mut lie = Lie::modulo(small());
        let right = U256::from(lie.product() % U512::from(lie.m));
        let p = U256::from(Val::ORDER_U32) * U256::from(times);
        let wrong = if right + p < lie.m { right + p } else { right - p };
        lie.result(wrong);
        lie.fails(By::Bus("range16"));
    }
    // In one place alone: a limb that is p less, and a carry that makes up for it.
    let mut lie = Lie::modulo(small());
    let inverse = val(1 << 16).inverse();
    let carry = lie.cell("carry", 3) + inverse;
    lie.set("carry", 3, carry);
    lie.forgery.fails(By::Constraint(TABLE));
}

#[test]
fn digits_are_bytes() {
    // The same integers with another byte, which makes the same product.
    for name in ["x", "y", "m"] {
        let mut lie = Lie::modulo(small());
        let (low, high) = (lie.cell(name, 2), lie.cell(name, 3));
        lie.set(name, 2, low + val(1 << 8));
        lie.set(name, 3, high - Val::ONE);
        lie.fails(By::Bus("range8"));
    }
    let mut lie = Lie::modulo(small());
    let (low, high) = (lie.cell("quotient", 7), lie.cell("quotient", 8));
    lie.set("quotient", 7, low + val(1 << 8));
    lie.set("quotient", 8, high - Val::ONE);
    lie.fails(By::Bus("range8"));
    // The same result in limbs that are none.
    let mut lie = Lie::modulo(small());
    let (low, high) = (lie.cell("result", 0), lie.cell("result", 1));
    lie.result_limb(0, low + val(1 << 16));
    lie.result_limb(1, high - Val::ONE);
    lie.fails(By::Bus("range16"));
}

#[test]
fn a_modulus_of_zero_is_one() {
    // Modulo 2^256 where the modulus is another.
    let mut lie = Lie::modulo(small());
    lie.forgery.set(TABLE, 0, "zero", Val::ONE);
    let product = lie.product();
    lie.quotient(product >> 256);
    lie.result(U256::from(product & U512::from(U256::MAX)));
    lie.fails(By::Constraint(TABLE));

    // Division by nothing: any result has a quotient.
    let mut lie = Lie::modulo(nothing());
    lie.forgery.set(TABLE, 0, "zero", Val::ZERO);
    lie.fails(By::Constraint(TABLE));
    // The product itself where it is small enough would be a rest of everything.
    let code = [call(Accelerator::MulMod.number(), &[x_at(), nothing(), nothing() + 0x20]), exit(0)].concat();
    let forgery = Forgery::of(&record(&code));
    let mut lie = Lie { forgery, x: U256::ZERO, y: U256::ZERO, m: U256::ZERO };
    lie.forgery.set(TABLE, 0, "zero", Val::ZERO);
    lie.set("top", 0, Val::ONE);
    lie.forgery.set(TABLE, 0, "gap", -Val::ONE);
    lie.forgery.fails(By::Bus("range16"));
}

#[test]
fn operands_are_those_of_the_call() {
    // Of another factor than the one in memory.
    let mut lie = Lie::modulo(small());
    let byte = lie.cell("y", 0) + Val::ONE;
    lie.set("y", 0, byte);
    lie.fails(By::Constraint(TABLE));
    // The modulus for the second factor.
    let mut lie = Lie::modulo(small());
    for i in 0..32 {
        let (y, m) = (lie.cell("y", i), lie.cell("m", i));
        lie.set("y", i, m);
        lie.set("m", i, y);
    }
    let modulus = U512::from(lie.y);
    let product: U512 = lie.x.widening_mul(lie.m);
    lie.quotient(product / modulus);
    lie.result(U256::from(product % modulus));
    lie.follow();
    assert!(matches!(lie.forgery.stopped_by(), By::Bus("operand")));
    // No row at all.
    let mut lie = Lie::modulo(small());
    lie.forgery.0.segment.tables.retain(|(table, _)| *table != TABLE);
    assert!(matches!(lie.forgery.stopped_by(), By::Bus("aux" | "operand")));
}
