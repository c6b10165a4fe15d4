#!/usr/bin/env bash
# Builds the verifier for the machine, with its accelerators and in plain instructions alone, lets both verify the proof of
# a run of each ELF given (by default the smallest example), and prints how many instructions that took. Needs rust-src:
# rustup component add rust-src
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

(cd "$root" && cargo build --quiet --release --bin ember)
ember=$CARGO_TARGET_DIR/release/ember
name=ember-verifier-guest.elf
"$ember" build "$here" -o "$CARGO_TARGET_DIR/ember/plain" -- --quiet --no-default-features
"$ember" build "$here" -o "$CARGO_TARGET_DIR/ember/accel" -- --quiet

[ $# -gt 0 ] || set -- "$root/examples/elf/breakpoint.elf"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
for elf in "$@"; do
    # The verifier's run must halt with 0; the run that it verifies may end as it likes.
    "$ember" prove "$elf" -o "$scratch/run.proof" > "$scratch/prove.txt" 2>&1
    verify() { # $1: with accelerators or without
        "$ember" run "$CARGO_TARGET_DIR/ember/$1/$name" --private "$scratch/run.proof" --gas-limit 100000000000 \
            --memory-limit 64M --journal "$scratch/statement.$1" > "$scratch/verify.txt" 2>&1
    }
    instructions() { sed -n 's/^instructions  *//p' "$1"; }
    printf '%s: %s instructions proven, a proof of %s bytes\n' "$(basename "$elf")" \
        "$(instructions "$scratch/prove.txt")" "$(stat -c %s "$scratch/run.proof")"
    for build in plain accel; do
        verify $build || { cat "$scratch/verify.txt"; exit 1; }
        [ -s "$scratch/statement.$build" ] || { echo "the journal has no statement"; exit 1; }
        printf '  verified (%s) in %s instructions\n' $build "$(instructions "$scratch/verify.txt")"
    done
    cmp "$scratch/statement.plain" "$scratch/statement.accel"
    # A proof with a byte changed is refused.
    printf '\x55' | dd of="$scratch/run.proof" bs=1 seek=5000 conv=notrunc status=none
    for build in plain accel; do
        if verify $build; then echo "an edited proof was accepted ($build)"; exit 1; fi
    done
done
