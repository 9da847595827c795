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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Armed<T>(T);

/// A value that exists only in builds with injection; other builds have neither such a value nor space for one.
#[cfg(not(feature = "inject"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Armed<T>(std::convert::Infallible, std::marker::PhantomData<T>);

#[cfg(feature = "inject")]
impl<T> Armed<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    #[inline]
    pub const fn get(&self) -> &T {
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

    #[inline]
    pub(crate) fn with<U>(self, value: U) -> Armed<U> {
        Armed(value)
    }
}

#[cfg(not(feature = "inject"))]
impl<T> Armed<T> {
    /// Returns the value.
    #[inline(always)]
    pub const fn get(&self) -> &T {
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

    #[inline(always)]
    pub(crate) fn with<U>(self, _value: U) -> Armed<U> {
        match self.0 {}
    }
}

/// Defines a method of a type that has no values in this build, so that nothing ever calls it.
#[cfg(not(feature = "inject"))]
macro_rules! never {
    ($visibility:vis fn $name:ident(&mut $this:ident $(, $argument:ident: $type:ty)*) $(-> $returned:ty)?) => {
        #[inline(always)]
        $visibility fn $name(&mut $this $(, $argument: $type)*) $(-> $returned)? { match $this.0 {} }
    };
    ($visibility:vis fn $name:ident(&$this:ident $(, $argument:ident: $type:ty)*) $(-> $returned:ty)?) => {
        #[inline(always)]
        $visibility fn $name(&$this $(, $argument: $type)*) $(-> $returned)? { match $this.0 {} }
    };
    ($visibility:vis fn $name:ident($this:ident $(, $argument:ident: $type:ty)*) $(-> $returned:ty)?) => {
        #[inline(always)]
        $visibility fn $name($this $(, $argument: $type)*) $(-> $returned)? { match $this.0 {} }
    };
}

#[cfg(not(feature = "inject"))]
pub(crate) use never;

#[cfg(all(chaos_forbid, feature = "inject"))]
compile_error!(
    "`--cfg chaos_forbid` says this build must never contain fault injection, but a dependency \
     turned on the feature `chaos-core/inject`; `cargo tree -e features -i chaos-core` shows which"
);
