//! The engines, each as a way to run a workload once and time it.

use ember_benches::workload;
use ember_isa::ExitReason;

use crate::clock::cpu_seconds;

/// What one run gave: the workload's checksum, or what the engine passes on of it, and CPU seconds.
#[derive(Clone, Copy)]
pub struct Run {
    /// The workload's checksum, cut to [`Engine::checksum`].
    pub checksum: u32,
    /// CPU seconds of the run, without loading.
    pub seconds: f64,
    /// Instructions, where the engine counts them.
    pub instructions: u64,
}

/// An engine.
pub struct Engine {
    /// Name and mode.
    pub name: &'static str,
    /// Bits of the checksum that its exit code has.
    pub checksum: u32,
    /// Loads a workload, runs it, and times the run.
    pub run: fn(&str) -> Run,
    /// Loads a tiny program from bytes and runs it, so many times; CPU seconds.
    pub load_and_run: fn(&[u8], usize) -> f64,
    /// Runs a loaded tiny program on a pristine machine, so many times; CPU
    /// seconds, or `None` where that is the same.
    pub run_cached: Option<fn(&[u8], usize) -> f64>,
    /// Extension of the built workloads.
    pub extension: &'static str,
}

macro_rules! ember {
    ($module:ident, $vm:ident) => {
        mod $module {
            use super::*;
            use $vm::{Machine, MachinePool, NoHost, Program, RunConfig};

            fn config() -> RunConfig {
                RunConfig { memory_limit: 8 << 20, gas_limit: 1 << 62, ..Default::default() }
            }

            pub fn run(name: &str) -> Run {
                let program = Program::load(&workload(name, "ember.elf")).expect("a program");
                let mut machine = Machine::new(&program, config()).expect("fits");
                let start = cpu_seconds();
                let exit = machine.run(&mut NoHost);
                let seconds = cpu_seconds() - start;
                let ExitReason::Halt(checksum) = exit.reason else { panic!("{name}: {exit}") };
                Run { checksum, seconds, instructions: machine.instructions() }
            }

            pub fn load_and_run(elf: &[u8], times: usize) -> f64 {
                let start = cpu_seconds();
                for _ in 0..times {
                    let program = Program::load(elf).expect("a program");
                    Machine::new(&program, RunConfig::default()).expect("fits").run(&mut NoHost);
                }
                cpu_seconds() - start
            }

            pub fn run_cached(elf: &[u8], times: usize) -> f64 {
                let program = Program::load(elf).expect("a program");
                let start = cpu_seconds();
                for _ in 0..times {
                    Machine::new(&program, RunConfig::default()).expect("fits").run(&mut NoHost);
                }
                cpu_seconds() - start
            }

            pub fn run_pooled(elf: &[u8], times: usize) -> f64 {
                let program = Program::load(elf).expect("a program");
                let mut pool = MachinePool::new(&program, 1);
                let start = cpu_seconds();
                for _ in 0..times {
                    let mut machine = pool.take(RunConfig::default()).expect("fits");
                    machine.run(&mut NoHost);
                    pool.give(machine);
                }
                cpu_seconds() - start
            }
        }
    };
}

ember!(metered, ember_vm);
#[allow(dead_code)]
mod without {
    use super::*;
    ember!(unmetered, ember_vm_unmetered);
    pub use unmetered::run;
}

pub use metered::run_pooled;

/// A run with full records for the prover.
pub fn run_traced(name: &str) -> Run {
    use ember_vm::{Machine, NoHost, Program, RunConfig, Step, Tracer};

    /// Instructions of a segment.
    const SEGMENT: usize = 1 << 20;

    /// Keeps the records of a segment, then those of the next one in the same place, as a prover's front end does.
    struct Segment(Vec<Step>);

    impl Tracer for Segment {
        fn step(&mut self, step: Step) {
            self.0.push(step);
        }

        fn keep(&mut self) -> Option<(&mut Vec<Step>, usize)> {
            if self.0.len() > SEGMENT {
                self.0.clear();
            }
            Some((&mut self.0, SEGMENT))
        }

        fn io_word(&mut self, _: u32, _: u32) {}
    }

    let program = Program::load(&workload(name, "ember.elf")).expect("a program");
    let config = RunConfig { memory_limit: 8 << 20, gas_limit: 1 << 62, ..Default::default() };
    let mut machine = Machine::new(&program, config).expect("fits");
    let mut segment = Segment(vec![Step::default(); 2 * SEGMENT]);
    segment.0.clear();
    let start = cpu_seconds();
    let exit = machine.run_traced(&mut NoHost, &mut segment);
    let seconds = cpu_seconds() - start;
    let ExitReason::Halt(checksum) = exit.reason else { panic!("{name}: {exit}") };
    Run { checksum, seconds, instructions: machine.instructions() }
}

/// A run without metering.
pub fn run_unmetered(name: &str) -> Run {
    without::run(name)
}

mod wasmi_engine {
    use super::*;
    use wasmi::{Config, Engine, Linker, Module, Store, TypedFunc};

    fn engine() -> Engine {
        let mut config = Config::default();
        config.consume_fuel(true);
        Engine::new(&config)
    }

    fn instance(engine: &Engine, module: &Module) -> (Store<()>, TypedFunc<(), u32>) {
        let mut store = Store::new(engine, ());
        store.set_fuel(u64::MAX / 2).expect("fuel is on");
        let linker = Linker::new(engine);
        let instance = linker.instantiate_and_start(&mut store, module).expect("no imports");
        let run = instance.get_typed_func(&store, "run").expect("exported");
        (store, run)
    }

