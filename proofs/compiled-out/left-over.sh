#!/usr/bin/env bash
# Counts what a production build contains: crates, symbols and strings of ours, threads. Fails where there is too much.
set -euo pipefail
cd "$(dirname "$0")"

crates() { cargo tree "$@" -e normal --prefix none | sed 's/ .*//' | sort -u | wc -l; }
names() { cargo tree "$@" -e normal --prefix none | sed 's/ .*//' | sort -u; }

failed=0
at_most() { # what figure limit
    echo "$1: $2 (at most $3)"
    [ "$2" -le "$3" ] || failed=1
}

core=$(crates --manifest-path ../../chaos-core/Cargo.toml --no-default-features)
at_most "crates of chaos-core" "$core" 18

# An axum service with and without the layer.
with=$(mktemp -d) && trap 'rm -rf "$with"' EXIT
for kind in with without; do
    mkdir -p "$with/$kind/src" && echo 'fn main() {}' >"$with/$kind/src/main.rs"
    {
        printf '[workspace]\n[package]\nname = "service"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\naxum = "0.8"\n'
        printf 'tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }\n'
        if [ "$kind" = with ]; then
            printf 'chaos-tower = { path = "%s", features = ["axum"] }\n' "$(cd ../../chaos-tower && pwd)"
        fi
    } >"$with/$kind/Cargo.toml"
    cp Cargo.lock "$with/$kind/Cargo.lock" 2>/dev/null || true
done
more=$(comm -23 <(names --manifest-path "$with/with/Cargo.toml") <(names --manifest-path "$with/without/Cargo.toml") | wc -l)
at_most "crates that chaos-tower adds to an axum service" "$more" 20

cargo build -q --release --bin service
service=${CARGO_TARGET_DIR:-target}/release/service
symbols=$(nm -C --defined-only "$service" | grep -cE ' [tT] .*chaos_(core|net|tower)::' || true)
# Debugging information is no part of what is loaded.
strings=$(strings -d -n 6 "$service" | grep -ciE 'chaos|experiment|blast.radius|inject' || true)
at_most "symbols of ours" "$symbols" "${MOST_SYMBOLS:-30}"
at_most "strings of ours" "$strings" "${MOST_STRINGS:-16}"
threads=$(CHAOS_HALT_FILE=/nowhere CHAOS_FILE=/nowhere/chaos.yaml "$service" 2>/dev/null | sed -n 's/^threads //p')
at_most "threads" "$threads" 1

# A slip in a variable must not stop a service that injects nothing.
slips=0
CHAOS=yes CHAOS_ENVIRONMENT=prod CHAOS_SEED=x "$service" >/dev/null 2>&1 || slips=1
at_most "starts that a wrong variable prevents" "$slips" 0
exit "$failed"
