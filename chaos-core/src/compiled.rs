//! Whether injection is compiled into this build.

/// Whether this build can inject faults, for checks in other projects' CI.
///
/// ```
/// const { assert!(chaos_core::COMPILED_IN || !cfg!(feature = "inject")) };
/// ```
pub const COMPILED_IN: bool = cfg!(feature = "inject");

/// A value that exists only in builds with injection; other builds have neither such a value nor space for one.
///
/// Adapters keep the state of an affected operation in it, so their futures in a build without injection are those of
/// the wrapped service.
#[cfg(feature = "inject")]
#[derive(Debug)]
pub struct Armed<T>(T);

/// A value that exists only in builds with injection; other builds have neither such a value nor space for one.
#[cfg(not(feature = "inject"))]
#[derive(Debug)]
pub struct Armed<T>(std::convert::Infallible, std::marker::PhantomData<T>);

#[cfg(feature = "inject")]
impl<T> Armed<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    #[inline]
    pub fn get(&self) -> &T {
        &self.0
    }

    /// Returns the value mutably.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// Takes the value out.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0
    }
}

#[cfg(not(feature = "inject"))]
impl<T> Armed<T> {
    /// Returns the value.
    #[inline(always)]
    pub fn get(&self) -> &T {
        match self.0 {}
    }

    /// Returns the value mutably.
    #[inline(always)]
    pub fn get_mut(&mut self) -> &mut T {
        match self.0 {}
    }

    /// Takes the value out.
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
