#!/usr/bin/env bash
# Counts the lines that a service needs for chaos: removes them from a copy of the storefront's library, which must then
# still compile.
#
# A replaced, an added and a removed line count as one each. The demonstration and the tests, which are about chaos, are
# neither counted nor compiled.
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
echo "the storefront needs $lines lines for chaos; at most $MOST are allowed"
((lines <= MOST))

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/examples"
cp -r examples/storefront "$copy/examples/"
cp Cargo.lock "$copy/"
# A separate workspace with no other member.
sed 's|^members = .*|members = ["examples/storefront"]|; /^exclude = /d; /^chaos-\(admin\|approval\|core\|lab\) = /s|path = "|&'"$PWD"'/|' Cargo.toml >"$copy/Cargo.toml"
(cd "$copy/examples/storefront" && git apply "$patch" && sed -i '/^\[dev-dependencies\]/,/^$/d' Cargo.toml)
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}" \
    cargo check --quiet --lib --package storefront --manifest-path "$copy/Cargo.toml"
