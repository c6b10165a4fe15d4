#!/usr/bin/env bash
# Follows README and guide, command by command: every block that is marked `sh`, and the session with gdb.
#
#   docs/guide/check.sh EMBER      EMBER: the built command
#
# What is missing is installed by the very commands that `ember doctor` names (root or sudo; Debian or rustup).
set -euo pipefail

guide=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$guide/../.." && pwd)
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

# The commands of a page: every block that is marked `sh`. Its blocks of other kinds show and are not run.
commands() {
    awk '/^```sh$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$1"
}
# Follows a page in a folder: follow PAGE FOLDER
follow() {
    echo "== $1"
    commands "$root/$1" > "$scratch/commands.sh"
    [ -s "$scratch/commands.sh" ] || { echo "$1 has no commands"; exit 1; }
    (cd "$2" && bash -euxo pipefail "$scratch/commands.sh")
}

# The README's first two blocks are stages of .ci/run, word for word; its others are about a program and its inputs.
echo "== README.md"
commands "$root/README.md" | grep '^cargo ' | while read -r command; do
    grep -qxF "$command" "$root/.ci/run" || { echo ".ci/run does not run: $command"; exit 1; }
done
mkdir "$scratch/readme"
cp "$root/examples/elf/sudoku.elf" "$scratch/readme/app.elf"
cp "$root/examples/data/sudoku.txt" "$scratch/readme/public.bin"
cp "$root/examples/data/sudoku-solution.txt" "$scratch/readme/secret.bin"
commands "$root/README.md" | grep -v '^cargo ' > "$scratch/commands.sh"
grep -q '^ember prove ' "$scratch/commands.sh" && grep -q '^ember new ' "$scratch/commands.sh"
(cd "$scratch/readme" && bash -euxo pipefail "$scratch/commands.sh")
grep -q '<svg ' "$scratch/readme/gas.svg"

# Setting up installs the command, here into a folder of its own.
CARGO_INSTALL_ROOT="$scratch/installed" follow docs/guide/README.md "$root"
[ "$("$scratch/installed/bin/ember" --version)" = "$(ember --version)" ] || { echo "another version is installed"; exit 1; }
for page in rust c; do
    mkdir "$scratch/$page"
    follow "docs/guide/$page.md" "$scratch/$page"
done
follow docs/guide/tools.md "$scratch/c/sieve"

# The session with gdb says what the page says, but for addresses and large numbers, which compilers decide.
if ! command -v gdb-multiarch > /dev/null; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends gdb-multiarch > /dev/null
fi
echo "== the session in tools.md"
session=$(awk '/^```console$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$guide/tools.md")
(
    cd "$scratch/c/sieve"
    ember build -- -g -Og
    { printf 'set pagination off\nset width 0\ntarget remote :4444\n'; sed -n 's/^(gdb) //p' <<< "$session"; } > session.gdb
    ember run target/ember/sieve.elf --input input.txt --gdb 4444 2> ember.txt &
    until grep -q '^ember: waiting for gdb' ember.txt; do sleep 0.1; done
    gdb-multiarch -q -batch -x session.gdb target/ember/sieve.elf > said.txt 2>&1
    wait $!
    loose() { sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/[0-9]{4,}/NUMBER/g'; }
    sed '1,/gdb-multiarch/d; /^(gdb)/d' <<< "$session" | loose | while read -r line; do
        loose < said.txt | grep -qF "$line" || { echo "gdb does not say: $line"; cat said.txt; exit 1; }
    done
)

grep -q '^status 3$' "$scratch/rust/primes/refused.txt" || { echo "a proof of another input was taken"; exit 1; }
# The guide's numbers are what the programs say.
rust=$(ember verify "$scratch/rust/primes/primes.proof" --json)
c=$(ember verify "$scratch/c/sieve/sieve.proof" --json)
for statement in "$rust" "$c"; do
    grep -q '"journal":"a8000000"' <<< "$statement" || { echo "not 168 primes: $statement"; exit 1; }
done
[ "$(od -An -tx1 "$scratch/rust/primes/scale.journal" | tr -d ' ')" = 2a ] || { echo "scale does not answer 42"; exit 1; }
echo "the guide holds"
