//! The marks of verdicts, each with a shape of its own.

use crate::Markup;

/// Adds the shapes that [`mark`] shows.
pub(crate) fn define(out: &mut Markup) {
    out.put(
        "<svg class=\"shapes\" aria-hidden=\"true\">\
         <symbol id=\"met\" viewBox=\"0 0 16 16\"><circle class=\"solid\" cx=\"8\" cy=\"8\" r=\"7\"/><path d=\"M4.5 8.2l2.4 2.4 4.6-5\"/></symbol>\
         <symbol id=\"violated\" viewBox=\"0 0 16 16\"><path class=\"solid\" d=\"M5 1h6l4 4v6l-4 4H5l-4-4V5z\"/><path d=\"M5.2 5.2l5.6 5.6m0-5.6l-5.6 5.6\"/></symbol>\
         <symbol id=\"inconclusive\" viewBox=\"0 0 16 16\"><path class=\"solid\" d=\"M8 .8L15.2 8 8 15.2.8 8z\"/><path d=\"M6.2 6.6a1.9 1.9 0 1 1 2.6 1.8c-.6.3-.8.6-.8 1.2M8 11.8v.1\"/></symbol>\
         <symbol id=\"aborted\" viewBox=\"0 0 16 16\"><path class=\"solid\" d=\"M1.5 1.5h13v13h-13z\"/><path d=\"M8 4v5M8 12v.1\"/></symbol>\
         <symbol id=\"not-run\" viewBox=\"0 0 16 16\"><circle class=\"ring\" cx=\"8\" cy=\"8\" r=\"7\"/><path class=\"dash\" d=\"M4.5 8h7\"/></symbol>\
         <symbol id=\"not-applicable\" viewBox=\"0 0 16 16\"><path class=\"dash\" d=\"M4.5 8h7\"/></symbol></svg>",
        &[],
    );
}

/// Shows the mark of a verdict of this name; the word stands beside it.
pub fn mark(out: &mut Markup, verdict: &str) {
    let shape = verdict.replace(' ', "-");
    out.put(
        "<svg class=\"mark {}\"><use href=\"#{}\"/></svg>",
        &[&shape, &shape],
    );
}
