//! Trees, chains, the permutation, and what is looked up.

use ember_gates::repair::{Said, State};
use ember_memory::Perm;
use ember_memory::digest::{self, Digest};
use ember_memory::tree::{PAGE_LEVEL, ROOT_LEVEL, page_meta};
use ember_verifier::air::{SPACE_CODE, SPACE_IMAGE, SPACE_INPUT, SPACE_READ, SPACE_WRITE};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::{World, check, int, sends, small};

fn of<'a>(said: &'a [Said], bus: &'a str, sent: bool) -> Vec<&'a Said> {
    said.iter().filter(|s| s.bus == bus && sends(s) == sent).collect()
}

fn position(a: u32, b: u32, c: u32) -> [Val; 3] {
    [a, b, c].map(Val::from_u32)
}

/// Nodes of the trees of image and input.
pub fn merkle(state: &mut State<'_>, rows: &[usize]) -> Result<(), String> {
    let publics = state.publics().to_vec();
    let root = |from: usize, space: u32, level: Val| {
        let place = [Val::from_u32(space), level, Val::ZERO];
        [&place[..], &publics[from..from + 8]].concat()
    };
    let roots = [root(0, SPACE_IMAGE, Val::from_u32(ROOT_LEVEL)), root(8, SPACE_INPUT, publics[16])];
    for &row in rows {
        let said = state.all_said(row);
        let nodes = of(&said, "node", false);
        let mut sent: Vec<Vec<Val>> = of(&said, "node", true).iter().map(|s| s.tuple.clone()).collect();
        if row == 0 {
            // Here the roots enter, each once at most.
            for root in &roots {
                if let Some(at) = sent.iter().position(|s| s == root) {
                    sent.remove(at);
                }
            }
        }
        check(nodes.len() < 2, "a row is a node")?;
        let Some(node) = nodes.first().map(|s| &s.tuple) else {
            check(sent.is_empty(), "a node of nothing")?;
            continue;
        };
        if sent.is_empty() {
            continue;
        }
        let hash = of(&said, "hash", true);
        let hash = &hash.first().ok_or("a node that is no hash")?.tuple;
        check(hash[16..] == node[3..], "a node that is another hash")?;
        let [space, level, index] = [0, 1, 2].map(|i| int(node[i]));
        let mut children = Vec::new();
        let child = |place: [Val; 3], node: &[Val]| [&place[..], node].concat();
        let page = [(Perm::EXECUTE, SPACE_CODE), (Perm::READ, SPACE_READ), (Perm::READ_WRITE, SPACE_WRITE)]
            .into_iter()
            .find(|(perm, _)| page_meta(*perm).0[..] == hash[8..16]);
        match page {
            Some((_, inner)) if space == SPACE_IMAGE && level == PAGE_LEVEL => {
                children.push(child(position(inner, PAGE_LEVEL, index), &hash[..8]));
            }
            _ => {}
        }
        if level > 0 && sent.iter().any(|s| !children.contains(s)) {
            children = (0..2)
                .map(|side| {
                    child(position(space, level - 1, 2 * index + side), &hash[8 * side as usize..][..8])
                })
                .collect();
            // Inside the image's tree a page is taken apart as a page: nobody takes leaves that are of no page.
        }
        for s in sent {
            let at = children.iter().position(|c| *c == s).ok_or("a node that is no child")?;
            children.remove(at);
        }
    }
    Ok(())
}

