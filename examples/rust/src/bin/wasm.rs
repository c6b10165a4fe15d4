//! Runs a WebAssembly module in an interpreter, wasmi, that itself runs in the machine: proves what the module's function
//! answers. The public input is a line with the name of an exported function and its arguments, and after it the module:
//! `fibonacci 90\n` and the bytes of a `.wasm` file. Arguments are numbers of the parameters' types. The results go to
//! the journal as they are in memory, 4 or 8 bytes each, little-endian, and are shown on the console.
//!
//! Exit code 1: the module has no such function of such arguments; 2: the module is malformed, or wants imports or memory
//! that it does not get; 3: it trapped. The journal then is empty.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ember_guest::{entry, eprintln, exit, io, println};
use wasmi::{Config, Engine, Extern, Func, Linker, Module, Store, Val, ValType};

const BAD_CALL: u32 = 1;
const BAD_MODULE: u32 = 2;
const TRAPPED: u32 = 3;

entry!(main);

fn main() {
    match answer(io::input()) {
        Ok(results) => {
            for result in &results {
                println!("{result:?}");
            }
            io::journal(&results.iter().flat_map(bytes).collect::<Vec<u8>>());
        }
        Err((code, reason)) => {
            eprintln!("{reason}");
            exit(code)
        }
    }
}

/// What the function of the input's first line answers, or an exit code and the reason.
fn answer(input: &[u8]) -> Result<Vec<Val>, (u32, String)> {
    let bad_call = |reason: &str| (BAD_CALL, String::from(reason));
    let end = input.iter().position(|&byte| byte == b'\n').ok_or_else(|| bad_call("no line with a call"))?;
    let call = str::from_utf8(&input[..end]).map_err(|_| bad_call("the call is not UTF-8"))?;
    let mut words = call.split_whitespace();
    let name = words.next().ok_or_else(|| bad_call("no function is named"))?;

    let bad_module = |error: wasmi::Error| (BAD_MODULE, format!("{error}"));
    let engine = Engine::new(Config::default().set_max_cached_stacks(0));
    let module = Module::new(&engine, &input[end + 1..]).map_err(bad_module)?;
    let mut store = Store::new(&engine, ());
    // The module's start function, if it has one, runs here and may trap.
    let failed = |error: wasmi::Error| match error.as_trap_code() {
        Some(trap) => (TRAPPED, format!("trap: {trap}")),
        None => bad_module(error),
    };
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).map_err(failed)?;

    let function = match instance.get_export(&store, name) {
        Some(Extern::Func(function)) => function,
        _ => return Err((BAD_CALL, format!("the module exports no function {name}"))),
    };
    let ty = Func::ty(&function, &store);
    let arguments: Option<Vec<Val>> = ty.params().iter().map(|ty| argument(*ty, words.next()?)).collect();
    let arguments = arguments.filter(|_| words.next().is_none());
    let arguments =
        arguments.ok_or_else(|| (BAD_CALL, format!("the parameters of {name} are {:?}", ty.params())))?;
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    function.call(&mut store, &arguments, &mut results).map_err(failed)?;
    Ok(results)
}

/// A number as an argument of this type; integers with or without a sign.
fn argument(ty: ValType, word: &str) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(word.parse().or_else(|_| word.parse::<u32>().map(|n| n as i32)).ok()?),
        ValType::I64 => Val::I64(word.parse().or_else(|_| word.parse::<u64>().map(|n| n as i64)).ok()?),
        ValType::F32 => Val::F32(word.parse::<f32>().ok()?.into()),
        ValType::F64 => Val::F64(word.parse::<f64>().ok()?.into()),
        _ => return None,
    })
}

/// A result's bytes. References have no meaning outside the module, and none.
fn bytes(value: &Val) -> Vec<u8> {
    match value {
        Val::I32(n) => n.to_le_bytes().into(),
        Val::I64(n) => n.to_le_bytes().into(),
        Val::F32(n) => n.to_bits().to_le_bytes().into(),
        Val::F64(n) => n.to_bits().to_le_bytes().into(),
        _ => Vec::new(),
    }
}
