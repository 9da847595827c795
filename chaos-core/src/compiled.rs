//! Whether injection is compiled into this build.

/// Whether this build can inject faults, for checks in other projects' CI.
///
/// ```
/// const { assert!(chaos_core::COMPILED_IN || !cfg!(feature = "inject")) };
/// ```
pub const COMPILED_IN: bool = cfg!(feature = "inject");

use std::pin::Pin;

/// Proof that injection is compiled in.
///
/// Without the feature `inject`, it has no values, so that everything that contains one vanishes from the build.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompiledIn(#[cfg(not(feature = "inject"))] std::convert::Infallible);

/// Returns the proof if injection is compiled in.
#[inline(always)]
pub(crate) const fn compiled_in() -> Option<CompiledIn> {
    #[cfg(feature = "inject")]
    return Some(CompiledIn());
    #[cfg(not(feature = "inject"))]
    None
}

/// A value that exists only in builds with injection; without injection, it takes no space.
///
/// Adapters keep the state of an affected operation in it, so that a build without injection has the same futures as
/// the wrapped service.
#[cfg(feature = "inject")]
#[pin_project::pin_project]
#[derive(Debug)]
pub struct Armed<T>(#[pin] T);

/// A value that exists only in builds with injection; without injection, it takes no space.
#[cfg(not(feature = "inject"))]
#[derive(Debug)]
pub struct Armed<T>(std::convert::Infallible, std::marker::PhantomData<T>);

#[cfg(feature = "inject")]
impl<T> Armed<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the pinned value.
    #[inline]
    pub fn as_pin_mut(self: Pin<&mut Self>) -> Pin<&mut T> {
        self.project().0
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
    /// Returns the pinned value.
    #[inline(always)]
    pub fn as_pin_mut(self: Pin<&mut Self>) -> Pin<&mut T> {
        match self.0 {}
    }

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
    "`--cfg chaos_forbid` excludes fault injection from this build, but a dependency enables the \
     feature `chaos-core/inject`; `cargo tree -e features -i chaos-core` shows which"
);
