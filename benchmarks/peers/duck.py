"""Ten predicates over raw reads in DuckDB, the table loaded beforehand: prints the median milliseconds."""

import statistics
import sys
import time

import duckdb

db = duckdb.connect()
db.execute("SET threads TO 2")
db.execute("CREATE TABLE read AS SELECT * FROM read_csv(?, header = true)", [sys.argv[1]])
TEN = """
SELECT COUNT(*) FILTER (usage > 2 * ly AND usage >= 10), COUNT(*) FILTER (ly IS NULL AND usage > 2 * mean),
  COUNT(*) FILTER (usage > 5 * mean), COUNT(*) FILTER (usage > 0 AND usage < 0.35 * ly AND ly >= 20),
  COUNT(*) FILTER (usage = 0 AND u1 = 0), COUNT(*) FILTER (value < v1),
  COUNT(*) FILTER (value < v1 AND value < 100000 AND v1 > 900000), COUNT(*) FILTER (value < v1 AND s1 = 'E'),
  COUNT(*) FILTER (usage = u1 AND usage = u2 AND usage >= 10), COUNT(*) FILTER (source = 'E' AND s1 = 'E')
FROM (SELECT *, LAG(value) OVER w AS v1, LAG(source) OVER w AS s1, LAG(usage) OVER w AS u1,
    LAG(usage, 2) OVER w AS u2, LAG(usage, 6) OVER w AS ly,
    AVG(usage) OVER (PARTITION BY register_id ORDER BY read_on ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS mean,
    LEAD(read_on) OVER w AS later
  FROM read WINDOW w AS (PARTITION BY register_id ORDER BY read_on))
WHERE later IS NULL
"""
times = []
for _ in range(5):
    began = time.perf_counter()
    db.execute(TEN).fetchall()
    times.append((time.perf_counter() - began) * 1000)
print(statistics.median(times))
