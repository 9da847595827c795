//! The words of a statement, without its comments and values.

use super::Dialect;

/// A piece of a statement that can matter to what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A keyword, or a name without quotes.
    Word(&'a str),
    /// A name in quotes, without them.
    Quoted(&'a str),
    /// One of `(`, `)`, `,`, `;`, `.` and the like.
    Mark(u8),
    /// A number, a text, a parameter.
    Value,
}

/// Takes a statement to pieces; comments are none.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    sql: &'a str,
    dialect: Dialect,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn of(sql: &'a str, dialect: Dialect) -> Self {
        let at = 0;
        Self { sql, dialect, at }
    }

    fn rest(&self) -> &'a [u8] {
        &self.sql.as_bytes()[self.at..]
    }

    /// Whether this byte comes next.
    pub(super) fn is_before(&self, byte: u8) -> bool {
        self.rest().first() == Some(&byte)
    }

    /// Skips spaces and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            self.at += match rest {
                [byte, ..] if byte.is_ascii_whitespace() => 1,
                // To MySQL it is none without a space after it: `5--1` is six.
                [b'-', b'-', after @ ..]
                    if self.dialect != Dialect::MySql
                        || after.first().is_none_or(|byte| *byte <= b' ') =>
                {
                    until(rest, b'\n')
                }
                [b'#', ..] if self.dialect == Dialect::MySql => until(rest, b'\n'),
                [b'/', b'*', ..] => match self.dialect {
                    Dialect::Postgres => nested_comment(rest),
                    Dialect::MySql | Dialect::Sqlite => comment(rest),
                },
                _ => return,
            };
        }
    }

    /// Takes what is between quotes; one that is doubled does not end it.
    fn quoted(&mut self, end: u8) -> &'a str {
        let start = self.at + 1;
        self.at = start;
        loop {
            let rest = self.rest();
            let len = until(rest, end);
            if rest.get(len) == Some(&end) && end != b']' {
                self.at += len + 1;
                continue;
            }
            self.at += len;
            let closed = len > 0 && rest[len - 1] == end;
            return &self.sql[start..self.at - usize::from(closed)];
        }
    }

    /// Takes what is between quotes, in which a backslash takes the next one its meaning.
    fn escaped(&mut self, end: u8) -> &'a str {
        let start = self.at + 1;
        self.at = start;
        while let Some(&byte) = self.rest().first() {
            if byte == end {
                self.at += 1;
                return &self.sql[start..self.at - 1];
            }
            let len = if byte == b'\\' { 2 } else { 1 };
            self.at = self.sql.len().min(self.at + len);
        }
        &self.sql[start..]
    }

    /// Takes a parameter such as `$1`, or a text of Postgres such as `$body$ … $body$`.
    fn dollar(&mut self) {
        let rest = self.rest();
        let tag = 1 + rest[1..].iter().take_while(|byte| is_name(**byte)).count();
        let is_tag = rest.get(tag) == Some(&b'$') && !rest[1].is_ascii_digit();
        if !is_tag || self.dialect != Dialect::Postgres {
            self.at += tag;
            return;
        }
        let tag = &self.sql[self.at..=self.at + tag];
        let body = self.at + tag.len();
        self.at = match self.sql[body..].find(tag) {
            Some(len) => body + len + tag.len(),
            None => self.sql.len(),
        };
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        self.skip();
        let rest = self.rest();
        Some(match *rest.first()? {
            b'\'' if self.dialect == Dialect::MySql => {
                self.escaped(b'\'');
                Piece::Value
            }
            b'"' if self.dialect == Dialect::MySql => Piece::Quoted(self.escaped(b'"')),
            b'\'' => {
                self.quoted(b'\'');
                Piece::Value
            }
            b'$' => {
                self.dollar();
                Piece::Value
            }
            b'E' | b'e' if rest.get(1) == Some(&b'\'') => {
                self.at += 1;
                self.escaped(b'\'');
                Piece::Value
            }
            quote @ (b'"' | b'`') => Piece::Quoted(self.quoted(quote)),
            b'[' => Piece::Quoted(self.quoted(b']')),
            byte if is_name(byte) => {
                let start = self.at;
                // A dollar may be within a name, but not begin it.
                let within = |byte: &&u8| is_name(**byte) || **byte == b'$';
                self.at += rest.iter().take_while(within).count();
                if byte.is_ascii_digit() {
                    Piece::Value
                } else {
                    Piece::Word(&self.sql[start..self.at])
                }
            }
            mark => {
                self.at += 1;
                Piece::Mark(mark)
            }
        })
    }
}

/// Whether a byte may be in a name; all that are not ASCII may.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// How long it is until `end`, and with it.
fn until(bytes: &[u8], end: u8) -> usize {
    let at = bytes.iter().position(|byte| *byte == end);
    at.map_or(bytes.len(), |at| at + 1)
}

/// How long a comment is, which ends where the first does.
fn comment(bytes: &[u8]) -> usize {
    let end = bytes[2..].windows(2).position(|end| end == b"*/");
    end.map_or(bytes.len(), |at| 2 + at + 2)
}

/// How long a comment is, with those in it.
fn nested_comment(bytes: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_u32);
    while at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            }
            _ => at += 1,
        }
    }
    at
}
