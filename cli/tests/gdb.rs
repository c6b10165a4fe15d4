//! `ember run --gdb`, spoken to over its socket as gdb does.

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use common::{CODE, DATA, Folder, call, echo, elf, i, li};
use ember_isa::{Op, reg};

/// A run under this debugger.
struct Session {
    child: Child,
    stderr: BufReader<ChildStderr>,
    connection: TcpStream,
}

impl Session {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let all = [&["run", "--gdb", "0"], args].concat();
        let mut command = folder.command(&all);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("ember starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("a line");
        let address = line.trim().rsplit(' ').next().expect("an address");
        let connection = TcpStream::connect(address).unwrap_or_else(|e| panic!("{line}: {e}"));
        connection.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        Self { child, stderr, connection }
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.connection.read_exact(&mut byte).expect("an answer");
        byte[0]
    }

    fn send(&mut self, packet: &str) {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        write!(self.connection, "${packet}#{sum:02x}").expect("a connection");
        assert_eq!(self.byte(), b'+', "{packet}");
    }

    /// The next packet, run lengths expanded.
    fn receive(&mut self) -> String {
        assert_eq!(self.byte(), b'$');
        let mut raw = Vec::new();
        loop {
            match self.byte() {
                b'#' => break,
                byte => raw.push(byte),
            }
        }
        let sum = [self.byte(), self.byte()];
        let expected = raw.iter().copied().fold(0u8, u8::wrapping_add);
        assert_eq!(u8::from_str_radix(std::str::from_utf8(&sum).expect("digits"), 16), Ok(expected));
        self.connection.write_all(b"+").expect("a connection");
        let mut packet = String::new();
        let mut bytes = raw.into_iter();
        while let Some(byte) = bytes.next() {
            if byte == b'*' {
                let last = packet.pop().expect("a character");
                let n = usize::from(bytes.next().expect("a count")) - 29;
                packet.extend(std::iter::repeat_n(last, n + 1));
            } else {
                packet.push(byte.into());
            }
        }
        packet
    }

    fn ask(&mut self, packet: &str) -> String {
        self.send(packet);
        self.receive()
    }

    /// Registers, x0 first, and pc.
    fn registers(&mut self) -> Vec<u32> {
        let text = self.ask("g");
        let words = text.as_bytes().chunks(8).map(|w| {
            let word = u32::from_str_radix(std::str::from_utf8(w).expect("digits"), 16).expect("digits");
            word.swap_bytes()
        });
        words.collect()
    }

    fn pc(&mut self) -> u32 {
        self.registers()[reg::COUNT]
    }

    /// Continues to a watchpoint: its kind and address.
    fn watch(&mut self) -> (String, u32) {
        let stop = self.ask("c");
        let (kind, address) = stop
            .split(';')
            .filter_map(|pair| pair.trim_start_matches("T05").split_once(':'))
            .find(|(kind, _)| kind.ends_with("watch"))
            .unwrap_or_else(|| panic!("no watchpoint: {stop}"));
        (kind.to_owned(), u32::from_str_radix(address, 16).expect("digits"))
    }

    /// What a monitor command says.
    fn monitor(&mut self, command: &str) -> String {
        let hex: String = command.bytes().map(|b| format!("{b:02x}")).collect();
        self.send(&format!("qRcmd,{hex}"));
        let mut said = Vec::new();
        loop {
            let packet = self.receive();
            match packet.strip_prefix('O') {
                Some(digits) if packet != "OK" => said.extend(
                    (0..digits.len())
                        .step_by(2)
                        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits")),
                ),
                _ => break assert_eq!(packet, "OK"),
            }
        }
        String::from_utf8(said).expect("text")
    }

    /// Exit status and what the command said after the debugger was gone.
    fn end(mut self) -> (i32, String) {
        drop(self.connection);
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).expect("text");
        (self.child.wait().expect("an end").code().expect("an exit status"), said)
    }
}

/// a0 = 3; counts it down to 0, stores each value at DATA; exits with 42.
fn countdown() -> Vec<u8> {
    let code = [
        vec![i(Op::Lui, reg::A1, 0, 0, DATA as i32), i(Op::Addi, reg::A0, 0, 0, 3)],
        vec![
            i(Op::Sw, 0, reg::A1, reg::A0, 0),
            i(Op::Addi, reg::A0, reg::A0, 0, -1),
            i(Op::Bne, 0, reg::A0, reg::ZERO, -8),
            i(Op::Lw, reg::A2, reg::A1, 0, 4),
        ],
        call(93, &[42]),
    ];
    elf(&code.concat(), b"\x01\x02\x03\x04\x05\x06\x07\x08")
}

