//! Adds up an order: `{"items": [{"price": 12, "qty": 3}, ...]}` in the public input, or a small
//! order of its own where there is none. The sum of price times qty goes to the journal as a
//! 64-bit little-endian number.
//!
//! The parser is strict where it matters to the total, and skips any other key with its value. It
//! borrows the text, allocates nothing, and reports an error with its position and exit code 1.
#![no_std]
#![no_main]

use core::fmt::Write;
use ember_guest::{Console, entry, journal};

const DEFAULT_ORDER: &[u8] = br#"{"items":[{"price":12,"qty":3},{"price":250,"qty":2}]}"#;

/// Nesting beyond this is refused: a run's stack is finite, and a clear error beats a store fault.
const MAX_DEPTH: u32 = 32;

entry!(run);

fn run(input: &[u8]) -> u32 {
    let text = if input.is_empty() { DEFAULT_ORDER } else { input };
    let mut parser = Parser { text, at: 0 };
    match parser.order() {
        Ok(total) => {
            journal(&total.to_le_bytes());
            let _ = writeln!(Console::Out, "total {total}");
            0
        }
        Err(reason) => {
            let _ = writeln!(Console::Error, "byte {}: {reason}", parser.at.min(text.len()));
            1
        }
    }
}

type Result<T> = core::result::Result<T, &'static str>;

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    /// The whole document: an object with "items", and nothing after it.
    fn order(&mut self) -> Result<u64> {
        let mut total = None;
        self.object(|parser, key| match key {
            b"items" if total.is_some() => Err("a second \"items\""),
            b"items" => {
                total = Some(parser.items()?);
                Ok(())
            }
            _ => parser.skip_value(1),
        })?;
        match self.peek() {
            None => total.ok_or("no \"items\""),
            Some(_) => Err("text after the order"),
        }
    }

    fn items(&mut self) -> Result<u64> {
        let mut total = 0u64;
        self.array(|parser| {
            let amount = parser.item()?;
            total = total.checked_add(amount).ok_or("the total is too large")?;
            Ok(())
        })?;
        Ok(total)
    }

    fn item(&mut self) -> Result<u64> {
        let (mut price, mut quantity) = (None, None);
        self.object(|parser, key| {
            let field = match key {
                b"price" => &mut price,
                b"qty" => &mut quantity,
                _ => return parser.skip_value(3),
            };
            match field.replace(parser.integer()?) {
                None => Ok(()),
                Some(_) => Err("a second \"price\" or \"qty\""),
            }
        })?;
        let (price, quantity) = price.zip(quantity).ok_or("an item without \"price\" or \"qty\"")?;
        Ok(u64::from(price) * u64::from(quantity)) // 32 bits times 32 bits fits
    }

    /// `{ "key": value, ... }`, where `value` parses what comes after the colon.
    fn object(&mut self, mut value: impl FnMut(&mut Self, &[u8]) -> Result<()>) -> Result<()> {
        self.sequence(b'{', b'}', |parser| {
            let key = parser.string()?;
            parser.expect(b':', "expected ':'")?;
            value(parser, key)
        })
    }

    /// `[ element, ... ]`
    fn array(&mut self, element: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.sequence(b'[', b']', element)
    }

    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.expect(open, if open == b'{' { "expected '{'" } else { "expected '['" })?;
        if self.accept(close) {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.accept(close) {
                return Ok(());
            }
            self.expect(b',', "expected ',' or the end of the list")?;
        }
    }

    /// A string's bytes between the quotes. Escapes stay as they are: no key here needs one.
    fn string(&mut self) -> Result<&'a [u8]> {
        self.expect(b'"', "expected a string")?;
        let text = self.text;
        let start = self.at;
        while let Some(&byte) = text.get(self.at) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return text.get(start..self.at - 1).ok_or("");
                }
                b'\\' => self.at += 2,
                0..0x20 => break,
                _ => self.at += 1,
            }
        }
        Err("a string without its end")
    }

    /// A whole number of at most 32 bits: money is counted in cents, never in fractions.
    fn integer(&mut self) -> Result<u32> {
        let mut value = 0u32;
        let digits = self.number()?;
        for &byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err("expected a whole number that is not negative");
            }
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(u32::from(digit)))
                .ok_or("the number is too large")?;
        }
        Ok(value)
    }

    /// The text of a number; skipping is laxer than JSON about the order of its characters.
    fn number(&mut self) -> Result<&'a [u8]> {
        self.peek();
        let text = self.text;
        let rest = text.get(self.at..).unwrap_or_default();
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        self.at += length;
        rest.get(..length).filter(|number| !number.is_empty()).ok_or("expected a value")
    }

    fn skip_value(&mut self, depth: u32) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err("nested too deep");
        }
        match self.peek() {
            Some(b'{') => self.object(|parser, _| parser.skip_value(depth + 1)),
            Some(b'[') => self.array(|parser| parser.skip_value(depth + 1)),
            Some(b'"') => self.string().map(drop),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number().map(drop),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<()> {
        match self.text.get(self.at..) {
            Some(rest) if rest.starts_with(word) => {
                self.at += word.len();
                Ok(())
            }
            _ => Err("expected a value"),
        }
    }

    /// The next byte that is not white space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<()> {
        if self.accept(byte) { Ok(()) } else { Err(reason) }
    }
}
