//! The accelerators' types against other crates', on the host.

use digest::Digest;
use ember_guest::accel::{Sha256, poseidon2, poseidon2_montgomery};
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::KoalaBear;

#[test]
fn sha256_is_that_of_the_sha2_crate() {
    let bytes: Vec<u8> = (0..300u32).map(|i| (i * i) as u8).collect();
    for len in [0, 1, 55, 56, 63, 64, 65, 119, 128, 300] {
        let (mut ours, mut theirs) = (Sha256::new(), sha2::Sha256::new());
        // In two unequal parts, so that blocks begin at all alignments.
        let (a, b) = bytes[..len].split_at(len / 3);
        [a, b].iter().for_each(|part| ours.update(part));
        [a, b].iter().for_each(|part| theirs.update(part));
        assert_eq!(ours.finalize()[..], theirs.finalize()[..], "{len} bytes");
    }
}

/// The test vector of Plonky3's own tests.
#[test]
fn poseidon2_permutes() {
    let before = [
        894848333, 1437655012, 1200606629, 1690012884, 71131202, 1749206695, 1717947831, 120589055, 19776022,
        42382981, 1831865506, 724844064, 171220207, 1299207443, 227047920, 1783754913,
    ];
    let after = [
        1934285469, 604889435, 133449501, 1026180808, 1830659359, 176667110, 1391183747, 351743874,
        1238264085, 1292768839, 2023573270, 1201586780, 1360691759, 1230682461, 748270449, 651545025,
    ];
    let mut state = before;
    poseidon2(&mut state);
    assert_eq!(state, after);
    // The Montgomery form is what a KoalaBear is in memory.
    // SAFETY: a KoalaBear is a u32.
    let words = |values: [u32; 16]| unsafe {
        std::mem::transmute::<[KoalaBear; 16], [u32; 16]>(values.map(KoalaBear::from_u32))
    };
    let mut state = words(before);
    poseidon2_montgomery(&mut state);
    assert_eq!(state, words(after));
}

#[test]
fn extension_dot_is_that_of_the_field() {
    use ember_guest::accel::{extension_dot, extension_dot_base};
    use p3_field::extension::QuinticTrinomialExtensionField;
    use p3_field::{BasedVectorSpace, PrimeField32};

    type Field = QuinticTrinomialExtensionField<KoalaBear>;
    let coefficient = |e: &Field, i: usize| -> KoalaBear { e.as_basis_coefficients_slice()[i] };
    let words = |e: Field| -> [u32; 5] {
        core::array::from_fn(|i| {
            let e = coefficient(&e, i).as_canonical_u32();
            ((u64::from(e) << 32) % u64::from(KoalaBear::ORDER_U32)) as u32
        })
    };
    let element =
        |n: u32| Field::from_basis_coefficients_fn(|i| KoalaBear::from_u32(n * 7919 + i as u32 * 104_729));
    // More terms than a call has.
    let (a, b): (Vec<Field>, Vec<Field>) = (0..1500).map(|n| (element(n), element(n + 9))).unzip();
    let mut sum = words(element(3));
    let expected = element(3) + a.iter().zip(&b).map(|(&a, &b)| a * b).sum::<Field>();
    let [a_words, b_words] = [&a, &b].map(|all| all.iter().map(|&e| words(e)).collect::<Vec<_>>());
    extension_dot(&mut sum, &a_words, &b_words);
    assert_eq!(sum, words(expected));

    let first: Vec<u32> = b_words.iter().map(|words| words[0]).collect();
    let expected = expected + a.iter().zip(&b).map(|(&a, &b)| a * coefficient(&b, 0)).sum::<Field>();
    extension_dot_base(&mut sum, &a_words, &first);
    assert_eq!(sum, words(expected));
}

#[test]
fn keccak_is_that_of_tiny_keccak() {
    use ember_guest::accel::{Keccak256, Sha3_256};
    use tiny_keccak::Hasher;

    let bytes: Vec<u8> = (0..500u32).map(|i| (i * i) as u8).collect();
    for len in [0, 1, 7, 134, 135, 136, 137, 271, 272, 273, 500] {
        let (a, b) = bytes[..len].split_at(len / 3);
        let (mut keccak, mut sha3) = (Keccak256::new(), Sha3_256::new());
        let (mut their_keccak, mut their_sha3) = (tiny_keccak::Keccak::v256(), tiny_keccak::Sha3::v256());
        for part in [a, b] {
            keccak.update(part);
            sha3.update(part);
            their_keccak.update(part);
            their_sha3.update(part);
        }
        let [mut first, mut second] = [[0; 32]; 2];
        their_keccak.finalize(&mut first);
        their_sha3.finalize(&mut second);
        assert_eq!(keccak.finalize()[..], first, "{len} bytes");
        assert_eq!(sha3.finalize()[..], second, "{len} bytes");
    }
}

#[test]
fn mul_mod_is_that_of_crypto_bigint() {
    use crypto_bigint::{MulMod, NonZero, SquareMod, U256};
    use ember_guest::accel::{AccelU256, mul_mod};

    let words = |n: &U256| -> [u32; 8] {
        let bytes = n.to_le_bytes();
        core::array::from_fn(|i| u32::from_le_bytes(core::array::from_fn(|j| bytes.as_ref()[4 * i + j])))
    };
    let secp256k1 = U256::from_be_hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    let any = U256::from_be_hex("8b284e056253d057f1258f7940e1dde784d5ccf933c0478ad598261ea65aa9ee");
    let all = [
        U256::ZERO,
        U256::ONE,
        U256::from(3u8),
        U256::from(u64::MAX),
        U256::ONE << 128,
        U256::ONE << 255,
        any,
        secp256k1,
        secp256k1 - U256::ONE,
        U256::MAX,
    ];
    for x in &all {
        for y in &all {
            assert_eq!(mul_mod(&words(x), &words(y), &[0; 8]), words(&x.wrapping_mul(y)));
            for m in &all[1..] {
                let modulus = NonZero::new(*m).unwrap();
                let product = x.mul_mod(y, &modulus);
                assert_eq!(mul_mod(&words(x), &words(y), &words(m)), words(&product), "{x} {y} {m}");
                assert_eq!(AccelU256(*x).mul_mod(&AccelU256(*y), &modulus).0, product);
                assert_eq!(AccelU256(*x).square_mod(&modulus).0, x.square_mod(&modulus));
            }
        }
    }
}
