//! Numbers of the circuits that pages name are those of today.

use ember_verifier::air::{KECCAK_ROWS, SHA256_ROWS, Table, lookups};

#[track_caller]
fn says(page: &str, sentence: &str) {
    let path = format!("{}/../{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let text: Vec<&str> = text.split_whitespace().collect();
    assert!(text.join(" ").contains(sentence), "{page} does not say: {sentence}");
}

fn with_comma(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}

#[test]
fn pages_have_the_tables_sizes() {
    let columns = |table: Table| with_comma(table.columns());
    let messages: usize = lookups(Table::MulMod).iter().map(|lookup| lookup.elements.len()).sum();
    let design = "docs/design.md";
    says(
        design,
        &format!("SHA-256 is a table of {SHA256_ROWS} rows with {} columns", columns(Table::Sha256)),
    );
    says(
        design,
        &format!("Keccak-f[1600] is a table of {KECCAK_ROWS} rows with {} columns", columns(Table::Keccak)),
    );
    says(
        design,
        &format!(
            "A modular multiplication is one row of {} columns and {messages} messages",
            columns(Table::MulMod)
        ),
    );
    says("docs/soundness/README.md", &format!("Keccak's {} columns too", columns(Table::Keccak)));
}
