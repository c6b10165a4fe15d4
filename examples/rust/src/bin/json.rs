//! A query over JSON, with serde_json: adds up an order, `{"items": [{"price": 12, "qty": 3}, ...]}`, from the public
//! input, or a small order of its own where there is none. The sum of price times qty goes to the journal as a 64-bit
//! little-endian number. Other keys are skipped; text that is no order ends with exit code 1, and says where.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;
use ember_guest::{entry, eprintln, exit, io, println};
use serde::Deserialize;

const DEFAULT_ORDER: &[u8] = br#"{"items":[{"price":12,"qty":3},{"price":250,"qty":2}]}"#;

#[derive(Deserialize)]
struct Order {
    items: Vec<Item>,
}

/// Money is counted in cents, never in fractions.
#[derive(Deserialize)]
struct Item {
    price: u32,
    qty: u32,
}

entry!(main);

fn main() {
    let text = if io::input().is_empty() { DEFAULT_ORDER } else { io::input() };
    let order: Order = serde_json::from_slice(text).unwrap_or_else(|error| {
        eprintln!("no order: {error}");
        exit(1)
    });
    let amounts = order.items.iter().map(|item| u64::from(item.price) * u64::from(item.qty));
    let total = amounts.fold(0u64, |sum, amount| sum.checked_add(amount).expect("the total fits 64 bits"));
    println!("total {total}");
    io::journal(&total.to_le_bytes());
}
