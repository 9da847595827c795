//! Names of the variants of an enum.

/// Gives each variant of an enum its name in files, and shows it by that name.
macro_rules! named {
    ($kind:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $kind {
            #[allow(dead_code, reason = "not every such enum is searched by name")]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the name used in files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use named;
