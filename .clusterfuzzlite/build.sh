#!/bin/bash -eu
# Builds the fuzz targets into $OUT, each with its dictionary, its limits and what it begins with, under the names that
# ClusterFuzzLite and OSS-Fuzz look for.

cd "$SRC/proofkey"
cargo fuzz build --release --debug-assertions --features heavy

for file in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$file" .rs)
    program=fuzz/target/x86_64-unknown-linux-gnu/release/$target
    # In a build for coverage the image's cargo leaves features out, and with them the heavy targets.
    [ -x "$program" ] || [ "${SANITIZER:-}" != coverage ] || continue
    cp "$program" "$OUT/"
    cp fuzz/words.dict "$OUT/$target.dict"
    # Findings of former times are tried again.
    mkdir -p "fuzz/corpus/$target"
    tar xf "fuzz/corpus/$target.tar" -C "fuzz/corpus/$target"
    find "fuzz/corpus/$target" "fuzz/regressions/$target" -type f 2>/dev/null |
        zip --quiet --junk-paths --names-stdin "$OUT/${target}_seed_corpus.zip" || true
done
cp fuzz/options/*.options "$OUT/"
