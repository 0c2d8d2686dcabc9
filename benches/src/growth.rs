//! How the time of an operation grows with its input: measured at several sizes, in turns, and fitted.

use proofkey_benches::growing;
use serde_json::{Value, json};

use crate::measure::{Figure, measure};

/// Up to this exponent a growth counts as linear: above is what noise and caches do not explain.
const LINEAR: f64 = 1.15;

/// Prints a line for each operation, and gives them all.
pub(crate) fn run(rounds: usize, quick: bool, is_meant: impl Fn(&str) -> bool) -> Vec<Value> {
    println!("{:10} {:>46} {:>8} {:>8}  verdict", "operation", "size: ns", "exponent", "at last");
    let mut results = Vec::new();
    for mut grown in growing() {
        if !is_meant(grown.operation.name) {
            continue;
        }
        let figures = measure(&mut grown.operation.contenders, rounds);
        let points: Vec<(f64, f64)> =
            grown.sizes.iter().zip(&figures).map(|(size, Figure { ns, .. })| (f64::from(*size), *ns)).collect();
        // A constant part hides growth at small sizes: the last step is looked at alone as well.
        let (exponent, last) = (exponent(&points), exponent(&points[points.len() - 2..]));
        let is_linear = exponent <= LINEAR && last <= LINEAR;
        let listed: Vec<_> = points.iter().map(|(size, ns)| format!("{size}: {ns:.0}")).collect();
        println!(
            "{:10} {:>46} {exponent:>8.2} {last:>8.2}  {}",
            grown.operation.name,
            listed.join(", "),
            if is_linear { "linear or less" } else { "NOT LINEAR" }
        );
        let points: Vec<_> = grown
            .sizes
            .iter()
            .zip(&figures)
            .map(|(size, figure)| {
                json!({"size": size, "ns": figure.ns, "p10": figure.p10, "p90": figure.p90, "allocs": figure.allocations})
            })
            .collect();
        results.push(json!({
            "op": grown.operation.name, "quick": quick, "of": grown.operation.about, "points": points,
            "exponent": exponent, "exponent_at_last": last, "linear": is_linear,
        }));
    }
    results
}

/// The slope of the straight line that fits best, by least squares, when both are drawn by their logarithms.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let mean = |value: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(&|point| point.0.ln()), mean(&|point| point.1.ln()));
    let both = mean(&|point| (point.0.ln() - x) * (point.1.ln() - y));
    both / mean(&|point| (point.0.ln() - x).powi(2))
}

#[cfg(test)]
mod tests {
    use super::exponent;

    #[test]
    fn the_exponent_of_a_power_is_found() {
        let of = |power: f64| [1.0, 10.0, 100.0, 1000.0].map(|size: f64| (size, 3.0 * size.powf(power)));
        for power in [0.0, 0.5, 1.0, 1.5, 2.0] {
            assert!((exponent(&of(power)) - power).abs() < 1e-9, "{power}");
        }
    }
}
