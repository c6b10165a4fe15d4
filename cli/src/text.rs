//! Text that others wrote, made fit for a terminal.
//!
//! Symbols, file names, keys and errors that quote them come from files that nobody vouches for. A terminal acts on what
//! it is sent: an escape sequence in a symbol could make a fault read like a success. So whatever is shown goes through
//! here, where characters that are not printed as they are become escapes, and long texts are cut.

use std::fmt::{self, Write};

/// Most characters of a name that are shown.
pub const MAX_NAME: usize = 256;

/// Most characters of a line of a report that are shown.
pub const MAX_LINE: usize = 4096;

/// Whether a character is shown as it is: printable, and no mark that changes the characters around it.
pub fn is_plain(c: char) -> bool {
    // `escape_debug` knows what Unicode calls printable, and escapes quotes beside.
    matches!(c, ' '..='~') || !c.is_ascii() && c.escape_debug().len() == 1
}

/// The text as one line without control characters. Of one that is longer than `max` characters, start and end.
pub fn shown(text: &str, max: usize) -> String {
    let count = text.chars().count();
    if count <= max {
        return escaped(text.chars());
    }
    let tail = max / 4;
    let start = escaped(text.chars().take(max - tail));
    let end = escaped(text.chars().skip(count - tail));
    format!("{start}...{end}")
}

fn escaped(text: impl Iterator<Item = char>) -> String {
    text.fold(String::new(), |mut out, c| {
        if is_plain(c) {
            out.push(c)
        } else {
            out.extend(c.escape_debug())
        }
        out
    })
}

/// The start of what is written to it: an error says that there was more.
pub struct Start {
    /// So far.
    pub text: String,
    left: usize,
}

impl Start {
    /// At most so many characters.
    pub fn of(left: usize) -> Self {
        Self { text: String::new(), left }
    }
}

impl Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

/// What a program writes to a terminal: lines and tabs as they are, everything else escaped. A character may come in
/// pieces.
#[derive(Default)]
pub struct Console {
    pending: Vec<u8>,
}

impl Console {
    /// What is to be shown after these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut out = String::new();
        self.pending.extend_from_slice(bytes);
        let mut rest = 0;
        for chunk in self.pending.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' | '\t' => out.push(c),
                    c => out += &escaped(std::iter::once(c)),
                }
            }
            rest += chunk.valid().len();
            let invalid = chunk.invalid();
            let may_go_on = rest + invalid.len() == self.pending.len() && is_start_of_character(invalid);
            if !may_go_on {
                invalid.iter().for_each(|byte| out += &format!("\\x{byte:02x}"));
                rest += invalid.len();
            }
        }
        self.pending.drain(..rest);
        out
    }
}

/// Whether more bytes could make a character of these, which are none.
fn is_start_of_character(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|&first| match first {
        0xc2..=0xdf => bytes.len() < 2,
        0xe0..=0xef => bytes.len() < 3,
        0xf0..=0xf4 => bytes.len() < 4,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        for (text, expected) in [
            ("core::fmt::write", "core::fmt::write"),
            ("<a as \"b\">::c\\'d", "<a as \"b\">::c\\'d"),
            ("größe 数", "größe 数"),
            ("a\x1b[2K\rb", "a\\u{1b}[2K\\rb"),
            ("a\nb\tc\0", "a\\nb\\tc\\0"),
            // C1 controls, DEL, direction marks, a combining accent, a line separator.
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("\u{202e}abc\u{2066}\u{200b}\u{feff}", "\\u{202e}abc\\u{2066}\\u{200b}\\u{feff}"),
            ("e\u{301}\u{2028}", "e\\u{301}\\u{2028}"),
        ] {
            assert_eq!(shown(text, 100), expected);
        }
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            assert!(!is_plain(c) || !c.is_control(), "{c:?}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "ab".repeat(1 << 20) + "END";
        assert_eq!(shown(&long, 16), "abababababab...bEND");
        assert_eq!(shown("0123456789", 10), "0123456789");
        let mut start = Start::of(3);
        assert!(start.write_str("ab").is_ok() && write!(start, "{long}").is_err());
        assert_eq!(start.text, "aba");
    }

    #[test]
    fn a_console_takes_characters_in_pieces() {
        let mut console = Console::default();
        let all: String =
            ["a\n\tü".as_bytes(), b"\xe6\x95", b"\xb0\x1b[2K\r", b"\xff\xc3", b"b", b"\xf0\x9f"]
                .into_iter()
                .map(|bytes| console.push(bytes))
                .collect();
        assert_eq!(all, "a\n\tü数\\u{1b}[2K\\r\\xff\\xc3b");
        assert!(console.pending.len() < 4);
    }
}
