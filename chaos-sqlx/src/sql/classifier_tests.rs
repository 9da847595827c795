use super::{Dialect, OperationName};

const DIALECTS: [Dialect; 3] = [Dialect::MySql, Dialect::Postgres, Dialect::Sqlite];

/// Asserts the name of a statement in every dialect.
#[track_caller]
fn is(sql: &str, name: &str) {
    for dialect in DIALECTS {
        is_in(dialect, sql, name);
    }
}

#[track_caller]
fn is_in(dialect: Dialect, sql: &str, name: &str) {
    let actual = OperationName::of_statement(sql, dialect);
    assert_eq!(actual.as_str(), name, "{dialect:?}: {sql}");
}

#[test]
fn a_statement_is_named_by_its_verb_and_its_table() {
    is("SELECT id FROM orders WHERE id = $1", "SELECT orders");
    is("insert into orders (id) values (?)", "INSERT orders");
    is("INSERT OR REPLACE INTO orders VALUES (1)", "INSERT orders");
    is("UPDATE orders SET paid = 1", "UPDATE orders");
    is("UPDATE OR IGNORE orders SET paid = 1", "UPDATE orders");
    is("DELETE FROM ONLY orders", "DELETE orders");
    is("REPLACE INTO orders VALUES (1)", "REPLACE orders");
    is("TRUNCATE TABLE orders", "TRUNCATE orders");
    is(
        "CREATE TABLE IF NOT EXISTS orders (id INT)",
        "CREATE orders",
    );
    is("CREATE INDEX by_day ON orders (day)", "CREATE orders");
    is("COPY orders FROM STDIN", "COPY orders");
    is("TABLE orders", "TABLE orders");
    is("DROP TABLE IF EXISTS orders CASCADE", "DROP orders");
    is("SELECT STRAIGHT_JOIN id FROM orders", "SELECT orders");
    is("ALTER TABLE orders ADD a INT, ADD b INT", "ALTER orders");
    is("UPDATE orders SET a = 1, b = 2", "UPDATE orders");
    is("EXPLAIN ANALYZE DELETE FROM orders", "EXPLAIN orders");
    is("SELECT 1", "SELECT");
}

