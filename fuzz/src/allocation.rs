//! What an execution allocates, counted, so that every target holds it against the size of its input.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What an execution may allocate in all, freed or not, whatever its input: the target's own copies, errors, tables.
const ALWAYS: usize = 64 * 1024;

/// What it may allocate besides, for each octet of its input. `serde_json` alone takes some hundred, for an array of
/// objects with one member each; a target reads its input with that and with ours.
const EACH_OCTET: usize = 512;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One target runs in one process, on one thread, so that reading and writing need no common step.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

fn count(octets: usize) {
    ALLOCATED.store(ALLOCATED.load(Ordering::Relaxed).wrapping_add(octets), Ordering::Relaxed);
}

// SAFETY: each call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as promised to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as promised to us.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as promised to us.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised to us.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs an execution for an input of so many octets.
pub fn bounded(octets: usize, run: impl FnOnce()) {
    let before = ALLOCATED.load(Ordering::Relaxed);
    run();
    let allocated = ALLOCATED.load(Ordering::Relaxed).wrapping_sub(before);
    assert!(allocated <= ALWAYS + EACH_OCTET * octets, "{allocated} octets allocated for an input of {octets}");
}

/// Makes what all executions share, or what only an oracle needs, at no execution's cost.
pub fn uncounted<T>(make: impl FnOnce() -> T) -> T {
    let before = ALLOCATED.load(Ordering::Relaxed);
    let made = make();
    ALLOCATED.store(before, Ordering::Relaxed);
    made
}
