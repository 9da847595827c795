//! Whether injection is compiled into this build.

/// Whether this build can inject faults, for checks in other projects' CI.
///
/// ```
/// const { assert!(chaos_core::COMPILED_IN || !cfg!(feature = "inject")) };
/// ```
pub const COMPILED_IN: bool = cfg!(feature = "inject");

/// A value that exists only in builds with injection; other builds have neither a value nor room for one.
///
/// Adapters keep in it what goes with an operation that something concerns, so a build without injection has the same
/// futures as the wrapped service.
#[cfg(feature = "inject")]
#[derive(Debug)]
pub struct Armed<T>(T);

/// A value that exists only in builds with injection; other builds have neither a value nor room for one.
#[cfg(not(feature = "inject"))]
#[derive(Debug)]
pub struct Armed<T>(std::convert::Infallible, std::marker::PhantomData<T>);

#[cfg(feature = "inject")]
impl<T> Armed<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    #[inline]
    pub fn get(&self) -> &T {
        &self.0
    }

    /// The value, to be changed.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// The value, taken out.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0
    }
}

#[cfg(not(feature = "inject"))]
impl<T> Armed<T> {
    /// The value.
    #[inline(always)]
    pub fn get(&self) -> &T {
        match self.0 {}
    }

    /// The value, to be changed.
    #[inline(always)]
    pub fn get_mut(&mut self) -> &mut T {
        match self.0 {}
    }

    /// The value, taken out.
    #[inline(always)]
    pub fn into_inner(self) -> T {
        match self.0 {}
    }
}

#[cfg(all(chaos_forbid, feature = "inject"))]
compile_error!(
    "`--cfg chaos_forbid` says this build must never contain fault injection, but a dependency \
     turned on the feature `chaos-core/inject`; `cargo tree -e features -i chaos-core` shows which"
);
