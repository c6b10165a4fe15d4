#!/usr/bin/env bash
# Builds every example into examples/elf/NAME.elf, the same bytes on every machine; and examples/elf/functions.wasm, which
# the example `wasm` runs.
#
#   examples/build.sh             build into examples/elf
#   examples/build.sh --check     build into a temporary folder and compare with examples/elf
#   examples/build.sh --install   install the tools below (Debian 12 and rustup; root or sudo)
#
# The first build also fetches the crates that the standard library locks, from crates.io.
#
# The tools are pinned, because a compiler's version decides the bytes and the bytes decide a
# program's image id:
#
#   C      gcc-riscv64-unknown-elf 12.2.0, binutils 2.40 (Debian 12)
#   Rust   rustup's 1.95.0 with rust-src, wasm32-unknown-unknown and its own linker: a stable release, which stays as it is
#
# EMBER names the command to build with, where that is not the one of this checkout.
set -euo pipefail
export LC_ALL=C

GCC_VERSION=12.2.0
LD_VERSION=2.40
RUST_VERSION=1.95.0

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() { echo "build.sh: $*" >&2; exit 1; }

install_tools() {
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    command -v rustup > /dev/null || fail "rustup is missing: see https://rustup.rs"
    echo "installing Debian packages for C"
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends \
        gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf picolibc-riscv64-unknown-elf
    echo "installing rustup's toolchain $RUST_VERSION with rust-src"
    rustup toolchain install "$RUST_VERSION" --profile minimal --component rust-src \
        --target wasm32-unknown-unknown --no-self-update
}

# Another version may well work; then --check says that bytes differ, and this line says why.
check_tools() {
    command -v riscv64-unknown-elf-gcc > /dev/null \
        || fail "riscv64-unknown-elf-gcc is missing: run examples/build.sh --install"
    rustup run "$RUST_VERSION" rustc --version > /dev/null 2>&1 \
        || fail "Rust $RUST_VERSION is missing: run examples/build.sh --install"
    [ -e "$(rust_source)/library/core" ] \
        || fail "rust-src of Rust $RUST_VERSION is missing: run examples/build.sh --install"
    [ -e "$(rustup run "$RUST_VERSION" rustc --print target-libdir --target wasm32-unknown-unknown)" ] \
        || fail "Rust $RUST_VERSION for wasm32-unknown-unknown is missing: run examples/build.sh --install"

    local gcc ld
    gcc=$(riscv64-unknown-elf-gcc -dumpfullversion)
    ld=$(riscv64-unknown-elf-ld --version | sed -n '1s/.* //p')
    [ "$gcc" = "$GCC_VERSION" ] || echo "warning: gcc is $gcc, the committed ELFs need $GCC_VERSION" >&2
    case $ld in
        "$LD_VERSION"*) ;;
        *) echo "warning: ld is $ld, the committed ELFs need $LD_VERSION" >&2 ;;
    esac
}

rust_source() { echo "$(rustup run "$RUST_VERSION" rustc --print sysroot)/lib/rustlib/src/rust"; }

# The command that users build with, or the one that EMBER names.
build_ember() {
    if [ -z "${EMBER:-}" ]; then
        (cd "$here/.." && cargo build --quiet --release --bin ember)
        EMBER=${CARGO_TARGET_DIR:-$here/../target}/release/ember
    fi
}

build_c() { # $1: folder for the ELFs
    local source
    for source in "$here"/c/*.c; do
        "$EMBER" build --cc riscv64-unknown-elf-gcc -o "$1" "$source" --json \
            -- -std=c11 -ffreestanding -Werror > /dev/null
    done
}

build_rust() { # $1: folder for the ELFs, $2: scratch folder
    CARGO_TARGET_DIR="$2/rust" "$EMBER" build --toolchain "$RUST_VERSION" -o "$1" "$here/rust" --json \
        -- --quiet --locked > /dev/null
}

build_wasm() { # $1: folder for the module
    rustup run "$RUST_VERSION" rustc --edition 2024 --crate-type cdylib --target wasm32-unknown-unknown \
        -Copt-level=2 -Clto=true -Cpanic=abort -Cstrip=symbols -Clink-arg=-zstack-size=32768 \
        -o "$1/functions.wasm" "$here/wasm/functions.rs"
    chmod 644 "$1/functions.wasm"
}

build_all() { # $1: folder for the ELFs
    check_tools
    build_ember
    build_c "$1"
    build_rust "$1" "$scratch"
    build_wasm "$1"
    chmod 755 "$1"/*.elf
}

check() {
    local name bad=0
    mkdir "$scratch/elf"
    build_all "$scratch/elf"
    for name in $(cd "$here/elf" && ls "$scratch/elf" . | grep -E '\.(elf|wasm)$' | sort -u); do
        if [ ! -e "$here/elf/$name" ]; then
            echo "NEW      $name is not committed"; bad=1
        elif [ ! -e "$scratch/elf/$name" ]; then
            echo "STALE    $name is committed and has no source"; bad=1
        elif cmp -s "$here/elf/$name" "$scratch/elf/$name"; then
            echo "same     $name"
        else
            echo "DIFFERS  $name: committed $(sum "$here/elf/$name"), built $(sum "$scratch/elf/$name")"; bad=1
        fi
    done
    [ "$bad" = 0 ] || fail "the committed ELFs are not what the sources build to (run examples/build.sh)"
    echo "every committed ELF is what its source builds to"
}

sum() { sha256sum "$1" | cut -c 1-16; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case ${1:-} in
    "") mkdir -p "$here/elf" && build_all "$here/elf" && ls -l "$here/elf" ;;
    --check) check ;;
    --install) install_tools ;;
    *) fail "usage: examples/build.sh [--check | --install]" ;;
esac
