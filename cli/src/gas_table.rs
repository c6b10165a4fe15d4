//! Gas table files.
//!
//! A table with the keys of [`GasTable`], in TOML or JSON. A key that is missing, also inside `read`, `write` and
//! `host_call`, has the default table's cost; a key that the table does not have, or that the file has twice, is an error, and so
//! is a table in which `branch` or `jump` costs nothing.

use anyhow::{Result, anyhow, bail};
use ember_isa::GasTable;
use serde_json::Value;

use crate::json;

/// Largest file, in bytes.
pub const MAX_LEN: u64 = 1 << 20;

/// Reads a table: JSON if the file is called so or its first character is a brace, else TOML.
///
/// # Errors
/// What is wrong with the text, in one line.
pub fn parse(text: &str, is_json: bool) -> Result<GasTable> {
    // Both parsers pass over a byte order mark.
    let start = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    let costs: Value = if is_json || start.starts_with('{') {
        json::parse(text.as_bytes())?
    } else {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            anyhow!("line {line}: {}", e.message())
        })?
    };
    let mut table = serde_json::to_value(GasTable::default())?;
    overlay(&mut table, &costs, "")?;
    let table: GasTable = serde_json::from_value(table)?;
    table.check()?;
    Ok(table)
}

/// Puts `costs` over `table`, where `table` has the same keys and numbers in the same places.
fn overlay(table: &mut Value, costs: &Value, path: &str) -> Result<()> {
    match (table, costs) {
        (Value::Object(table), Value::Object(costs)) => {
            for (key, cost) in costs {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let Some(place) = table.get_mut(key) else { bail!("unknown key `{path}`") };
                overlay(place, cost, &path)?;
            }
        }
        (Value::Object(_), _) if path.is_empty() => bail!("not a table of costs"),
        (Value::Object(_), _) => bail!("`{path}` is a table with `base` and `per_word`"),
        (place, cost) => match cost.as_u64() {
            Some(n) if n <= u64::from(u16::MAX) => *place = n.into(),
            _ => bail!("`{path}` is an integer from 0 to {}", u16::MAX),
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_costs_are_the_default_tables() {
        let default = GasTable::default();
        let mut expected = GasTable { mul: 40, ..default };
        expected.read.per_word = 9;
        assert_eq!(parse("", false).unwrap(), default);
        assert_eq!(parse("mul = 40\n[read]\nper_word = 9", false).unwrap(), expected);
        assert_eq!(parse(r#" {"mul": 40, "read": {"per_word": 9}}"#, false).unwrap(), expected);
    }

    #[test]
    fn a_whole_table_is_taken_as_it_is() {
        let text = serde_json::to_string(&GasTable::UNIT).unwrap();
        assert_eq!(parse(&text, true).unwrap(), GasTable::UNIT);
        let text = toml::to_string(&GasTable::UNIT).unwrap();
        assert_eq!(parse(&text, false).unwrap(), GasTable::UNIT);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_in_both_formats() {
        let expected = GasTable { mul: 40, ..GasTable::default() };
        for is_json in [false, true] {
            assert_eq!(parse("\u{feff}{\"mul\": 40}", is_json).unwrap(), expected);
        }
        assert_eq!(parse("\u{feff}mul = 40\r\n", false).unwrap(), expected);
    }

    #[test]
    fn bad_tables_are_refused_in_one_line() {
        for text in [
            "mull = 4",
            "mul = 65536",
            "mul = -1",
            "mul = 1.5",
            "mul = \"4\"",
            "mul = {}",
            "mul = 1\nmul = 2",
            "read = 4",
            "[read]\nper_byte = 1",
            "[",
            "{",
            "{\"mul\": 1}}",
            "mul = 1979-05-27",
            "branch = 0",
            "jump = 0",
            "{\"mul\": 1, \"mul\": 2}",
            "{\"read\": {\"base\": 1, \"base\": 1}}",
            "\u{feff}\u{feff}mul = 1",
        ] {
            let error = format!("{:#}", parse(text, false).unwrap_err());
            assert!(!error.contains('\n'), "{error}");
        }
        for text in ["[]", "4", "null", "{\"mul\": null}", "{\"mul\": [4]}", ""] {
            assert!(parse(text, true).is_err(), "{text}");
        }
    }
}
