#!/usr/bin/env bash
# Builds the verifier for the machine, lets it verify the proof of a run of each ELF given (by default the smallest
# example), and prints how many instructions that took. Needs rust-src: rustup component add rust-src
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

(cd "$root" && cargo build --quiet --release --bin ember)
ember=$CARGO_TARGET_DIR/release/ember
"$ember" build "$here" -o "$CARGO_TARGET_DIR/ember" -- --quiet
guest=$CARGO_TARGET_DIR/ember/ember-verifier-guest.elf

[ $# -gt 0 ] || set -- "$root/examples/elf/breakpoint.elf"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
for elf in "$@"; do
    # The verifier's run must halt with 0; the run that it verifies may end as it likes.
    "$ember" prove "$elf" -o "$scratch/run.proof" > "$scratch/prove.txt" 2>&1
    verify() {
        "$ember" run "$guest" --private "$scratch/run.proof" --gas-limit 100000000000 --memory-limit 64M \
            --journal "$scratch/statement" > "$scratch/verify.txt" 2>&1
    }
    verify || { cat "$scratch/verify.txt"; exit 1; }
    [ -s "$scratch/statement" ] || { echo "the journal has no statement"; exit 1; }
    printf '%s: %s instructions proven, a proof of %s bytes, verified in %s instructions\n' "$(basename "$elf")" \
        "$(sed -n 's/^instructions  *//p' "$scratch/prove.txt")" "$(stat -c %s "$scratch/run.proof")" \
        "$(sed -n 's/^instructions  *//p' "$scratch/verify.txt")"
    # A proof with a byte changed is refused.
    printf '\x55' | dd of="$scratch/run.proof" bs=1 seek=5000 conv=notrunc status=none
    if verify; then echo "an edited proof was accepted"; exit 1; fi
done
