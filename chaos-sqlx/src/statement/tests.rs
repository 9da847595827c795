use super::Name;

#[track_caller]
fn is(sql: &str, name: &str) {
    assert_eq!(Name::of_statement(sql).as_str(), name, "{sql}");
}

#[test]
fn a_statement_is_called_by_its_verb_and_its_table() {
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
    is("SELECT 1", "SELECT");
}

#[test]
fn neither_quotes_nor_schemas_nor_comments_are_part_of_it() {
    is(r#"SELECT * FROM "public"."orders""#, "SELECT orders");
    is("SELECT * FROM `shop`.`orders`", "SELECT orders");
    is(
        "/* a /* b */ */ -- c\n SELECT * FROM orders",
        "SELECT orders",
    );
    is(
        "SELECT 'x FROM y', E'\\' FROM z' FROM orders",
        "SELECT orders",
    );
    is("SELECT $a$ FROM x $a$ FROM orders", "SELECT orders");
    is("SELECT 'it''s FROM x' FROM orders;", "SELECT orders");
}

#[test]
fn with_more_than_one_table_it_is_called_by_its_verb_alone() {
    is("SELECT * FROM orders, items", "SELECT");
    is("SELECT * FROM orders JOIN items ON true", "SELECT");
    is("SELECT * FROM (orders JOIN items ON true)", "SELECT");
    is("SELECT * FROM orders o, (SELECT * FROM items) i", "SELECT");
    is("INSERT INTO orders SELECT * FROM items", "INSERT");
    is("DELETE FROM orders USING items", "DELETE");
    is("DELETE FROM orders; DELETE FROM items", "DELETE");
    is("SELECT * FROM generate_series(1, 3)", "SELECT");
    is("WITH old AS (SELECT 1) SELECT * FROM orders", "WITH");
}

#[test]
fn the_same_table_twice_is_one() {
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
fn words_that_only_look_as_if_a_table_followed_name_none() {
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
fn a_transaction_by_hand_is_called_as_any_other() {
    is("begin immediate", "BEGIN");
    is("START TRANSACTION", "BEGIN");
    is("END", "COMMIT");
    is("", "SQL");
}

#[test]
fn a_name_that_is_too_long_is_that_of_its_verb() {
    let sql = format!("DELETE FROM {}", "o".repeat(200));
    is(&sql, "DELETE");
    is(&format!("x{}", "ö".repeat(100)), "SQL");
}

#[test]
fn what_a_statement_does_to_rows_can_be_selected_by() {
    let access = |sql: &str| {
        Name::of_statement(sql)
            .with_operation(|operation| operation.attribute("access").map(str::to_owned))
    };
    for read in [
        "SELECT 1",
        "PRAGMA x",
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
    ] {
        assert_eq!(access(write).as_deref(), Some("write"), "{write}");
    }
    assert_eq!(access("COMMIT"), None);
}

#[test]
fn any_text_has_some_name() {
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
    ] {
        assert!(!Name::of_statement(sql).as_str().is_empty());
    }
}
