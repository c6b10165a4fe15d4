//! An empty input whose digest is that of no input: a root over a tree that nobody bounds.

use ember_isa::{Op, reg};
use ember_memory::{Digest, digest::Hasher, tree};
use ember_verifier::air::{DataCols, MerkleCols, Poseidon2Cols, SPACE_INPUT, Table};
use ember_verifier::params::Val;
use ember_vm::RunConfig;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_koala_bear::{
    GenericPoseidon2LinearLayersKoalaBear as Layers, KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL,
    KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL, KOALABEAR_POSEIDON2_RC_16_INTERNAL,
};
use p3_matrix::dense::RowMajorMatrix;
use p3_poseidon2::GenericPoseidon2LinearLayers;

use crate::common::liar::{self, Lies, NO_LIES};
use crate::common::programs::{config, exit, i, image, li, place};
use crate::{By, Forgery};

fn permutation(input: [Val; 16]) -> Vec<Val> {
    let mut cols = Poseidon2Cols::<Val> { uses: [Val::ONE, Val::ZERO], input, ..Default::default() };
    let mut state = input;
    let full = |state: &mut [Val; 16], posts: &mut [Val], constants: &[[Val; 16]; 4]| {
        for (post, constants) in posts.chunks_exact_mut(16).zip(constants) {
            state.iter_mut().zip(constants).for_each(|(s, &constant)| *s = (*s + constant).cube());
            Layers::external_linear_layer(state);
            post.copy_from_slice(state);
        }
    };
    Layers::external_linear_layer(&mut state);
    full(&mut state, &mut cols.begin, &KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL);
    for (post, constant) in cols.partial.iter_mut().zip(KOALABEAR_POSEIDON2_RC_16_INTERNAL) {
        state[0] = (state[0] + constant).cube();
        *post = state[0];
        Layers::internal_linear_layer(&mut state);
    }
    full(&mut state, &mut cols.end, &KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL);
    let mut row = vec![Val::ZERO; Poseidon2Cols::<()>::WIDTH];
    cols.write(&mut row);
    row
}

/// Opens `leaf` at `index`, modulo the field's order, `depth` levels below a root; adds the rows, and returns it.
fn open(lie: &mut Forgery, h: &Hasher, leaf: Digest, index: u64, depth: u32) -> Digest {
    let mut node = leaf;
    for level in 0..depth {
        let at = index.checked_shr(level).unwrap_or(0);
        let right = at & 1 == 1;
        let children = if right { [Digest::ZERO, node] } else { [node, Digest::ZERO] };
        let parent = h.compress(&children[0], &children[1]);
        let mut row = vec![Val::ZERO; MerkleCols::<()>::WIDTH];
        MerkleCols {
            real: Val::ONE,
            space: Val::from_u32(SPACE_INPUT),
            level: Val::from_u32(level + 1),
            index: Val::from_u64(at >> 1),
            parent: parent.0,
            left: children[0].0,
            right: children[1].0,
            open_left: Val::from_bool(!right),
            open_right: Val::from_bool(right),
            ..Default::default()
        }
        .write(&mut row);
        lie.push(Table::Merkle, &row);
        let mut input = [Val::ZERO; 16];
        input[..8].copy_from_slice(&children[0].0);
        input[8..].copy_from_slice(&children[1].0);
        let permutation = permutation(input);
        lie.matrix(Table::Poseidon2).values.extend(permutation);
        node = parent;
    }
    // Whatever fills the table up.
    let matrix = lie.matrix(Table::Poseidon2);
    let height = (matrix.values.len() / Poseidon2Cols::<()>::WIDTH).next_power_of_two();
    while matrix.values.len() < height * Poseidon2Cols::<()>::WIDTH {
        matrix.values.extend(permutation([Val::ZERO; 16]));
    }
    lie.set(Table::Merkle, 0, "roots[1]", Val::ONE);
    node
}

/// A leaf of the input that lies in the heap: its index is that of the heap's group, from the region's start,
/// modulo the field's order. Then a load from the heap finds what the prover likes.
#[test]
fn an_empty_input_has_no_leaves() {
    let code = [li(8, place().heap + 0x40), vec![i(Op::Lw, 9, 8, 0, 0), i(Op::Addi, 9, 9, 0, 0)], exit(0)];
    let value = 0x1234;
    let lies = Lies { load: &|_, _, _| value, ..NO_LIES };
    let config = RunConfig { input: Vec::new(), ..config() };
    let mut lie = Forgery::of(&liar::run(&image(&code.concat()), &config, &lies));
    let row = lie.family(ember_isa::Family::LoadWord);
    lie.set(Table::Cpu, row, "own[1]", Val::ZERO);

    let start = lie.get(Table::Cpu, 0, &format!("regs[{}]", 2 * reg::A0 - 2))
        + lie.get(Table::Cpu, 0, &format!("regs[{}]", 2 * reg::A0 - 1)) * Val::from_u32(1 << 16);
    let index = u64::from(Val::ORDER_U32) + u64::from(place().heap / 16 + 4)
        - u64::from(start.as_canonical_u32() / 16);
    let mut leaf = Digest::ZERO;
    leaf.0[0] = Val::from_u32(value);
    let mut data = DataCols::<Val> {
        real: Val::ONE,
        is_input: Val::ONE,
        index: Val::from_u64(index),
        limbs: leaf.0,
        last: leaf.0,
        ..Default::default()
    };
    data.time[0] = lie.get(Table::Cpu, row, "clk");
    let mut cells = vec![Val::ZERO; DataCols::<()>::WIDTH];
    data.write(&mut cells);
    let at = lie.index(Table::Heap);
    lie.0.segment.tables[at] = (Table::Data, RowMajorMatrix::new(cells, DataCols::<()>::WIDTH));

    let h = crate::verifier().hasher();
    let root = open(&mut lie, h, leaf, index, 64);
    lie.0.head.preamble.input_root = root;
    lie.0.head.statement.input_digest = tree::input_digest(h, &root, 0);
    lie.fails(By::Bus("node"));
}
