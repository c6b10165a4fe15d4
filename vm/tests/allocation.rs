//! No run allocates more than its memory limit plus a constant, whatever the program does.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use ember_isa::{ExitReason, GasTable, Instruction, Op, ecall, reg};
use ember_memory::{Image, Part, Perm};
use ember_vm::{Host, HostReply, Machine, Program, RunConfig};

/// The system's allocator, which counts live bytes and their peak.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged; the counters are atomics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `ptr` came from the system's allocator with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Answers every host call with more than was asked for.
struct Generous;

impl Host for Generous {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        buf.fill(7);
        buf.len()
    }

    fn host_call(&mut self, _: u32, _: &[u8], out_len: u32) -> HostReply {
        HostReply::Return(vec![1; out_len as usize])
    }
}

/// A program that makes one ecall over and over.
fn looping(number: u32, args: [u32; 4]) -> Program {
    let mut code = Vec::new();
    let mut push = |op, rd, rs1, imm| code.push(Instruction { op, rd, rs1, rs2: 0, imm }.encode().unwrap());
    let mut set = |rd: u8, value: u32| {
        push(Op::Lui, rd, 0, value.wrapping_add(0x800) & 0xffff_f000);
        push(Op::Addi, rd, rd, ((value << 20) as i32 >> 20) as u32);
    };
    set(reg::T0, number);
    for (i, arg) in args.into_iter().enumerate().skip(1) {
        set(reg::A0 + i as u8, arg);
    }
    // The result overwrites a0: set it anew each time.
    set(reg::A0, args[0]);
    push(Op::Ecall, 0, 0, 0);
    push(Op::Jal, 0, 0, -12i32 as u32);
    let code: Vec<u8> = code.into_iter().flat_map(u32::to_le_bytes).collect();
    let part = Part { address: 0x1000, data: &code, mem_len: code.len() as u32, perm: Perm::EXECUTE };
    Program::new(Image::from_parts(0x1000, &[part]).unwrap())
}

#[test]
#[cfg_attr(miri, ignore = "moves gigabytes")]
fn memory_is_bounded() {
    const LIMIT: u32 = 16 << 20;
    const CONSTANT: usize = 8 << 20;
    let heap = 0x2000;
    let free = GasTable {
        write: ember_isa::EcallCost { base: 1, per_word: 0 },
        read: ember_isa::EcallCost { base: 1, per_word: 0 },
        host_call: ember_isa::EcallCost { base: 1, per_word: 0 },
        ..GasTable::UNIT
    };
    let attacks = [
        (looping(ecall::WRITE, [3, heap, 1 << 16, 0]), Some(ExitReason::HostAbort(27))),
        (looping(ecall::WRITE, [1, heap, LIMIT - 4096, 0]), None),
        (looping(ecall::READ, [0, heap, LIMIT - 4096, 0]), None),
        (looping(ecall::READ, [0, heap, u32::MAX, 0]), None),
        (
            looping(ecall::READ, [0, heap + LIMIT - 4096, u32::MAX, 0]),
            Some(ExitReason::StoreAccessFault(heap + LIMIT)),
        ),
        (looping(0x2000, [heap, 1 << 20, heap, 1 << 20]), None),
        (looping(0x2000, [heap, 1 << 23, heap, 4]), Some(ExitReason::HostAbort(7))),
        (looping(ecall::CONTEXT, [heap, 0, 0, 0]), None),
    ];
    for (i, (program, reason)) in attacks.iter().enumerate() {
        let config = RunConfig { gas_table: free, gas_limit: 150, memory_limit: LIMIT, input: vec![] };
        let before = LIVE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let mut machine = Machine::new(program, config).unwrap();
        let exit = machine.run(&mut Generous);
        let used = PEAK.load(Ordering::Relaxed) - before;
        assert!(used <= LIMIT as usize + CONSTANT, "attack {i} took {used} bytes");
        assert_eq!(exit.reason, reason.unwrap_or(ExitReason::OutOfGas), "attack {i}");
    }
}