const STORE: u32 = CODE + 8;

#[test]
fn a_session() {
    let folder = Folder::new();
    folder.file("a.elf", countdown());
    let mut gdb = Session::start(&folder, &["a.elf"]);
    let features = gdb.ask("qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386");
    for feature in ["swbreak+", "hwbreak+", "vContSupported+", "qXfer:features:read+"] {
        assert!(features.contains(feature), "{features}");
    }
    let description = gdb.ask("qXfer:features:read:target.xml:0,fff");
    assert_eq!(description.matches("<reg ").count(), reg::COUNT + 1);
    assert!(gdb.ask("?").starts_with("T05"));

    let registers = gdb.registers();
    assert_eq!(registers.len(), reg::COUNT + 1);
    assert_eq!(registers[reg::COUNT], CODE);
    assert_eq!(registers[reg::SP as usize] % 4096, 0);
    // Code, that the program itself cannot read; data; both at once; nothing.
    let lui = i(Op::Lui, reg::A1, 0, 0, DATA as i32);
    assert_eq!(gdb.ask(&format!("m{CODE:x},4")), format!("{:08x}", lui.swap_bytes()));
    assert_eq!(gdb.ask(&format!("m{DATA:x},8")), "0102030405060708");
    assert!(gdb.ask("m0,4").starts_with('E'));
    assert!(gdb.ask("mfffffffe,4").starts_with('E'));
    // What is mapped of a range.
    assert_eq!(gdb.ask(&format!("m{:x},8", CODE + 0xffc)), "00000000");

    assert!(gdb.ask("s").starts_with("S05"));
    assert_eq!(gdb.pc(), CODE + 4);
    assert_eq!(gdb.registers()[reg::A1 as usize], DATA);

    assert_eq!(gdb.ask(&format!("Z0,{STORE:x},4")), "OK");
    assert!(gdb.ask("Z0,4,4").starts_with('E'), "no code there");
    for left in [3, 2, 1] {
        assert!(gdb.ask("c").contains("swbreak"));
        assert_eq!(gdb.pc(), STORE);
        assert_eq!(gdb.registers()[reg::A0 as usize], left);
    }
    assert_eq!(gdb.ask(&format!("m{DATA:x},4")), "02000000");
    assert_eq!(gdb.ask(&format!("z0,{STORE:x},4")), "OK");
    let gas = gdb.monitor("gas");
    assert!(gas.contains("of 4294967296, 8 instructions"), "{gas}");
    assert!(gdb.monitor("exit").contains("has not ended"));
    assert!(gdb.monitor("what").contains("commands"));

    // A range is left at once by the branch.
    assert!(gdb.ask(&format!("vCont;r{:x},{:x}:p1.1;c", STORE, STORE + 12)).starts_with("S05"));
    assert_eq!(gdb.pc(), STORE + 12);
    assert_eq!(gdb.ask("c"), "W2a");
    let (status, said) = gdb.end();
    assert_eq!(status, 1);
    assert!(said.contains("halt with exit code 42") && said.contains("arith"), "{said}");
    let plain = folder.ember(&["run", "a.elf"]).exits(1);
    assert_eq!(plain.stderr, said, "the report of the same run without a debugger");
}

#[test]
fn a_debugger_changes_nothing() {
    let folder = Folder::new();
    folder.file("a.elf", countdown());
    let mut gdb = Session::start(&folder, &["a.elf"]);
    assert!(gdb.ask(&format!("M{DATA:x},4:ffffffff")).starts_with('E'));
    let zeros = "0".repeat(8 * (reg::COUNT + 1));
    assert!(gdb.ask(&format!("G{zeros}")).starts_with('E'));
    assert_eq!(gdb.ask(&format!("m{DATA:x},4")), "01020304");
    assert_eq!(gdb.pc(), CODE);
    // After a detach the run goes on by itself.
    assert_eq!(gdb.ask("D"), "OK");
    let (status, said) = gdb.end();
    assert_eq!(status, 1);
    assert!(said.contains("halt with exit code 42"), "{said}");

    let mut gdb = Session::start(&folder, &["a.elf"]);
    gdb.send("k");
    let (status, said) = gdb.end();
    assert_eq!((status, said.as_str()), (2, "ember: the debugger stopped the run\n"));

    let (status, said) = Session::start(&folder, &["a.elf"]).end();
    assert_eq!(status, 2, "{said}");
    assert!(said.starts_with("ember: the debugger's connection"), "{said}");
}

