//! The C library gives the program its start and `memcpy`, as any target would; std and an allocator it does not get.
fn main() {
    println!("cargo::rustc-link-arg-bins=-lc");
}
