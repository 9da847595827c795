//! What a statement does, and to which table, as far as its text tells.

use super::words::{Piece, Words};
use super::{Access, Dialect};

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading<'a> {
    /// Its first word, as it is written.
    pub(super) verb: Option<&'a str>,
    /// Its table, if there is exactly one.
    pub(super) table: Option<&'a str>,
    pub(super) access: Option<Access>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(sql: &'a str, dialect: Dialect) -> Self {
        let mut reader = Reader::default();
        let mut words = Words::of(sql, dialect);
        while let Some(piece) = words.next() {
            reader.take(piece, &mut words);
        }
        Self {
            verb: reader.verb,
            table: reader.table.filter(|_| !reader.is_intricate),
            access: reader.access,
        }
    }
}

#[derive(Debug, Default)]
struct Reader<'a> {
    verb: Option<&'a str>,
    table: Option<&'a str>,
    access: Option<Access>,
    /// Whether it is more than one statement, or more than one table takes part.
    is_intricate: bool,
    /// Whether a statement that is explained is executed, too.
    is_analyzed: bool,
    expects: Expects,
    before: Option<&'a str>,
    parentheses: Parentheses,
}

/// What the next name is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Expects {
    #[default]
    Nothing,
    /// The first word of a statement.
    Verb,
    /// A table that is read, or a function that makes one.
    Source,
    /// A table that is written.
    Target,
}

/// Which of the parentheses around here hold a query, and where in it tables are listed.
#[derive(Debug, Default)]
struct Parentheses {
    depth: u32,
    queries: u64,
    lists: u64,
}

impl Parentheses {
    fn bit(&self) -> u64 {
        1_u64.checked_shl(self.depth).unwrap_or(0)
    }

    fn open(&mut self) {
        self.depth += 1;
        self.queries &= !self.bit();
        self.lists &= !self.bit();
    }

    fn holds_query(&self) -> bool {
        self.depth == 0 || self.queries & self.bit() != 0
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, piece: Piece<'a>, words: &mut Words<'a>) {
        match piece {
            Piece::Word(word) => {
                if self.verb.is_none() || self.expects == Expects::Verb {
                    self.begin(word);
                } else if !matches!(self.expects, Expects::Source | Expects::Target)
                    || !self.passes_over(word, words)
                {
                    self.keyword(word, piece, words);
                }
                self.before = Some(word);
                return;
            }
            Piece::Quoted(_) => self.name(piece, words),
            Piece::Mark(b'(') => {
                self.parentheses.open();
                // A join, or a query in the place of a table.
                if self.expects == Expects::Source {
                    self.parentheses.queries |= self.parentheses.bit();
                }
            }
            Piece::Mark(b')') => {
                self.parentheses.depth = self.parentheses.depth.saturating_sub(1);
                self.expects = Expects::Nothing;
            }
            Piece::Mark(b',') => {
                if self.parentheses.lists & self.parentheses.bit() != 0 {
                    self.expects = Expects::Source;
                }
            }
            Piece::Mark(b';') => {
                self.parentheses = Parentheses::default();
                self.expects = Expects::Verb;
            }
            Piece::Mark(b'=') if self.verb.is_some_and(|verb| is_one_of(verb, &["PRAGMA"])) => {
                self.access = Some(Access::Write);
            }
            Piece::Mark(_) | Piece::Value => self.expects = Expects::Nothing,
        }
        self.before = None;
    }

    /// Takes the first word of a statement.
    fn begin(&mut self, verb: &'a str) {
        self.is_intricate |= self.verb.is_some();
        self.access = self.access.max(Access::of(verb));
        let first = *self.verb.get_or_insert(verb);
        self.expects = if is_one_of(first, &["UPDATE", "TRUNCATE", "COPY", "TABLE"]) {
            Expects::Target
        } else {
            Expects::Nothing
        };
        if is_one_of(first, &["UPDATE", "TRUNCATE"]) {
            self.parentheses.lists |= self.parentheses.bit();
        }
        if self.parentheses.depth > 0 && is_one_of(verb, QUERIES) {
            self.parentheses.queries |= self.parentheses.bit();
        }
    }

