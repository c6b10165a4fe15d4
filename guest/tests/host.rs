//! The crate on the host: what a program's own unit tests stand on.

use ember_guest::host::{self, Output};
use ember_guest::{entry, exit, io};

entry!(main);

fn main() -> Result<(), io::Error> {
    let (words, factor): (Vec<u32>, u32) = io::read_input()?;
    let secret: String = io::read_private()?;
    ember_guest::println!("{} words", words.len());
    io::commit(&(words.iter().sum::<u32>() * factor))?;
    io::journal(secret.as_bytes());
    Ok(())
}

fn encoded<T: serde::Serialize>(value: T) -> Vec<u8> {
    postcard::to_allocvec(&value).unwrap()
}

#[test]
fn values_go_in_and_out() {
    let output = host::run(&encoded((vec![1u32, 2, 3000], 2u32)), &encoded("secret"), main);
    let journal = [encoded(6006u32), b"secret".to_vec()].concat();
    assert_eq!(output, Output { exit_code: 0, journal, console: b"3 words\n".to_vec(), errors: Vec::new() });
}

#[test]
fn bad_inputs_end_with_1_and_a_message() {
    let good = encoded((vec![1u32], 2u32));
    let mut longer = good.clone();
    longer.push(0);
    for input in [&good[..good.len() - 1], &longer, b""] {
        let output = host::run(input, &encoded("secret"), main);
        assert_eq!((output.exit_code, output.journal.len()), (1, 0));
        assert!(output.errors.starts_with(b"Error: Deserialize"), "{:?}", output.errors);
    }
}

#[test]
fn private_bytes_come_in_order_until_the_end() {
    let output = host::run(b"", b"0123456789", || {
        let mut buffer = [0; 4];
        assert_eq!(io::read_private_bytes(&mut buffer), 4);
        assert_eq!(&buffer, b"0123");
        assert_eq!(io::read_private_to_end(), b"456789");
        assert_eq!(io::read_private_bytes(&mut buffer), 0);
    });
    assert_eq!(output.exit_code, 0);
}

#[test]
fn long_private_inputs_are_read_whole() {
    for len in [0, 1, 1023, 1024, 1025, 2048, 100_000] {
        let private: Vec<u8> = (0..len).map(|i: u32| i as u8).collect();
        host::run(b"", &private, || assert_eq!(io::read_private_to_end(), private));
    }
}

#[test]
fn exit_ends_the_run_at_once() {
    let output = host::run(b"", b"", || {
        io::journal(b"before");
        if ember_guest::cycles() == 0 {
            exit(7);
        }
        io::journal(b"after");
    });
    assert_eq!((output.exit_code, &output.journal[..]), (7, &b"before"[..]));
}

#[test]
#[should_panic(expected = "as ever")]
fn a_panic_passes_through() {
    host::run(b"", b"", || -> () { panic!("as ever") });
}
