/// Lines that say something: neither empty nor a comment alone.
fn lines(source: &str) -> usize {
    source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[test]
fn the_app_can_be_read_in_one_sitting() {
    let app = lines(include_str!("../../src/app.rs")) + lines(include_str!("../../src/app/session.rs"));
    assert!(app <= 180, "the app has {app} lines with its sessions");
}

#[test]
fn the_careless_app_is_marked_as_such_and_kept_in_the_play() {
    let careless = include_str!("../../src/careless.rs");
    assert!(careless.starts_with("//! NOT AN EXAMPLE."));
    for fault in
        ["Fault 1:", "Fault 2:", "Fault 3:", "Fault 4:", "Fault 8:", "Faults 9 and 11:", "Fault 10:", "fault 12"]
    {
        assert!(careless.contains(fault), "{fault}");
    }
    assert!(!include_str!("../../src/demo.rs").contains("careless"));
}
