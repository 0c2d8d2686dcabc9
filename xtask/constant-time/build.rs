//! The three client requests of memcheck are macros of its header, so they take a C compiler.

fn main() {
    println!("cargo::rerun-if-changed=src/memcheck.c");
    cc::Build::new().file("src/memcheck.c").compile("memcheck");
}
