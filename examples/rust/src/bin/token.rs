//! A token after the manner of ERC-20. The public input is a list of calls, one a line:
//!
//! ```text
//! mint TO AMOUNT                  only before the first other call
//! transfer FROM TO AMOUNT
//! approve OWNER SPENDER AMOUNT
//! transfer_from SPENDER OWNER TO AMOUNT
//! ```
//!
//! The journal has what follows from them: `NAME BALANCE`, one a line, in order of name. A call that is not allowed undoes
//! all of them: exit code 1, empty journal, and the error console says which it was.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::format;

use ember_guest::{entry, eprintln, exit, io};

entry!(main);

fn main() {
    let text = core::str::from_utf8(io::input()).expect("calls are text");
    let mut token = Token::default();
    for (number, line) in (1..).zip(text.lines()) {
        if let Err(reason) = token.call(line) {
            eprintln!("line {number}: {reason}");
            exit(1)
        }
    }
    for (name, balance) in &token.balances {
        io::journal(format!("{name} {balance}\n").as_bytes());
    }
}

type Result<T> = core::result::Result<T, &'static str>;

#[derive(Default)]
struct Token<'a> {
    balances: BTreeMap<&'a str, u128>,
    /// By owner and spender.
    allowances: BTreeMap<(&'a str, &'a str), u128>,
    supply: u128,
    is_minted: bool,
}

impl<'a> Token<'a> {
    fn call(&mut self, line: &'a str) -> Result<()> {
        let mut words = line.split_ascii_whitespace();
        let mut next = || words.next().ok_or("a word is missing");
        let name = next()?;
        self.is_minted |= name != "mint";
        match name {
            "mint" => self.mint(next()?, amount(next()?)?)?,
            "transfer" => self.transfer(next()?, next()?, amount(next()?)?)?,
            "approve" => {
                let parties = (next()?, next()?);
                self.allowances.insert(parties, amount(next()?)?);
            }
            "transfer_from" => {
                let (spender, owner, to) = (next()?, next()?, next()?);
                let amount = amount(next()?)?;
                let allowance = self.allowances.get_mut(&(owner, spender)).ok_or("nothing is approved")?;
                *allowance = allowance.checked_sub(amount).ok_or("more than is approved")?;
                self.transfer(owner, to, amount)?;
            }
            _ => return Err("no such call"),
        }
        if words.next().is_some() { Err("too many words") } else { Ok(()) }
    }

    fn mint(&mut self, to: &'a str, amount: u128) -> Result<()> {
        if self.is_minted {
            return Err("minting is over");
        }
        self.supply = self.supply.checked_add(amount).ok_or("the supply is too large")?;
        *self.balances.entry(to).or_default() += amount; // at most the supply
        Ok(())
    }

    fn transfer(&mut self, from: &'a str, to: &'a str, amount: u128) -> Result<()> {
        let balance = self.balances.get_mut(from).ok_or("the sender has nothing")?;
        *balance = balance.checked_sub(amount).ok_or("more than the sender has")?;
        *self.balances.entry(to).or_default() += amount; // at most the supply
        Ok(())
    }
}

fn amount(word: &str) -> Result<u128> {
    word.parse().map_err(|_| "an amount is a number of at most 128 bits")
}
