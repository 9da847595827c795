//! The classifier: which verb, table and access a statement has, as far as its text shows.

use super::keywords::{
    AFTER_TABLES, BEFORE_TABLE, QUERY_VERBS, VERBS_WITH_TABLES, WRITING_VERBS, is_one_of,
};
use super::tokenizer::{Token, Tokenizer};
use super::{Access, Dialect};

/// The verb, the table and the access of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Classification<'a> {
    /// The first keyword, as written.
    pub(super) verb: Option<&'a str>,
    /// The table, if the statement uses exactly one.
    pub(super) table: Option<&'a str>,
    pub(super) access: Option<Access>,
}

/// The bytes of a statement that are read at most, because a statement may have gigabytes of literals.
const MOST_READ: usize = 64 * 1024;

impl<'a> Classification<'a> {
    /// Classifies a statement by its beginning; its end may show more tables, or a write after a `WITH`.
    pub(super) fn of(sql: &'a str, dialect: Dialect) -> Self {
        let mut classifier = Classifier::default();
        let mut tokens = Tokenizer::new(beginning(sql), dialect);
        while let Some(token) = tokens.next() {
            classifier.consume(token, &mut tokens);
        }
        Self {
            verb: classifier.verb,
            table: classifier.table.filter(|_| !classifier.is_ambiguous),
            access: classifier.access,
        }
    }
}

/// Returns the beginning of a statement that is read, without a word that would be cut in two.
fn beginning(sql: &str) -> &str {
    if sql.len() <= MOST_READ {
        return sql;
    }
    let read = &sql[..sql.floor_char_boundary(MOST_READ)];
    // Without any space, all of it is one word.
    let end = read.rfind(|character: char| character.is_ascii_whitespace());
    &read[..end.unwrap_or(0)]
}

/// The state of the classifier between two tokens.
#[derive(Debug, Default)]
struct Classifier<'a> {
    verb: Option<&'a str>,
    table: Option<&'a str>,
    access: Option<Access>,
    /// Whether there are several statements, or several tables.
    is_ambiguous: bool,
    /// Whether an explained statement is executed too.
    is_analyzed: bool,
    next_name: NextName,
    previous: Option<&'a str>,
    parentheses: Parentheses,
}

/// The meaning of the next name.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum NextName {
    #[default]
    Irrelevant,
    /// The first keyword of a statement.
    Verb,
    /// A table that is read, or a function that returns one.
    Source,
    /// A table that is written.
    Target,
}

/// Which of the enclosing parentheses hold a query, and which of them are inside a list of tables.
#[derive(Debug, Default)]
struct Parentheses {
    depth: u32,
    /// One bit for each depth that holds a query.
    queries: u64,
    /// One bit for each depth at which tables are being listed.
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

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn mark_query(&mut self) {
        self.queries |= self.bit();
    }

    fn holds_query(&self) -> bool {
        self.depth == 0 || self.queries & self.bit() != 0
    }

    fn begin_list(&mut self) {
        self.lists |= self.bit();
    }

    fn end_list(&mut self) {
        self.lists &= !self.bit();
    }

    fn is_in_list(&self) -> bool {
        self.lists & self.bit() != 0
    }
}

impl<'a> Classifier<'a> {
    fn consume(&mut self, token: Token<'a>, tokens: &mut Tokenizer<'a>) {
        match token {
            Token::Word(word) => {
                if self.verb.is_none() || self.next_name == NextName::Verb {
                    self.begin_statement(word);
                } else if !self.expects_table() || !Self::try_skip(word, tokens) {
                    self.consume_keyword(word, token, tokens);
                }
                self.previous = Some(word);
                return;
            }
            Token::Quoted(_) => self.consume_name(token, tokens),
            Token::Mark(b'(') => {
                self.parentheses.open();
                // A join, or a query in place of a table.
                if self.next_name == NextName::Source {
                    self.parentheses.mark_query();
                }
            }
            Token::Mark(b')') => {
                self.parentheses.close();
                self.next_name = NextName::Irrelevant;
            }
            Token::Mark(b',') => {
                if self.parentheses.is_in_list() {
                    self.next_name = NextName::Source;
                }
            }
            Token::Mark(b';') => {
                self.parentheses = Parentheses::default();
                self.next_name = NextName::Verb;
            }
            Token::Mark(b'=') if self.verb.is_some_and(|verb| is_one_of(verb, &["PRAGMA"])) => {
                self.access = Some(Access::Write);
            }
            Token::Mark(_) | Token::Value => self.next_name = NextName::Irrelevant,
        }
        self.previous = None;
    }

