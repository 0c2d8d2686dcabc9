//! More of it than most need: within JSON, and beyond the caps of many readers.

use super::super::edit::append;
use super::*;

const REASON: &[&str] = &["jwt_malformed"];

pub(super) fn groups() -> Vec<Group> {
    let nested = |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let most = |comment: &str, edits: Edits| acceptable(comment, edits, REASON, &[Limits]);
    let members = |count| (0..count).fold(keep(), |edits, index| edits.and(append(format!("c{index}"), 0)));
    let clients = format!("[{}]", vec!["\"s6BhdRkqt3\""; 100].join(","));
    let tests = vec![
        valid("ordinary", keep(), &[Normal]),
        most("arrays, 100 deep", append("x", nested("[", "]", 100))),
        most("arrays, 1000 deep", append("x", nested("[", "]", 1000))),
        most("objects, 200 deep", append("x", nested("{\"x\":", "}", 200))),
        most("500 members", members(500)),
        most("a string of 16384 characters", append("x", quoted(&"x".repeat(16384)))),
        most("a name of 8192 characters", append("n".repeat(8192), "0")),
        most("exp with 1000 digits behind the point", set("exp", format!("1800003600.{}", "0".repeat(1000)))),
        acceptable(
            "the client a hundred times as audience, azp the client",
            set("aud", clients).and(set_text("azp", "s6BhdRkqt3")),
            &["jwt_malformed", "claim_aud"],
            &[Limits],
        ),
    ];
    vec![Group::new("limits", Expected::default(), tests)]
}
