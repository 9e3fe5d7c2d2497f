"""What a normal working day brings to the worklist of 10,000 accounts, beside what practice expects of each kind.

`python -m benchmarks.workday [ACCOUNTS]`. Reads vary as reads do, and the newest window of one cycle is judged: its
items are brought to the 275 reads of a working day. The other troubles come to the accounts for twenty working days at
the rates of practice: what the worklist makes of them shows whether each is found once, and nothing beside it. What
people make themselves (proposals, requests, payments in suspense, questions) and runs are not simulated. A kind that
is off by more than a factor of two says why.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ubtui.desk import open_session
from ubtui.services.demo.make import make
from ubtui.services.demo.plants import A_DAY, WORKDAYS

TODAY = date(2026, 11, 23)
READS_A_DAY, ACCOUNTS, WORKDAYS_A_YEAR = 275, 10_000, 250
RARE = 0.25
# New items of a working day in a district of 10,000 accounts, as practice estimates them.
READS = {
    **{"R01": 3, "R02": 1, "R03": 0.5, "R04": 5, "R05": 1, "R06": 0.2, "R07": 2, "R08": 1, "R09": 0.5, "R10": 0.2},
    **{"R11": 0.3, "R12": 0.1, "R13": 0.3, "R14": 0.1, "R15": 0.1, "R16": 0.2, "R17": 0, "R22": 4},
}
EVENTS = {"reads": READS_A_DAY, "payments": 330, "sealed": 1_500}
WHY = {
    "payments": "5 % of the sample's accounts are billed monthly, practice assumes 20 %",
    "R17": "practice shows it as a mark on the read beside; here its held read is an item until it is settled",
}
GIVEN = {"P01": 4, "A01": 1, "A02": 0.5, "A04": 0.5, "X01": 3, "X02": 0.5, "X05": 2, "M04": 0.5, "C01": 0.2, "M03": 0.1}


@dataclass(frozen=True)
class Day:
    """Items of a working day by code, of reads and of what else came; how many reads were judged; what else happens."""

    of_reads: dict[str, float]
    others: dict[str, float]
    reads: int
    events: dict[str, float]


def measure(accounts: int, seed: int = 7) -> Day:
    """A working day of a district of so many accounts, all brought to 10,000 of them."""
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
            year = TODAY.replace(year=TODAY.year - 1).isoformat()
            events = {
                "reads": session.value(
                    "SELECT COUNT(*) FROM read WHERE read_on > ? AND read_on <= ?", [year, TODAY.isoformat()]
                ),
                "payments": session.value("SELECT COUNT(*) FROM receipt WHERE received_on > ?", [year]),
                "sealed": WORKDAYS_A_YEAR * session.value(
                    "SELECT COUNT(*) FROM seal WHERE removed_on IS NULL AND lock_state = 'locked'"
                ),
            }  # fmt: skip
    scale = ACCOUNTS / accounts
    return Day(
        {code: count * READS_A_DAY / reads for code, count in of_reads.items()},
        {code: count / WORKDAYS * scale for code, count in others.items()},
        reads,
        {what: count / WORKDAYS_A_YEAR * scale for what, count in events.items()},
    )


def printed(day: Day) -> str:
    """The counts beside each other, as Markdown tables."""
    lines = [f"{day.reads:,} reads of one cycle judged; a working day has {READS_A_DAY} reads", ""]
    lines += ["| A day | Practice | Sample | |", "|---|---:|---:|---|"]
    lines += [row(what, EVENTS[what], found, 0) for what, found in day.events.items()]
    lines += ["", "| Kind | Practice | Sample | |", "|---|---:|---:|---|"]
    for expected, found in ((READS, day.of_reads), (A_DAY, day.others)):
        for code in sorted({*expected, *found}):
            lines.append(row(code, expected.get(code, 0), found.get(code, 0), 1))
    lines += [f"| {code} | {rate:g} | made by people | |" for code, rate in sorted(GIVEN.items())]
    given = sum(GIVEN.values())
    practice = sum(READS.values()) + sum(A_DAY.values()) + given
    found_all = sum(day.of_reads.values()) + sum(day.others.values())
    lines.append(f"| all | {practice:.0f} | {found_all:.0f} and {given:.0f} by people | |")
    return "\n".join(lines)


def row(what: str, expected: float, found: float, places: int) -> str:
    """A line of the table; where the figures differ by more than a factor of two, with the reason."""
    off = not expected / 2 <= round(found, 2) <= expected * 2
    rare = "a handful in this sample: chance" if expected <= RARE else "not explained"
    why = (WHY.get(what) or rare) if off else WHY.get(what, "") if what in EVENTS else ""
    return f"| {what} | {expected:g} | {found:.{places}f} | {why} |"


if __name__ == "__main__":
    print(printed(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ACCOUNTS)))
