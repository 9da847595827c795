//! The methods of builders that set one field.

/// Defines such methods, each named like its field.
macro_rules! setters {
    ($($(#[$doc:meta])* $visibility:vis fn $field:ident($argument:ident: $type:ty) = $value:expr;)+) => {$(
        $(#[$doc])*
        $visibility fn $field(mut self, $argument: $type) -> Self {
            self.$field = $value;
            self
        }
    )+};
}

pub(crate) use setters;
