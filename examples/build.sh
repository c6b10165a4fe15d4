#!/usr/bin/env bash
# Builds every example into examples/elf/NAME.elf, the same bytes on every machine.
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
#   C, and the linker of both   gcc-riscv64-unknown-elf 12.2.0, binutils 2.40 (Debian 12)
#   Rust                        rustup's 1.95.0 with rust-src; RUSTC_BOOTSTRAP allows -Zbuild-std
#                               on it, a stable release that stays as it is, unlike a nightly
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
    echo "installing Debian packages gcc-riscv64-unknown-elf and binutils-riscv64-unknown-elf"
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends \
        gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf
    echo "installing rustup's toolchain $RUST_VERSION with rust-src"
    rustup toolchain install "$RUST_VERSION" --profile minimal --component rust-src \
        --no-self-update
}

# Another version may well work; then --check says that bytes differ, and this line says why.
check_tools() {
    command -v riscv64-unknown-elf-gcc > /dev/null \
        || fail "riscv64-unknown-elf-gcc is missing: run examples/build.sh --install"
    rustup run "$RUST_VERSION" rustc --version > /dev/null 2>&1 \
        || fail "Rust $RUST_VERSION is missing: run examples/build.sh --install"
    [ -e "$(rust_source)/library/core" ] \
        || fail "rust-src of Rust $RUST_VERSION is missing: run examples/build.sh --install"

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

# Every program has pages of 4 KiB, no build id, and no path of this machine.
LINK_FLAGS="-static --no-relax -z max-page-size=4096 --build-id=none --gc-sections"

build_c() { # $1: folder for the ELFs, $2: scratch folder
    local source name
    # zicsr is only for the names of the counters; the code model and the ABI are plain RV32EM.
    local flags=(-march=rv32em_zicsr -mabi=ilp32e)
    riscv64-unknown-elf-as "${flags[@]}" -o "$2/crt0.o" "$here/crt0.s"
    for source in "$here"/c/*.c; do
        name=$(basename "$source" .c)
        riscv64-unknown-elf-gcc "${flags[@]}" -std=c11 -O2 -Wall -Wextra -Werror \
            -ffreestanding -msmall-data-limit=0 -ffunction-sections \
            -ffile-prefix-map="$here"=examples -c -o "$2/$name.o" "$source"
        riscv64-unknown-elf-ld -m elf32lriscv $LINK_FLAGS -T "$here/link.ld" -o "$1/$name.elf" \
            "$2/crt0.o" "$2/$name.o"
    done
}

build_rust() { # $1: folder for the ELFs, $2: scratch folder
    local source sysroot_source flags=() flag name
    sysroot_source=$(rust_source)
    flags=(-Clinker=riscv64-unknown-elf-ld -Clinker-flavor=ld "-Clink-arg=-T$here/link.ld"
        --remap-path-prefix="$here=examples" --remap-path-prefix="$sysroot_source=rust"
        --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=cargo")
    for flag in -melf32lriscv $LINK_FLAGS; do flags+=("-Clink-arg=$flag"); done
    # A separator that no flag contains, so that a path with a space in it works.
    (
        cd "$here/rust"
        unset RUSTFLAGS RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER
        CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
        export CARGO_ENCODED_RUSTFLAGS RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$2/rust"
        rustup run "$RUST_VERSION" cargo build --quiet --release --locked \
            -Zbuild-std=core --target riscv32em-unknown-none-elf
    )
    for source in "$here"/rust/src/bin/*.rs; do
        name=$(basename "$source" .rs)
        cp "$2/rust/riscv32em-unknown-none-elf/release/$name" "$1/$name.elf"
    done
}

build_all() { # $1: folder for the ELFs
    check_tools
    build_c "$1" "$scratch"
    build_rust "$1" "$scratch"
    chmod 755 "$1"/*.elf
}

check() {
    local name bad=0
    mkdir "$scratch/elf"
    build_all "$scratch/elf"
    for name in $(cd "$here/elf" && ls "$scratch/elf" . | grep '\.elf$' | sort -u); do
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