#[test]
fn watchpoints() {
    let folder = Folder::new();
    folder.file("a.elf", countdown());
    let mut gdb = Session::start(&folder, &["a.elf"]);
    assert_eq!(gdb.ask(&format!("Z2,{DATA:x},4")), "OK");
    assert!(gdb.ask(&format!("Z2,{CODE:x},4")).starts_with('E'), "code is not watched");
    assert_eq!(gdb.watch(), ("watch".to_owned(), DATA));
    assert_eq!(gdb.pc(), STORE + 4, "after the store");
    assert_eq!(gdb.ask(&format!("z2,{DATA:x},4")), "OK");
    // Stores of the loop are not reads.
    assert_eq!(gdb.ask(&format!("Z3,{:x},1", DATA + 7)), "OK");
    assert_eq!(gdb.watch(), ("rwatch".to_owned(), DATA + 7));
    assert_eq!(gdb.pc(), STORE + 16, "after the load");
    assert_eq!(gdb.ask("c"), "W2a");

    // What an ecall writes, with the run's inputs.
    folder.file("echo.elf", echo());
    folder.file("public", b"publ");
    folder.file("private", b"ic and private");
    let args = ["echo.elf", "--input", "public", "--private", "private"];
    let mut gdb = Session::start(&folder, &args);
    assert_eq!(gdb.ask(&format!("Z4,{:x},4", DATA + 4)), "OK");
    assert_eq!(gdb.watch(), ("awatch".to_owned(), DATA + 4));
    assert_eq!(gdb.ask(&format!("m{DATA:x},8")), "696320616e642070");
    assert_eq!(gdb.ask("c"), "W00");
    let (status, said) = gdb.end();
    assert_eq!(status, 0);
    assert!(said.contains("12 bytes: 7075626c696320616e642070"), "{said}");
}

#[test]
fn faults_are_signals() {
    let folder = Folder::new();
    let ending = |code: &[u32], args: &[&str]| {
        folder.file("a.elf", elf(code, b""));
        let mut gdb = Session::start(&folder, &[&["a.elf"], args].concat());
        let stop = gdb.ask("c");
        let exit = gdb.monitor("exit");
        // The place of the fault can be looked at.
        let pc = gdb.pc();
        assert!(exit.contains(&format!("at pc {pc:#010x}")), "{exit}");
        let gone = gdb.ask("c");
        assert_eq!(stop.replacen('S', "X", 1), gone);
        let (status, said) = gdb.end();
        assert_eq!(status, 1);
        assert!(said.contains(exit.trim()), "{said}");
        gone
    };
    assert_eq!(ending(&[0], &[]), "X04");
    assert_eq!(ending(&[i(Op::Ebreak, 0, 0, 0, 0)], &[]), "X05");
    assert_eq!(ending(&[i(Op::Lw, 8, 0, 0, 3)], &[]), "X0a");
    assert_eq!(ending(&[i(Op::Lw, 8, 0, 0, 4)], &[]), "X0b");
    assert_eq!(ending(&[i(Op::Jalr, 0, 0, 0, 0)], &[]), "X0b");
    assert_eq!(ending(&[li(reg::T0, 5).to_vec(), vec![i(Op::Ecall, 0, 0, 0, 0)]].concat(), &[]), "X0c");
    assert_eq!(ending(&[i(Op::Jal, 0, 0, 0, 0)], &["--gas-limit", "1000"]), "X18");
}

#[test]
fn interrupts_stop_a_run() {
    let folder = Folder::new();
    folder.file("loop.elf", elf(&[i(Op::Addi, 8, 8, 0, 1), i(Op::Jal, 0, 0, 0, -4)], b""));
    // With and without a breakpoint that is never met: both ways of running listen.
    for breakpoint in [false, true] {
        let mut gdb = Session::start(&folder, &["loop.elf", "--gas-limit", "18_000_000_000_000"]);
        if breakpoint {
            assert_eq!(gdb.ask(&format!("Z0,{:x},4", CODE + 64)), "OK");
        }
        gdb.send("c");
        gdb.connection.write_all(b"\x03").expect("a connection");
        assert!(gdb.receive().starts_with("S02"));
        assert!((CODE..CODE + 8).contains(&gdb.pc()));
        gdb.send("k");
        assert_eq!(gdb.end().0, 2);
    }
}

#[test]
fn bad_usage() {
    let folder = Folder::new();
    folder.file("a.elf", countdown());
    for args in [["--gdb", "65536"], ["--gdb", "x"]] {
        folder.ember(&[&["run", "a.elf"], &args[..]].concat()).exits(2);
    }
    folder.ember(&["run", "a.elf", "--gdb", "0", "--estimate"]).exits(2);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    folder.ember(&["run", "a.elf", "--gdb", &port]).refused("cannot listen on port");
}
