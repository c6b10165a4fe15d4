//! Gas tables: the files that people write, and the form inside statements, proofs and traces.

use ember_cli::gas_table::parse;
use ember_isa::GasTable;

/// Reads the bytes as TOML, as JSON and as postcard. A table that was read is, written and read again, the same.
///
/// # Panics
/// If a reader is wrong.
pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        for is_json in [false, true] {
            match parse(text, is_json) {
                Ok(table) => again(table),
                Err(e) => assert!(!format!("{e:#}").is_empty()),
            }
        }
    }
    if let Ok(table) = postcard::from_bytes::<GasTable>(data)
        && table.check().is_ok()
    {
        again(table);
    }
}

fn again(table: GasTable) {
    let json = serde_json::to_string(&table).expect("a table has a JSON form");
    assert_eq!(parse(&json, true).expect("which is read"), table);
    let text = toml::to_string(&table).expect("a table has a TOML form");
    assert_eq!(parse(&text, false).expect("which is read"), table);
    let bytes = postcard::to_extend(&table, Vec::new()).expect("a table has a postcard form");
    assert_eq!(postcard::from_bytes::<GasTable>(&bytes), Ok(table));
}
