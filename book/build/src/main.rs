//! Builds the book.
fn main() {
    let book = mdbook_driver::MDBook::load("book").expect("load");
    book.build().expect("build");
}