/// Nodes of the tree of writable memory, before and after.
pub fn memory_node(state: &mut State<'_>, rows: &[usize]) -> Result<(), String> {
    let publics = state.publics().to_vec();
    let root = [&position(0, ROOT_LEVEL, 0)[..], &publics[..16]].concat();
    for &row in rows {
        let said = state.all_said(row);
        let mut sent: Vec<Vec<Val>> = of(&said, "update", true).iter().map(|s| s.tuple.clone()).collect();
        if row == 0 {
            let at = sent.iter().position(|s| *s == root).ok_or("a tree without its root")?;
            sent.remove(at);
        }
        let nodes = of(&said, "update", false);
        check(nodes.len() < 2, "a row is a node")?;
        let Some(node) = nodes.first().map(|s| &s.tuple) else {
            check(sent.is_empty(), "a node of nothing")?;
            continue;
        };
        let [inner, level, index] = [0, 1, 2].map(|i| int(node[i]));
        let (before, after) = (&node[3..11], &node[11..19]);
        let hashes = of(&said, "hash", true);
        let children =
            |parent: &[Val]| hashes.iter().find(|h| h.tuple[16..] == *parent).map(|h| h.tuple[..16].to_vec());
        let now = children(after).ok_or("a node after that is no hash")?;
        let meta = page_meta(Perm::READ_WRITE).0;
        let is_page = inner == 0 && level == PAGE_LEVEL;
        let was = match children(before) {
            Some(was) => was,
            None => {
                let first = int(publics[24]);
                let fresh = is_page
                    && before.iter().all(|&e| e == Val::ZERO)
                    && (first..first + int(publics[25])).contains(&index);
                check(fresh, "a node before that is no hash")?;
                [&publics[16..24], &meta[..]].concat()
            }
        };
        let child = |place: [Val; 3], side: usize| {
            let at = 8 * side..8 * side + 8;
            [&place[..], &was[at.clone()], &now[at]].concat()
        };
        // A page: its contents may change, its permission does not.
        let as_page = vec![child(position(1, PAGE_LEVEL, index), 0)];
        let as_node = if level == 0 {
            Vec::new()
        } else {
            (0..2).map(|side| child(position(inner, level - 1, 2 * index + side), side as usize)).collect()
        };
        let fits = |children: &[Vec<Val>]| {
            let mut left = children.to_vec();
            for s in &sent {
                let Some(at) = left.iter().position(|c| c == s) else { return false };
                left.remove(at);
            }
            // What is not opened stays.
            left.iter().all(|c| c[3..11] == c[11..19])
        };
        let page = is_page && was[8..] == meta && now[8..] == meta && fits(&as_page);
        check(
            page || !as_node.is_empty() && fits(&as_node),
            "a node that is no child, or changed without being one",
        )?;
    }
    Ok(())
}

/// The journal's blocks: each row that hashes one hashes the bytes that it receives.
pub fn journal(world: &World, state: &mut State<'_>) -> Result<(), String> {
    let mut bytes = Vec::new();
    let mut chain = Digest::ZERO;
    for row in 0..state.height {
        let said = state.all_said(row);
        let mut block = [0; 16];
        let mut is_block = false;
        for s in &said {
            if s.bus == "stream" {
                let (at, byte) = (int(s.tuple[0]), int(s.tuple[1]) as u8);
                block[(at % 16) as usize] = byte;
                bytes.push((at, byte));
                is_block = true;
            }
            is_block |= s.bus == "hash";
        }
        if is_block {
            chain = world.hasher.compress(&chain, &digest::block(&block));
        }
    }
    bytes.sort();
    // Each position is sent once, from the first to the last.
    if bytes.iter().enumerate().any(|(i, (at, _))| *at != i as u32) {
        return Ok(());
    }
    // The verifier has the chain of as many bytes: blocks that are those of no journal are for nothing.
    let bytes: Vec<u8> = bytes.into_iter().map(|(_, byte)| byte).collect();
    let is_one = world.hasher.chain(&bytes) == chain;
    check(!is_one || chain.0[..] == *state.publics(), "another journal")
}

/// A permutation.
pub fn poseidon2(world: &World, state: &mut State<'_>, row: usize) -> Result<(), String> {
    for s in state.all_said(row) {
        let t = &s.tuple;
        match &s.bus[..] {
            "hash" => check(world.compressed(t)[..] == t[16..], "another compression")?,
            _ => check(world.permuted(t)[..] == t[16..], "another permutation")?,
        }
    }
    Ok(())
}

/// An integer that is looked up.
pub fn range(state: &mut State<'_>, row: usize) -> Result<(), String> {
    for s in state.all_said(row) {
        let t = &s.tuple;
        let is_it = match &s.bus[..] {
            "range16" => small(t[0], 16),
            "range8" => small(t[0], 8),
            _ => small(t[0], 8) && small(t[1], 8) && int(t[2]) == int(t[0]) & int(t[1]),
        };
        check(is_it, "an entry that is none")?;
    }
    Ok(())
}
