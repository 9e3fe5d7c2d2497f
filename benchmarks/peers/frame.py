"""The same ten predicates in polars, the frame loaded and sorted beforehand: prints the median milliseconds."""

import statistics
import sys
import time

import polars as pl

reads = pl.read_csv(sys.argv[1]).sort("register_id", "read_on")
by = "register_id"
value, usage, source = pl.col("value"), pl.col("usage"), pl.col("source")


def ten() -> pl.DataFrame:
    near = reads.lazy().with_columns(
        v1=value.shift(1).over(by),
        s1=source.shift(1).over(by),
        u1=usage.shift(1).over(by),
        u2=usage.shift(2).over(by),
        ly=usage.shift(6).over(by),
        mean=usage.shift(1).rolling_mean(6, min_samples=1).over(by),
    )
    last = near.group_by(by).last()
    v1, s1, u1, u2, ly, mean = (pl.col(name) for name in ("v1", "s1", "u1", "u2", "ly", "mean"))
    return last.select(
        a=((usage > 2 * ly) & (usage >= 10)).sum(),
        b=(ly.is_null() & (usage > 2 * mean)).sum(),
        c=(usage > 5 * mean).sum(),
        d=((usage > 0) & (usage < 0.35 * ly) & (ly >= 20)).sum(),
        e=((usage == 0) & (u1 == 0)).sum(),
        f=(value < v1).sum(),
        g=((value < v1) & (value < 100_000) & (v1 > 900_000)).sum(),
        h=((value < v1) & (s1 == "E")).sum(),
        i=((usage == u1) & (usage == u2) & (usage >= 10)).sum(),
        j=((source == "E") & (s1 == "E")).sum(),
    ).collect()


times = []
for _ in range(5):
    began = time.perf_counter()
    ten()
    times.append((time.perf_counter() - began) * 1000)
print(statistics.median(times))
