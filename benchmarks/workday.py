"""What a normal working day brings to the worklist of 10,000 accounts, beside what practice expects of each kind.

`python -m benchmarks.workday [ACCOUNTS]`. Reads vary as reads do, and the newest window of one cycle is judged: its
items are brought to the 275 reads of a working day. The other troubles come to the accounts for five working days at
the rates of practice: what the worklist makes of them shows whether each is found once, and nothing beside it. What
people make themselves (proposals, requests, payments in suspense, questions) and runs are not simulated.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

from ubtui.desk import open_session
from ubtui.services.demo.make import make
from ubtui.services.demo.plants import A_DAY, WEEK

TODAY = date(2026, 11, 23)
READS_A_DAY, ACCOUNTS = 275, 10_000
# New items of a working day in a district of 10,000 accounts, as practice estimates them.
READS = {
    **{"R01": 3, "R02": 1, "R03": 0.5, "R04": 5, "R05": 1, "R06": 0.2, "R07": 2, "R08": 1, "R09": 0.5, "R10": 0.2},
    **{"R11": 0.3, "R12": 0.1, "R13": 0.3, "R14": 0.1, "R15": 0.1, "R16": 0.2, "R17": 0, "R22": 4},
}
GIVEN = {"P01": 4, "A01": 1, "A02": 0.5, "A04": 0.5, "X01": 3, "X02": 0.5, "X05": 2, "M04": 0.5, "C01": 0.2, "M03": 0.1}


def measure(accounts: int, seed: int = 7) -> tuple[dict[str, float], dict[str, float], int]:
    """Items a working day by code, of reads and of what else came, and how many reads were judged."""
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "district")
        make(place, TODAY, accounts, 1, seed, lambda line: print(line, file=sys.stderr), lively=True)
        session = open_session(place)
        with closing(session.database) as database:
            database.connect()
            period = session.value(
                "SELECT period FROM read_summary WHERE newest = 1 AND status <> 'billed' AND kind = 'regular'"
                " GROUP BY period ORDER BY COUNT(*) DESC LIMIT 1"
            )
            reads = int(session.value("SELECT COUNT(*) FROM read_summary WHERE period = ?", [period]))
            live = "state IN ('open', 'claimed', 'waiting')"
            of_reads = Counter(
                code
                for (code,) in session.rows(
                    f"SELECT code FROM work_item WHERE grp = 'R' AND period = ? AND {live}", [period]
                )
            )
            others = Counter(
                code for (code,) in session.rows(f"SELECT code FROM work_item WHERE grp <> 'R' AND {live}")
            )
    return (
        {code: count * READS_A_DAY / reads for code, count in of_reads.items()},
        {code: count / WEEK * ACCOUNTS / accounts for code, count in others.items()},
        reads,
    )


def printed(of_reads: dict[str, float], others: dict[str, float], reads: int) -> str:
    """The counts beside each other, as a Markdown table."""
    lines = [f"{reads:,} reads of one cycle judged; a working day has {READS_A_DAY} reads", ""]
    lines += ["| Kind | Practice | Sample |", "|---|---:|---:|"]
    for expected, found in ((READS, of_reads), (A_DAY, others)):
        for code in sorted({*expected, *found}):
            lines.append(f"| {code} | {expected.get(code, 0):g} | {found.get(code, 0):.1f} |")
    lines += [f"| {code} | {rate:g} | made by people |" for code, rate in sorted(GIVEN.items())]
    given = sum(GIVEN.values())
    practice = sum(READS.values()) + sum(A_DAY.values()) + given
    found_all = sum(of_reads.values()) + sum(others.values())
    lines.append(f"| all | {practice:.0f} | {found_all:.0f} and {given:.0f} by people |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(printed(*measure(int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS)))