    fn expects_table(&self) -> bool {
        matches!(self.next_name, NextName::Source | NextName::Target)
    }

    fn begin_statement(&mut self, verb: &'a str) {
        self.is_ambiguous |= self.verb.is_some();
        self.access = self.access.max(Access::of_verb(verb));
        let first = *self.verb.get_or_insert(verb);
        self.next_name = if is_one_of(first, &["UPDATE", "TRUNCATE", "COPY", "TABLE"]) {
            NextName::Target
        } else {
            NextName::Irrelevant
        };
        if is_one_of(first, &["UPDATE", "TRUNCATE"]) {
            self.parentheses.begin_list();
        }
        if self.parentheses.depth > 0 && is_one_of(verb, QUERY_VERBS) {
            self.parentheses.mark_query();
        }
    }

    /// Skips a keyword that may stand before the name of a table; returns `false` for any other word.
    fn try_skip(word: &str, tokens: &mut Tokenizer<'a>) -> bool {
        if is_one_of(word, &["OR"]) {
            tokens.next();
            return true;
        }
        is_one_of(word, BEFORE_TABLE)
    }

    fn consume_keyword(&mut self, word: &'a str, token: Token<'a>, tokens: &mut Tokenizer<'a>) {
        let is = |keywords| is_one_of(word, keywords);
        let (first, previous) = (self.verb, self.previous);
        let verb = |keywords| first.is_some_and(|verb| is_one_of(verb, keywords));
        let after = |keywords| previous.is_some_and(|previous| is_one_of(previous, keywords));
        if (self.is_analyzed || verb(&["WITH"])) && is(WRITING_VERBS) {
            let is_clause = after(&["FOR", "KEY", "DO", "ON", "NO"]);
            // `REPLACE(` is a function.
            if !is_clause && !tokens.is_followed_by(b'(') {
                self.access = Some(Access::Write);
            }
        }
        if is(QUERY_VERBS) {
            self.parentheses.mark_query();
            self.parentheses.end_list();
            self.next_name = NextName::Irrelevant;
        } else if !verb(VERBS_WITH_TABLES) {
            self.next_name = NextName::Irrelevant;
        } else if verb(&["EXPLAIN"]) && is(&["ANALYZE", "ANALYSE"]) {
            self.is_analyzed = true;
        } else if after(&["ANALYZE", "ANALYSE"]) && is(&["FALSE", "OFF"]) {
            self.is_analyzed = false;
        } else if is(&["FROM"]) && self.parentheses.holds_query() && !verb(&["COPY"]) {
            if !after(&["DISTINCT"]) {
                self.parentheses.begin_list();
                self.next_name = NextName::Source;
            }
        } else if is(&["JOIN"])
            // Before the first table, `STRAIGHT_JOIN` is a modifier of `SELECT`.
            || (is(&["STRAIGHT_JOIN"]) && self.table.is_some())
            || (is(&["USING"]) && verb(&["DELETE", "MERGE"]))
        {
            self.next_name = NextName::Source;
        } else if is(&["INTO"]) {
            if self.is_analyzed || !verb(&["EXPLAIN"]) {
                self.access = Some(Access::Write);
            }
            self.next_name = NextName::Target;
        } else if is(&["TABLE"])
            || (is(&["ON"]) && verb(&["CREATE", "DROP", "ALTER"]) && self.table.is_none())
        {
            if verb(&["DROP"]) {
                self.parentheses.begin_list();
            }
            self.next_name = NextName::Target;
        } else if is(AFTER_TABLES) {
            self.parentheses.end_list();
            self.next_name = NextName::Irrelevant;
        } else {
            self.consume_name(token, tokens);
        }
    }

    /// Records a name if it is the name of a table.
    fn consume_name(&mut self, token: Token<'a>, tokens: &mut Tokenizer<'a>) {
        let meaning = std::mem::take(&mut self.next_name);
        if !matches!(meaning, NextName::Source | NextName::Target) {
            return;
        }
        let mut last = token;
        // The last part of a name with a schema is the table.
        while let Some(Token::Mark(b'.')) = tokens.clone().next() {
            tokens.next();
            let Some(part) = tokens.next() else { break };
            last = part;
        }
        let is_function =
            meaning == NextName::Source && tokens.clone().next() == Some(Token::Mark(b'('));
        let table = match last {
            Token::Word(name) | Token::Quoted(name) if !is_function => name,
            Token::Word(_) | Token::Quoted(_) | Token::Mark(_) | Token::Value => {
                self.is_ambiguous = true;
                return;
            }
        };
        let first = *self.table.get_or_insert(table);
        self.is_ambiguous |= !first.eq_ignore_ascii_case(table);
    }
}