    pub fn run(name: &str) -> Run {
        let engine = engine();
        let module = Module::new(&engine, workload(name, "wasm")).expect("a module");
        let (mut store, run) = instance(&engine, &module);
        let start = cpu_seconds();
        let checksum = run.call(&mut store, ()).expect("no trap");
        Run { checksum, seconds: cpu_seconds() - start, instructions: 0 }
    }

    pub fn load_and_run(wasm: &[u8], times: usize) -> f64 {
        let engine = engine();
        let start = cpu_seconds();
        for _ in 0..times {
            let module = Module::new(&engine, wasm).expect("a module");
            let (mut store, run) = instance(&engine, &module);
            run.call(&mut store, ()).expect("no trap");
        }
        cpu_seconds() - start
    }

    pub fn run_cached(wasm: &[u8], times: usize) -> f64 {
        let engine = engine();
        let module = Module::new(&engine, wasm).expect("a module");
        let start = cpu_seconds();
        for _ in 0..times {
            let (mut store, run) = instance(&engine, &module);
            run.call(&mut store, ()).expect("no trap");
        }
        cpu_seconds() - start
    }
}

mod ckb {
    use super::*;
    use ckb_vm::cost_model::estimate_cycles;
    use ckb_vm::machine::VERSION2;
    use ckb_vm::machine::asm::{AsmCoreMachine, AsmMachine};
    use ckb_vm::{
        DefaultMachineBuilder, DefaultMachineRunner, ISA_A, ISA_B, ISA_IMC, ISA_MOP, SupportMachine,
    };

    fn machine(elf: &[u8]) -> AsmMachine {
        let isa = ISA_IMC | ISA_B | ISA_MOP | ISA_A;
        let core = <Box<AsmCoreMachine> as SupportMachine>::new(isa, VERSION2, u64::MAX);
        let core = DefaultMachineBuilder::new(core).instruction_cycle_func(Box::new(estimate_cycles)).build();
        let mut machine = AsmMachine::new(core);
        machine.load_program(&elf.to_vec().into(), [].into_iter()).expect("a program");
        machine
    }

    pub fn run(name: &str) -> Run {
        let mut machine = machine(&workload(name, "ckb.elf"));
        let start = cpu_seconds();
        let code = machine.run().expect("no error");
        Run { checksum: u32::from(code as u8), seconds: cpu_seconds() - start, instructions: 0 }
    }

    pub fn load_and_run(elf: &[u8], times: usize) -> f64 {
        let start = cpu_seconds();
        for _ in 0..times {
            machine(elf).run().expect("no error");
        }
        cpu_seconds() - start
    }
}

mod polkavm_engine {
    use super::*;
    use polkavm::{BackendKind, Config, Engine, GasMeteringKind, Instance, Linker, Module, ModuleConfig};

    fn blob(elf: &[u8]) -> Vec<u8> {
        let isa = polkavm_linker::TargetInstructionSet::Latest;
        polkavm_linker::program_from_elf(polkavm_linker::Config::default(), isa, elf).expect("a program")
    }

    fn engine() -> Engine {
        let mut config = Config::new();
        config.set_backend(Some(BackendKind::Interpreter));
        Engine::new(&config).expect("the interpreter runs everywhere")
    }

    fn module(engine: &Engine, blob: &[u8]) -> Module {
        let mut config = ModuleConfig::new();
        config.set_gas_metering(Some(GasMeteringKind::Sync));
        Module::new(engine, &config, blob.to_vec().into()).expect("a module")
    }

    fn instance(module: &Module) -> Instance {
        let linker: Linker = Linker::new();
        let mut instance = linker.instantiate_pre(module).expect("no imports").instantiate().expect("fits");
        instance.set_gas(i64::MAX);
        instance
    }

    fn call(instance: &mut Instance) -> u32 {
        instance.call_typed_and_get_result::<u32, ()>(&mut (), "run", ()).expect("no trap")
    }

    pub fn run(name: &str) -> Run {
        let mut instance = instance(&module(&engine(), &blob(&workload(name, "polkavm.elf"))));
        let start = cpu_seconds();
        let checksum = call(&mut instance);
        Run { checksum, seconds: cpu_seconds() - start, instructions: 0 }
    }

    pub fn load_and_run(elf: &[u8], times: usize) -> f64 {
        let (engine, blob) = (engine(), blob(elf));
        let start = cpu_seconds();
        for _ in 0..times {
            call(&mut instance(&module(&engine, &blob)));
        }
        cpu_seconds() - start
    }

    pub fn run_cached(elf: &[u8], times: usize) -> f64 {
        let engine = engine();
        let module = module(&engine, &blob(elf));
        let start = cpu_seconds();
        for _ in 0..times {
            call(&mut instance(&module));
        }
        cpu_seconds() - start
    }
}

/// Ember first, then what it is measured against.
pub const ENGINES: &[Engine] = &[
    Engine {
        name: "Ember",
        checksum: u32::MAX,
        run: metered::run,
        load_and_run: metered::load_and_run,
        run_cached: Some(metered::run_cached),
        extension: "ember.elf",
    },
    Engine {
        name: "wasmi 2.0, fuel",
        checksum: u32::MAX,
        run: wasmi_engine::run,
        load_and_run: wasmi_engine::load_and_run,
        run_cached: Some(wasmi_engine::run_cached),
        extension: "wasm",
    },
    Engine {
        name: "ckb-vm 0.24, asm",
        checksum: 0xff,
        run: ckb::run,
        load_and_run: ckb::load_and_run,
        run_cached: None,
        extension: "ckb.elf",
    },
    Engine {
        name: "polkavm 0.37, interpreter, gas",
        checksum: u32::MAX,
        run: polkavm_engine::run,
        load_and_run: polkavm_engine::load_and_run,
        run_cached: Some(polkavm_engine::run_cached),
        extension: "polkavm.elf",
    },
];
