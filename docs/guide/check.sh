#!/usr/bin/env bash
# Follows the guide, command by command: every block of rust.md and c.md that is marked `sh`.
#
#   docs/guide/check.sh EMBER      EMBER: the built command
#
# What is missing is installed by the very commands that `ember doctor` names (root or sudo; Debian or rustup).
set -euo pipefail

guide=$(cd "$(dirname "$0")" && pwd)
ember=$(realpath "${1:?usage: docs/guide/check.sh EMBER}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$ember" "$scratch/bin/ember"
export PATH="$scratch/bin:$PATH"
# Programs are built in their own folders.
unset CARGO_TARGET_DIR

if ! ember doctor --json > "$scratch/doctor.json"; then
    command -v apt-get > /dev/null && apt-get update -qq
    grep -o '"install_[a-z]*":"[^"]*"' "$scratch/doctor.json" | sed 's/^[^:]*:"//; s/"$//' > "$scratch/installs"
    while read -r install; do
        echo "\$ $install"
        DEBIAN_FRONTEND=noninteractive bash -c "$install" > /dev/null < /dev/null
    done < "$scratch/installs"
fi
ember doctor

for page in rust c; do
    echo "== $page.md"
    awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$guide/$page.md" > "$scratch/$page.sh"
    [ -s "$scratch/$page.sh" ] || { echo "$page.md has no commands"; exit 1; }
    mkdir "$scratch/$page"
    (cd "$scratch/$page" && bash -euxo pipefail "$scratch/$page.sh")
done

grep -q '^status 3$' "$scratch/rust/primes/refused.txt" || { echo "a proof of another input was taken"; exit 1; }
# The guide's numbers are what the programs say.
rust=$(ember verify "$scratch/rust/primes/primes.proof" --json)
c=$(ember verify "$scratch/c/sieve/sieve.proof" --json)
for statement in "$rust" "$c"; do
    grep -q '"journal":"a8000000"' <<< "$statement" || { echo "not 168 primes: $statement"; exit 1; }
done
[ "$(od -An -tx1 "$scratch/rust/primes/scale.journal" | tr -d ' ')" = 2a ] || { echo "scale does not answer 42"; exit 1; }
echo "the guide holds"
