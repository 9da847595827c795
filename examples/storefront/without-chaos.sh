#!/usr/bin/env bash
# What chaos costs a service in lines: takes it out of a copy of the storefront's library, which has to compile then.
#
# A line that is replaced counts once, and so does one that is only there or only gone. The demonstration and the tests,
# which are about chaos, are not counted and not compiled.
set -euo pipefail
cd "$(dirname "$0")/../.."

MOST=15
patch=$PWD/examples/storefront/without-chaos.patch
lines=$(awk '
    function flush() { lines += gone > come ? gone : come; gone = come = 0 }
    /^(---|\+\+\+) / { next }
    /^-/ { gone++; next }
    /^\+/ { come++; next }
    { flush() }
    END { flush(); print lines }
' "$patch")
echo "$lines lines are between the storefront with and without chaos; at most $MOST may be"
((lines <= MOST))

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/examples"
cp -r examples/storefront "$copy/examples/"
cp Cargo.lock "$copy/"
# A workspace of its own, in which there is nothing else.
sed 's|^members = .*|members = ["examples/storefront"]|; /^exclude = /d; /^chaos-core = /s|path = "|&'"$PWD"'/|' Cargo.toml >"$copy/Cargo.toml"
(cd "$copy/examples/storefront" && git apply "$patch" && sed -i '/^\[dev-dependencies\]/,/^$/d' Cargo.toml)
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}" \
    cargo check --quiet --lib --package storefront --manifest-path "$copy/Cargo.toml"