    /// Passes over words that may stand before the name of a table.
    fn passes_over(&self, word: &str, words: &mut Words<'a>) -> bool {
        if is_one_of(word, &["OR"]) {
            words.next();
            return true;
        }
        is_one_of(
            word,
            &[
                "ONLY",
                "IF",
                "NOT",
                "EXISTS",
                "TABLE",
                "LATERAL",
                "IGNORE",
                "LOW_PRIORITY",
            ],
        )
    }

    fn keyword(&mut self, word: &'a str, piece: Piece<'a>, words: &mut Words<'a>) {
        let is = |names| is_one_of(word, names);
        let (first, before) = (self.verb, self.before);
        let verb = |names| first.is_some_and(|verb| is_one_of(verb, names));
        let after = |names| before.is_some_and(|before| is_one_of(before, names));
        if (self.is_analyzed || verb(&["WITH"])) && is(WRITES) {
            let locks = after(&["FOR", "KEY", "DO", "ON", "NO"]);
            // `REPLACE(` is a function.
            if !locks && !words.is_before(b'(') {
                self.access = Some(Access::Write);
            }
        }
        if is(QUERIES) {
            self.parentheses.queries |= self.parentheses.bit();
            self.parentheses.lists &= !self.parentheses.bit();
            self.expects = Expects::Nothing;
        } else if !verb(WITH_TABLES) {
            self.expects = Expects::Nothing;
        } else if verb(&["EXPLAIN"]) && is(&["ANALYZE", "ANALYSE"]) {
            self.is_analyzed = true;
        } else if after(&["ANALYZE", "ANALYSE"]) && is(&["FALSE", "OFF"]) {
            self.is_analyzed = false;
        } else if is(&["FROM"]) && self.parentheses.holds_query() && !verb(&["COPY"]) {
            if !after(&["DISTINCT"]) {
                self.parentheses.lists |= self.parentheses.bit();
                self.expects = Expects::Source;
            }
        } else if is(&["JOIN"])
            // Without a table before it, it is about the joins to come.
            || (is(&["STRAIGHT_JOIN"]) && self.table.is_some())
            || (is(&["USING"]) && verb(&["DELETE", "MERGE"]))
        {
            self.expects = Expects::Source;
        } else if is(&["INTO"]) {
            if self.is_analyzed || !verb(&["EXPLAIN"]) {
                self.access = Some(Access::Write);
            }
            self.expects = Expects::Target;
        } else if is(&["TABLE"])
            || (is(&["ON"]) && verb(&["CREATE", "DROP", "ALTER"]) && self.table.is_none())
        {
            if verb(&["DROP"]) {
                self.parentheses.lists |= self.parentheses.bit();
            }
            self.expects = Expects::Target;
        } else if is(ENDS_LIST) {
            self.parentheses.lists &= !self.parentheses.bit();
            self.expects = Expects::Nothing;
        } else {
            self.name(piece, words);
        }
    }

    /// Takes a name, if it is one of a table.
    fn name(&mut self, piece: Piece<'a>, words: &mut Words<'a>) {
        let expects = std::mem::take(&mut self.expects);
        if !matches!(expects, Expects::Source | Expects::Target) {
            return;
        }
        let mut last = piece;
        // Of a name with its schema, the last part is the table.
        while let Some(Piece::Mark(b'.')) = words.clone().next() {
            words.next();
            let Some(part) = words.next() else { break };
            last = part;
        }
        let is_function =
            expects == Expects::Source && words.clone().next() == Some(Piece::Mark(b'('));
        let table = match last {
            Piece::Word(name) | Piece::Quoted(name) if !is_function => name,
            _ => {
                self.is_intricate = true;
                return;
            }
        };
        let first = *self.table.get_or_insert(table);
        self.is_intricate |= !first.eq_ignore_ascii_case(table);
    }
}

/// Verbs of statements that name tables in a way that is understood here.
const WITH_TABLES: &[&str] = &[
    "SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP",
    "ALTER", "COPY", "EXPLAIN", "TABLE",
];

/// Verbs that write, also within a statement that has another.
const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"];

const QUERIES: &[&str] = &["SELECT", "VALUES", "WITH"];

/// Words that end a list of tables.
const ENDS_LIST: &[&str] = &[
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "SET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "WINDOW",
    "RETURNING",
    "FOR",
    "OFFSET",
    "FETCH",
];

pub(super) fn is_one_of(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| word.eq_ignore_ascii_case(name))
}
