//! The operations for a person with criterion's charts in mind; `cargo xtask bench` has the ratios.

use criterion::{Criterion, criterion_group, criterion_main};

fn operations(criterion: &mut Criterion) {
    for operation in proofkey_benches::all() {
        let mut group = criterion.benchmark_group(operation.name);
        for mut contender in operation.contenders {
            let run = &mut contender.run;
            group.bench_function(contender.name, |bencher| {
                bencher.iter_custom(|runs| run(runs.try_into().unwrap_or(u32::MAX)).time);
            });
        }
        group.finish();
    }
}

criterion_group!(all, operations);
criterion_main!(all);
