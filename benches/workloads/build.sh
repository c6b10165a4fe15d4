#!/bin/sh
# Builds every workload for every machine into built/: the same C at -O2 with one compiler.
# Needs clang-19 and lld-19 (Debian: apt-get install clang-19 lld-19). The files are reproducible and committed.
set -eu
cd "$(dirname "$0")"
CLANG=${CLANG:-clang-19}
BIN=$(dirname "$(readlink -f "$(command -v "$CLANG")")")
LD=${LD:-$BIN/ld.lld}
[ -x "$LD" ] || LD=ld.lld-19
mkdir -p built
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
CFLAGS="-O2 -ffreestanding -fno-builtin -nostdlib -Wall -Wextra -Werror -Wno-unused-command-line-argument -fno-unroll-loops"

for name in fib sha256 sieve matmul qsort fibrec bigint hashmap keccak lz parser queens tiny; do
    # Ember: rv32em, code on execute-only pages.
    ember="--target=riscv32-unknown-none-elf -march=rv32em -mabi=ilp32e -mno-relax $CFLAGS"
    $CLANG $ember -c start-ember.s -o "$tmp/start.o"
    $CLANG $ember -c memory.c -o "$tmp/memory.o"
    $CLANG $ember -c $name.c -o "$tmp/$name.o"
    "$LD" -T ember.ld --gc-sections -s -o built/$name.ember.elf "$tmp/start.o" "$tmp/$name.o" "$tmp/memory.o"

    # wasmi: wasm32, the features that clang gives by default.
    $CLANG --target=wasm32-unknown-unknown $CFLAGS -mbulk-memory -c $name.c -o "$tmp/$name.wasm.o"
    "$BIN/wasm-ld" --no-entry -s -z stack-size=65536 -o built/$name.wasm "$tmp/$name.wasm.o"

    # ckb-vm: rv64imc.
    ckb="--target=riscv64-unknown-none-elf -march=rv64imc -mabi=lp64 -mcmodel=medany $CFLAGS"
    $CLANG $ckb -c start-ckb.s -o "$tmp/start.o"
    $CLANG $ckb -c memory.c -o "$tmp/memory.o"
    $CLANG $ckb -c $name.c -o "$tmp/$name.o"
    "$LD" -s --gc-sections -e _start -o built/$name.ckb.elf "$tmp/start.o" "$tmp/$name.o" "$tmp/memory.o"

    # polkavm: rv64emac with relocations, which its own linker turns into a .polkavm when the benchmark loads it.
    polkavm="--target=riscv64-unknown-none-elf -march=rv64emac -mabi=lp64e -fpic -fPIE -DPOLKAVM $CFLAGS"
    $CLANG $polkavm -c memory.c -UPOLKAVM -o "$tmp/memory.o"
    $CLANG $polkavm -c $name.c -o "$tmp/$name.o"
    "$LD" --emit-relocs --no-relax -e run -o built/$name.polkavm.elf "$tmp/$name.o" "$tmp/memory.o"
done
ls -l built
