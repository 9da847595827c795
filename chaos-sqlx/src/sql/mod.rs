//! SQL text, classified: the verb, the table and the access of a statement, and the name of its operation.

mod access;
mod classifier;
mod dialect;
mod keywords;
mod operation_name;
mod statement_info;
mod tokenizer;

#[cfg(test)]
mod classifier_tests;

pub(crate) use access::Access;
pub(crate) use dialect::Dialect;
pub(crate) use operation_name::OperationName;
pub(crate) use statement_info::StatementInfo;
