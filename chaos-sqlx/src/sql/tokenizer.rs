//! The tokenizer: splits a statement into keywords, names and marks, without its comments and literals.

use super::Dialect;

/// A token that the classifier may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword or an unquoted name.
    Word(&'a str),
    /// A quoted name, without its quotes.
    Quoted(&'a str),
    /// A punctuation mark or an operator, such as `(`, `,` or `=`.
    Mark(u8),
    /// A number, a string or a parameter.
    Value,
}

/// An iterator over the tokens of a statement.
#[derive(Debug, Clone)]
pub(super) struct Tokenizer<'a> {
    sql: &'a str,
    dialect: Dialect,
    position: usize,
}

impl<'a> Tokenizer<'a> {
    pub(super) fn new(sql: &'a str, dialect: Dialect) -> Self {
        Self {
            sql,
            dialect,
            position: 0,
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.sql.as_bytes()[self.position..]
    }

    /// Whether the next byte is this one.
    pub(super) fn is_followed_by(&self, byte: u8) -> bool {
        self.rest().first() == Some(&byte)
    }

    fn skip_whitespace_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            self.position += match rest {
                [byte, ..] if byte.is_ascii_whitespace() => 1,
                // MySQL requires a space after the dashes: `5--1` is six.
                [b'-', b'-', after @ ..]
                    if self.dialect != Dialect::MySql
                        || after.first().is_none_or(|byte| *byte <= b' ') =>
                {
                    len_until(rest, b'\n')
                }
                [b'#', ..] if self.dialect == Dialect::MySql => len_until(rest, b'\n'),
                [b'/', b'*', ..] => match self.dialect {
                    Dialect::Postgres => nested_comment_len(rest),
                    Dialect::MySql | Dialect::Sqlite => comment_len(rest),
                },
                _ => return,
            };
        }
    }

    /// Consumes a quoted string in which a doubled quote stands for one, and returns its content.
    fn quoted(&mut self, end: u8) -> &'a str {
        let start = self.position + 1;
        self.position = start;
        loop {
            let rest = self.rest();
            let len = len_until(rest, end);
            if rest.get(len) == Some(&end) && end != b']' {
                self.position += len + 1;
                continue;
            }
            self.position += len;
            let is_closed = len > 0 && rest[len - 1] == end;
            return &self.sql[start..self.position - usize::from(is_closed)];
        }
    }

    /// Consumes a quoted string with backslash escapes, and returns its content.
    fn escaped(&mut self, end: u8) -> &'a str {
        let start = self.position + 1;
        self.position = start;
        while let Some(&byte) = self.rest().first() {
            if byte == end {
                self.position += 1;
                return &self.sql[start..self.position - 1];
            }
            let len = if byte == b'\\' { 2 } else { 1 };
            self.position = self.sql.len().min(self.position + len);
        }
        &self.sql[start..]
    }

    /// Consumes a parameter such as `$1`, or a Postgres string such as `$body$ … $body$`.
    fn dollar(&mut self) {
        let rest = self.rest();
        let tag = 1 + rest[1..].iter().take_while(|byte| is_name(**byte)).count();
        let is_tag = rest.get(tag) == Some(&b'$') && !rest[1].is_ascii_digit();
        if !is_tag || self.dialect != Dialect::Postgres {
            self.position += tag;
            return;
        }
        let tag = &self.sql[self.position..=self.position + tag];
        let body = self.position + tag.len();
        self.position = match self.sql[body..].find(tag) {
            Some(len) => body + len + tag.len(),
            None => self.sql.len(),
        };
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_whitespace_and_comments();
        let rest = self.rest();
        Some(match *rest.first()? {
            b'\'' if self.dialect == Dialect::MySql => {
                self.escaped(b'\'');
                Token::Value
            }
            b'"' if self.dialect == Dialect::MySql => Token::Quoted(self.escaped(b'"')),
            b'\'' => {
                self.quoted(b'\'');
                Token::Value
            }
            b'$' => {
                self.dollar();
                Token::Value
            }
            b'E' | b'e' if rest.get(1) == Some(&b'\'') => {
                self.position += 1;
                self.escaped(b'\'');
                Token::Value
            }
            quote @ (b'"' | b'`') => Token::Quoted(self.quoted(quote)),
            b'[' => Token::Quoted(self.quoted(b']')),
            byte if is_name(byte) => {
                let start = self.position;
                // A name may contain a dollar sign, but not start with one.
                let is_inside = |byte: &&u8| is_name(**byte) || **byte == b'$';
                self.position += rest.iter().take_while(is_inside).count();
                if byte.is_ascii_digit() {
                    Token::Value
                } else {
                    Token::Word(&self.sql[start..self.position])
                }
            }
            mark => {
                self.position += 1;
                Token::Mark(mark)
            }
        })
    }
}

/// Whether a byte may be part of a name; every non-ASCII byte may.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Returns the length up to and including `end`.
fn len_until(bytes: &[u8], end: u8) -> usize {
    let end = bytes.iter().position(|byte| *byte == end);
    end.map_or(bytes.len(), |end| end + 1)
}

/// Returns the length of a comment that can't contain another.
fn comment_len(bytes: &[u8]) -> usize {
    let end = bytes[2..].windows(2).position(|end| end == b"*/");
    end.map_or(bytes.len(), |end| 2 + end + 2)
}

/// Returns the length of a comment that may contain others.
fn nested_comment_len(bytes: &[u8]) -> usize {
    let (mut len, mut depth) = (0, 0_u32);
    while len < bytes.len() {
        match bytes[len..] {
            [b'/', b'*', ..] => {
                depth += 1;
                len += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                len += 2;
                if depth == 0 {
                    break;
                }
            }
            _ => len += 1,
        }
    }
    len
}
