//! A real failure, and what has to look like it.

use chaos_sqlx::{Disconnect, Failure, Fault, Phase};

use crate::on_servers::scene::Place;
use crate::table::{self, Cell, Column, cell};

/// A real failure, and what has to look like it.
pub(crate) struct Row<R> {
    pub(crate) name: &'static str,
    pub(crate) real: R,
    pub(crate) ours: Fault,
    pub(crate) phase: Phase,
    /// What our fault strikes.
    pub(crate) statement: &'static str,
    pub(crate) places: &'static [Place],
    /// The fields in which ours is an imitation.
    pub(crate) differ: &'static [&'static str],
    /// Where the docs tell of it.
    docs: Option<table::Row>,
}

impl<R> Row<R> {
    pub(crate) fn new(name: &'static str, real: R, ours: Failure, statement: &'static str) -> Self {
        Self {
            name,
            real,
            ours: Fault::error(ours),
            phase: Phase::Before,
            statement,
            places: Place::ALL,
            differ: &[],
            docs: None,
        }
    }

    /// One that resets the connection after the first row.
    pub(crate) fn reset_after_a_row(name: &'static str, real: R, statement: &'static str) -> Self {
        Self {
            ours: Fault::disconnect(Disconnect::ResetAfter(1)),
            phase: Phase::During,
            ..Self::new(name, real, Failure::Reset, statement)
        }
    }

    /// Not everywhere, but only here.
    pub(crate) fn only(mut self, places: &'static [Place]) -> Self {
        self.places = places;
        self
    }

    pub(crate) fn but_for(mut self, differ: &'static [&'static str]) -> Self {
        self.differ = differ;
        self
    }

    pub(crate) fn in_docs(mut self, docs: table::Row) -> Self {
        self.docs = Some(docs);
        self
    }
}

/// Compares what the docs say with these rows, each of which is as it says; what comes back is what is wrong.
pub(crate) fn docs<R>(rows: &[Row<R>], column: Column) -> Result<(), String> {
    for line in table::Row::ALL {
        let mut told = rows.iter().filter(|row| row.docs == Some(line)).peekable();
        if told.peek().is_none() {
            continue;
        }
        let is_equal = told.all(|row| row.differ.is_empty());
        let declared = cell(line, column);
        if is_equal != (declared == Cell::Equal) || matches!(declared, Cell::Impossible(_)) {
            return Err(format!("the docs say of {line:?}: {declared:?}"));
        }
    }
    Ok(())
}

pub(crate) fn state(code: &str) -> Failure {
    Failure::sql_state(code).unwrap()
}
