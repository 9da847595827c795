#!/usr/bin/env bash
# Runs sqlx's own tests over chaos-sqlx: bash proofs/sqlx-tests/run.sh CHECKOUT [sqlite|postgres|mysql]...
#
# CHECKOUT is a checkout of sqlx 0.9. Its tests are copied into the target directory and changed there: pools and
# connections become those of chaos-sqlx, by a crate that stands in for sqlx. Servers are those of `.ci/run`; each gets
# a database `sqlx_tests`, which is dropped first. With EACH_OPERATION_DELAYED=1, a latency of 1 µs strikes each operation.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
checkout=$(cd "${1:?usage: run.sh CHECKOUT [sqlite|postgres|mysql]...}" && pwd)
shift
databases=${*:-sqlite postgres mysql}
crate=${CARGO_TARGET_DIR:-$root/target}/sqlx-tests

rm -rf "$crate/tests" "$crate/facade" "$crate/sqlx-test"
mkdir -p "$crate/src" "$crate/sqlx-test/src"
cp -r "$here/facade" "$crate/facade"
sed -i "s|@ROOT@|$root|" "$crate/facade/Cargo.toml"
cp "$here/Cargo.toml.in" "$crate/Cargo.toml"
[ -e "$crate/Cargo.lock" ] || cp "$root/Cargo.lock" "$crate/Cargo.lock"
: >"$crate/src/lib.rs"
cp -r "$checkout/tests" "$crate/tests"
cp "$checkout"/*.toml "$crate/tests/" 2>/dev/null || true
# The macros of sqlx's tests, with other connections.
cat >"$crate/sqlx-test/Cargo.toml" <<END
[package]
name = "sqlx-test"
version = "0.0.0"
edition = "2021"

[dependencies]
anyhow = "1"
chaos-sqlx = { path = "$root/chaos-sqlx" }
sqlx = { path = "../facade" }
END
cat "$here/sqlx-test.rs.in" >"$crate/sqlx-test/src/lib.rs"
sed -n '/^\/\/ Test type encoding and decoding/,$p' "$checkout/sqlx-test/src/lib.rs" >>"$crate/sqlx-test/src/lib.rs"
python3 "$here/rewrite.py" "$crate" $databases

for database in $databases; do
    case $database in
    sqlite)
        export DATABASE_URL="sqlite://$crate/tests/sqlite/sqlite.db"
        ;;
    postgres)
        export DATABASE_URL=postgres://postgres@127.0.0.1:5432/sqlx_tests
        psql -qh 127.0.0.1 -U postgres -c 'DROP DATABASE IF EXISTS sqlx_tests WITH (FORCE)' -c 'CREATE DATABASE sqlx_tests'
        psql -qh 127.0.0.1 -U postgres -f "$checkout/tests/postgres/setup.sql" sqlx_tests >/dev/null
        ;;
    mysql)
        export DATABASE_URL=mysql://root@127.0.0.1:3306/sqlx_tests
        mariadb -h 127.0.0.1 -u root -e 'DROP DATABASE IF EXISTS sqlx_tests; CREATE DATABASE sqlx_tests; DROP USER IF EXISTS no_password'
        # The grant names the database.
        sed 's/ON sqlx\.\*/ON sqlx_tests.*/' "$checkout/tests/mysql/setup.sql" | mariadb -h 127.0.0.1 -u root sqlx_tests
        ;;
    esac
    # One database a build: the query macros check their statements against DATABASE_URL.
    (cd "$crate" && cargo test --no-fail-fast --features "$database" ${CARGO_TEST_ARGS:-} -- --test-threads 4) || failed=1
done
exit "${failed:-0}"
