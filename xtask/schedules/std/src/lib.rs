//! The standard library with shuttle's `Mutex` in it: each lock is a point where another thread may come first.

pub use std::*;

/// `std::sync` with that `Mutex`.
pub mod sync {
    pub use shuttle::sync::{Mutex, MutexGuard};
    pub use std::sync::*;
}
