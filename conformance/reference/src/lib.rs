#![doc = include_str!("../README.md")]

pub use defects::{DEFECTS, Defect, Defects, UnknownDefect};

mod defects;
mod failure;
mod http;
mod json;
