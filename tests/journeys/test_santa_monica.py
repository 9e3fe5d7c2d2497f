"""Santa Monica, from its published file to the list: imported by the shell, seen on the screen, exported alike."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Told, shell, sitting

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "santa_monica_usage" / "sample_1pct.csv"
CYCLE = '[[cycles]]\ncode = "SM"\ntitle = "Every two months"\nmonths = 2\nfirst_month = 1\n'


def district(folder: Path) -> Path:
    """A training district's settings, with the cycle of the profile."""
    text = resources.files("ubtui.services.demo").joinpath("district.toml").read_text("utf-8")
    path = folder / "santa-monica.toml"
    path.write_text(
        text.replace('kind = "sample"', 'kind = "training"').replace("[[cycles]]", CYCLE + "\n[[cycles]]", 1)
    )
    return path


@pytest.mark.skipif(not SAMPLE.exists(), reason=f"{SAMPLE.name} is not in ../shared/data beside the checkout")
def test_from_the_file_to_the_list(backend: str, tmp_path: Path) -> None:
    def ana(*words: str, code: int = 0) -> Told:
        return shell(backend, *words, code=code)

    with SAMPLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shell(backend, "init", str(district(tmp_path)), "--today", "2017-01-03")
    tried = json.loads(
        ana("import", "usage", str(SAMPLE), "--profile", "santa-monica", "--dry-run", "--format", "json").out
    )
    assert asked(backend, "SELECT COUNT(*) FROM account") == [(0,)]
    told = json.loads(ana("import", "usage", str(SAMPLE), "--profile", "santa-monica", "--format", "json").out)
    assert tried["held_now"] is None and told["held_now"] >= told["held_first"]
    assert told == tried | {"held_now": told["held_now"]}
    assert asked(backend, "SELECT COUNT(*) FROM read WHERE status = 'held'") == [(told["held_now"],)]
    assert told["rows"] == len(rows) == told["accepted"] + told["held_first"] + told["staged"] + told["passed"]
    assert told["total_cents"] == sum(round(float(row["commodity_charge"]) * 100) for row in rows)
    same = len(rows) - len({tuple(row.values()) for row in rows})
    assert told["staged"] == same
    customers = {row["cust_id"] for row in rows}
    assert asked(backend, "SELECT COUNT(*) FROM live_account") == [(len(customers),)]
    assert asked(backend, "SELECT COUNT(*) FROM live_read") == [(told["accepted"] + told["held_first"],)]
    assert "brought in" in ana("import", "usage", str(SAMPLE), "--profile", "santa-monica", code=1).err

    # Its trouble is on the list, the same in every form.
    ana("worklist", "refresh")
    rows_of = {
        "json": json.loads(ana("worklist", "export", "--format", "json").out),
        "jsonl": [json.loads(line) for line in ana("worklist", "export", "--format", "jsonl").out.splitlines()],
        "csv": list(csv.DictReader(io.StringIO(ana("worklist", "export", "--format", "csv").out))),
    }
    keys = {form: [(row["code"], row["subject"], row["period"]) for row in found] for form, found in rows_of.items()}
    assert keys["json"] == keys["jsonl"] == keys["csv"] and keys["json"]
    count = len(keys["json"])
    assert len(ana("worklist", "export", "--format", "text").out.splitlines()) == count + 1
    codes = Counter(code for code, _, _ in keys["json"])
    assert {"R04", "R07"} <= set(codes) and codes["Q01"] == 1, codes

    with sitting(backend) as screen:
        screen.see("Tue Jan 3", f"all {count:,} shown")
        for code in sorted(codes):
            screen.filter(f"code:{code}")
            screen.see(f"{codes[code]:,} of {count:,} shown")
            screen.press("escape")
            screen.see(f"all {count:,} shown")
        screen.leave()
    ana("verify")
    assert_clean(backend)
