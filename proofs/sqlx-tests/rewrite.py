"""Changes the copied tests of sqlx so that they use the pools and the connections of chaos-sqlx."""

import pathlib
import re
import sys

crate, databases = pathlib.Path(sys.argv[1]), sys.argv[2:]

# Left out whole, with the reason.
LEFT_OUT = {
    "any.rs": "the driver `Any` is not wrapped",
    "sqlcipher.rs": "needs SQLCipher",
}

# The argument of a function with `#[sqlx::test]` is sqlx's own pool, which is wrapped first.
POOL = re.compile(r"(async fn \w+)\((_?pool): (Sqlite|Pg|MySql)Pool\)([^{]*)\{")
CONNECTION = re.compile(r"(async fn \w+)\(mut conn: PoolConnection<(\w+)>\)([^{]*)\{")


def rewrite(text: str) -> str:
    text = POOL.sub(r"\1(\2: sqlx::real_pools::\3Pool)\4{ let \2 = sqlx::wrap(\2);", text)
    text = CONNECTION.sub(
        r"\1(pool: sqlx::real_pools::Pool<\2>)\3{ let mut conn = sqlx::wrap(pool).acquire().await?;", text
    )
    text = text.replace("use sqlx_core::connection::ConnectOptions;", "use sqlx::ConnectOptions;")
    # A savepoint of chaos-sqlx, in place of an unwrapped one.
    text = text.replace("sqlx::Acquire::acquire(&mut txn).await?", "&mut *txn")
    # A bypass, which the docs name for these.
    text = re.sub(r"PgListener::connect_with\(&pool\)", "PgListener::connect_with(pool.bypass())", text)
    before, advisory, after = text.partition("async fn test_advisory_locks")
    after = after.replace("pool.acquire()", "pool.bypass().acquire()", 2)
    return before + advisory + after


manifest = crate / "Cargo.toml"
lines = [manifest.read_text()]
for database in databases:
    for path in sorted((crate / "tests" / database).glob("*.rs")):
        if path.name in LEFT_OUT:
            print(f"left out: {database}/{path.name}: {LEFT_OUT[path.name]}")
            continue
        path.write_text(rewrite(path.read_text()))
        name = f"{database}-{path.stem}"
        lines.append(
            f'[[test]]\nname = "{name}"\npath = "tests/{database}/{path.name}"\nrequired-features = ["{database}"]\n'
        )
manifest.write_text("\n".join(lines))