#[test]
fn quotes_schemas_and_comments_are_not_part_of_the_name() {
    is(r#"SELECT * FROM "public"."orders""#, "SELECT orders");
    is("SELECT * FROM `shop`.`orders`", "SELECT orders");
    is(r#"SELECT "a ", b FROM orders"#, "SELECT orders");
    is("/* a */ -- c\n SELECT * FROM orders", "SELECT orders");
    is(
        "SELECT 'x FROM y', E'\\' FROM z' FROM orders",
        "SELECT orders",
    );
    is("SELECT 'it''s FROM x' FROM orders;", "SELECT orders");
    is("SELECT a$b$c FROM orders$x$", "SELECT orders$x$");
}

#[test]
fn comments_and_strings_follow_the_dialect() {
    use Dialect::{MySql, Postgres, Sqlite};

    let nested = "/* a /* b */ FROM x */ SELECT * FROM orders";
    is_in(Postgres, nested, "SELECT orders");
    let not_nested = "/* a /* b */ SELECT * FROM orders";
    is_in(MySql, not_nested, "SELECT orders");
    is_in(Sqlite, not_nested, "SELECT orders");
    is_in(
        Sqlite,
        "/*/ SELECT 1 */ DELETE FROM orders",
        "DELETE orders",
    );

    is_in(MySql, "# SELECT\n DELETE FROM orders", "DELETE orders");
    is_in(Postgres, "SELECT a # b FROM orders", "SELECT orders");
    is_in(MySql, "SELECT 5--1 FROM orders", "SELECT orders");
    is_in(Postgres, "SELECT 5--1 FROM orders", "SELECT");

    let dollars = "SELECT $a$ FROM x $a$ FROM orders";
    is_in(Postgres, dollars, "SELECT orders");
    is_in(Sqlite, "SELECT $a$ FROM orders", "SELECT orders");

    for string in [
        r"'can\'t FROM x'",
        r#""can\"t FROM x""#,
        r"'\\'",
        r"'a''\'b'",
    ] {
        let sql = format!("SELECT {string} FROM orders");
        is_in(MySql, &sql, "SELECT orders");
    }
    for dialect in [Postgres, Sqlite] {
        is_in(dialect, r"SELECT '\' FROM orders", "SELECT orders");
    }
}

#[test]
fn a_statement_with_several_tables_is_named_by_its_verb_alone() {
    is("SELECT * FROM orders, items", "SELECT");
    is("SELECT * FROM orders JOIN items ON true", "SELECT");
    is("SELECT * FROM (orders JOIN items ON true)", "SELECT");
    is("SELECT * FROM orders o, (SELECT * FROM items) i", "SELECT");
    is("INSERT INTO orders SELECT * FROM items", "INSERT");
    is("SELECT * FROM orders STRAIGHT_JOIN items", "SELECT");
    is("SELECT * FROM orders UNION TABLE items", "SELECT");
    is("INSERT INTO orders TABLE items", "INSERT");
    is("UPDATE orders, items SET a = 1", "UPDATE");
    is("UPDATE orders AS o, items AS i SET a = 1, b = 2", "UPDATE");
    is("UPDATE orders STRAIGHT_JOIN items SET a = 1", "UPDATE");
    is("TRUNCATE orders, items", "TRUNCATE");
    is("TRUNCATE TABLE ONLY orders *, ONLY items", "TRUNCATE");
    is("DROP TABLE IF EXISTS orders, items CASCADE", "DROP");
    is("DELETE FROM orders USING items", "DELETE");
    is("DELETE FROM orders; DELETE FROM items", "DELETE");
    is("SELECT * FROM generate_series(1, 3)", "SELECT");
    is("WITH old AS (SELECT 1) SELECT * FROM orders", "WITH");
}

#[test]
fn a_table_that_is_used_twice_counts_once() {
    is(
        "SELECT * FROM orders a JOIN Orders b ON true",
        "SELECT orders",
    );
    is(
        "UPDATE orders SET n = (SELECT max(n) FROM orders)",
        "UPDATE orders",
    );
    is(
        "SELECT * FROM orders WHERE id IN (SELECT id FROM orders)",
        "SELECT orders",
    );
}

#[test]
fn keywords_that_only_seem_to_introduce_a_table_are_ignored() {
    is("SELECT extract(year FROM day) FROM orders", "SELECT orders");
    is("SELECT a IS DISTINCT FROM b FROM orders", "SELECT orders");
    is("SELECT * FROM orders FOR UPDATE", "SELECT orders");
    is(
        "INSERT INTO orders VALUES (1) ON CONFLICT DO UPDATE SET a = 1",
        "INSERT orders",
    );
    is("SELECT a, b FROM orders ORDER BY a, b", "SELECT orders");
    is("SHOW TABLES FROM shop", "SHOW");
}

#[test]
fn transaction_statements_have_the_names_of_transactions() {
    is("begin immediate", "BEGIN");
    is("START TRANSACTION", "BEGIN");
    is("END", "COMMIT");
    is("", "SQL");
}

/// A statement whose second table comes after this many bytes.
fn with_late_table(bytes: usize) -> String {
    let start = "DELETE FROM orders WHERE id IN (";
    let literals = "1, ".repeat(bytes / 3);
    format!("{start}{literals}1); DELETE FROM payments")
}

#[test]
fn the_end_of_a_huge_statement_is_not_read() {
    is(&with_late_table(60_000), "DELETE");
    is(&with_late_table(70_000), "DELETE orders");
    // A word that is cut in two is no name, and a cut inside a character does not matter.
    let spaces = " ".repeat(64 * 1024 - "DELETE FROM or".len());
    is(&format!("DELETE FROM{spaces}orders"), "DELETE");
    is(&format!("DELETE FROM{spaces}éééééé"), "DELETE");
    is(&"é".repeat(64 * 1024), "SQL");
}

#[test]
fn a_statement_whose_name_is_too_long_is_named_by_its_verb_alone() {
    let sql = format!("DELETE FROM {}", "o".repeat(200));
    is(&sql, "DELETE");
    is(&format!("x{}", "ö".repeat(100)), "SQL");
}

#[test]
fn the_access_of_a_statement_is_an_attribute() {
    let access = |sql: &str| {
        OperationName::of_statement(sql, Dialect::Postgres)
            .with_operation(|operation| operation.attribute("access").map(str::to_owned))
    };
    for read in [
        "SELECT 1",
        "PRAGMA x",
        "TABLE a",
        "EXPLAIN DELETE FROM a",
        "EXPLAIN INSERT INTO a VALUES (1)",
        "EXPLAIN (ANALYZE FALSE) DELETE FROM a",
        "EXPLAIN ANALYZE SELECT * FROM a FOR UPDATE",
        "WITH a AS (SELECT 1) SELECT * FROM a FOR UPDATE",
        "WITH a AS (SELECT replace(b, 'c', 'd') FROM e) SELECT * FROM a",
    ] {
        assert_eq!(access(read).as_deref(), Some("read"), "{read}");
    }
    for write in [
        "INSERT INTO a VALUES (1)",
        "DROP TABLE a",
        "SELECT * INTO b FROM a",
        "WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a",
        "SELECT 1; DELETE FROM a",
        "EXPLAIN ANALYZE DELETE FROM a",
        "EXPLAIN (VERBOSE, ANALYZE) UPDATE a SET b = 1",
        "EXPLAIN (ANALYZE FALSE, ANALYZE TRUE) INSERT INTO a VALUES (1)",
        "EXPLAIN ANALYSE WITH b AS (DELETE FROM a RETURNING *) SELECT * FROM b",
        "PRAGMA user_version = 5",
    ] {
        assert_eq!(access(write).as_deref(), Some("write"), "{write}");
    }
    assert_eq!(access("COMMIT"), None);
}

#[test]
fn malformed_sql_has_a_name_too() {
    for sql in [
        "'",
        "$",
        "$a",
        "\"",
        "[",
        "(((",
        ")",
        "/*",
        "--",
        "E'\\",
        ";;",
        "FROM .",
        "SELECT FROM",
        "$é$",
        "#",
        "/*/",
        "'\\",
        "\"\\é",
        "a$",
    ] {
        for dialect in DIALECTS {
            assert!(
                !OperationName::of_statement(sql, dialect)
                    .as_str()
                    .is_empty()
            );
        }
    }
}
