#![doc = include_str!("../README.md")]

mod case;
mod http;
mod place;
mod play;
pub mod reference;

pub use case::{Case, cases};
pub use place::{Asked, Place, Twist};
pub use play::{Miss, Seen, control, play};
