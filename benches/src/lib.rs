//! What is measured: each operation by us, by the least code that does just that work, and by the peers.

mod fixtures;
mod operations;

pub use operations::all;

/// One way to do an operation, ready to be run again and again.
pub struct Contender {
    /// Who: `ours`, `limit`, or a peer's name and version.
    pub name: &'static str,
    /// Does it once. What it makes is given to [`std::hint::black_box`].
    pub run: Box<dyn FnMut()>,
}

/// An operation, and all who do it.
pub struct Operation {
    /// Its name, as `cargo xtask bench NAME` takes it.
    pub name: &'static str,
    /// What it is, and what the limit does.
    pub about: &'static str,
    /// How many times as long as the limit ours may take.
    pub goal: f64,
    /// Ours first, then the limit, then the peers.
    pub contenders: Vec<Contender>,
}

impl Operation {
    fn new(name: &'static str, about: &'static str, goal: f64) -> Self {
        Self { name, about, goal, contenders: Vec::new() }
    }

    fn with<T>(mut self, name: &'static str, mut run: impl FnMut() -> T + 'static) -> Self {
        let run = Box::new(move || {
            std::hint::black_box(run());
        });
        self.contenders.push(Contender { name, run });
        self
    }
}
