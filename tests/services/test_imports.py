"""Files come in whole or not at all, row by row with reasons, once, and leave nothing when they break off."""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tests.scale import SOAK
from tests.services.importing import (
    ACCOUNTS,
    METERS,
    READS,
    ROOT,
    SHARED,
    bring,
    counts,
    file,
    refusal,
    seat,
    served,
    stage,
    training,
)
from tests.services.office import DAY, admin, done, refused
from ubtui.act import Refused
from ubtui.desk import Desk
from ubtui.domain.dates import FrozenClock
from ubtui.exchange.profile import load
from ubtui.exchange.rows import FileFault
from ubtui.services.imports.release import Release, release, sweep
from ubtui.services.imports.stage import Asked, staging
from ubtui.services.imports.staged import Decide, Mend, decide, mend, staged
from ubtui.services.reads import Review, review

SM = SHARED / "santa_monica_usage/sample_1pct.csv"
FULL = SHARED / "santa_monica_usage/usage_with_bills.csv.gz"
BEACON = SHARED / "meter_reads/beacon-360-report.csv"


@pytest.fixture
def desk(backend: str) -> Iterator[Desk]:
    training(backend)
    with seat(backend) as at:
        yield at


def items(desk: Desk) -> dict[str, int]:
    return dict(desk.session.rows("SELECT code, COUNT(*) FROM work_item WHERE state = 'open' GROUP BY code"))


# Santa Monica


@pytest.mark.skipif(not SM.exists(), reason="third-party data is not beside the checkout")
def test_a_file_of_use_becomes_a_record(desk: Desk) -> None:
    before = counts(desk)
    dry = stage(desk, "usage", SM, "santa-monica", dry_run=True)
    assert counts(desk) == before
    report = bring(desk, "usage", SM, "santa-monica")
    assert report == dry
    assert (report.rows, report.accepted, report.held, report.staged) == (1073, 1073, 0, 0)
    assert (report.total_cents, report.placeholders) == (27_763_876, 91)
    after = counts(desk)
    assert (after["account"], after["service_point"], after["read"], after["party"]) == (91, 100, 1073, 91)
    db = desk.session
    assert db.value("SELECT COUNT(*) FROM read WHERE usage = 0") == 79
    assert db.rows("SELECT DISTINCT value, kind, source, status FROM read ORDER BY status") == [
        (None, "regular", "A", "held"), (None, "regular", "A", "released"),
    ]  # fmt: skip
    odd = "SELECT COUNT(DISTINCT subject_key) FROM work_item WHERE code IN ('R04', 'R05', 'R06', 'R07')"
    assert db.value("SELECT COUNT(*) FROM read WHERE status = 'held'") == db.value(odd) > 0
    assert db.value("SELECT MIN(period) FROM read") == "SM/2014-01"
    # one account a customer, in file order; several meters of a customer on a day are several points
    made = db.rows(
        "SELECT x.value FROM account a JOIN external_id x ON x.subject_id = a.id AND x.subject_type = 'account'"
        " ORDER BY a.number"
    )
    with SM.open() as text:
        assert [row[0] for row in made] == list(dict.fromkeys(row["cust_id"] for row in csv.DictReader(text)))
    # days run from the use before; the first has two months
    rows = db.rows("SELECT read_on, days FROM read WHERE register_id = 1 ORDER BY read_on LIMIT 3")
    assert rows == [("2014-01-01", 61), ("2014-03-01", 59), ("2014-05-01", 61)]
    assert items(desk)["Q01"] == 1
    assert db.value("SELECT subject_key FROM work_item WHERE code = 'Q01'") == "import/2016-10-03"
    assert db.value("SELECT COUNT(*) FROM audit WHERE act LIKE 'import.%'") == 1


HEADER = (
    "cust_id,cust_class,cust_class_from_utility,usage_date,usage_ccf,X1,X2,X3,X4,XR1,XR2,XR3,XR4,commodity_charge\n"
)


def use(customer: int, date: str, ccf: int, charge: str = "1.00", kind: str = "RESIDENTIAL_SINGLE") -> str:
    return f"{customer},{kind},W,{date},{ccf},,,,,,,,,{charge}\n"


def test_rows_of_a_day_are_meters_unless_identical(desk: Desk, tmp_path: Path) -> None:
    text = HEADER + use(7, "2016-03-01", 5) + use(7, "2016-01-01", 4) + use(7, "2016-03-01", 6)
    text += use(7, "2016-03-01", 5) + use(7, "2016-01-01", 40) + use(7, "2016-05-01", 1001) + use(8, "2016-05-01", 1000)
    report = bring(desk, "usage", file(tmp_path, text), "santa-monica")
    assert report.reasons == {"duplicate-read": 1, "over-limit": 1}
    assert (report.accepted, report.held, report.staged, report.total_cents) == (5, 1, 1, 700)
    db = desk.session
    rows = db.rows(
        "SELECT p.number, r.read_on, r.usage, r.days, r.status, r.held_code FROM read r"
        " JOIN service_point p ON p.id = r.point_id ORDER BY p.number, r.read_on"
    )
    assert rows == [
        ("SP-00001", "2016-01-01", 4, 61, "released", None),
        ("SP-00001", "2016-03-01", 5, 60, "released", None),
        ("SP-00001", "2016-05-01", 1001, 61, "held", "over-limit"),
        ("SP-00002", "2016-01-01", 40, 61, "released", None),
        ("SP-00002", "2016-03-01", 6, 60, "released", None),
        ("SP-00003", "2016-05-01", 1000, 61, "released", None),
    ]
    row = desk.ask(staged)[0]
    assert (row.point, row.period, row.reason, row.row_no, row.money_cents) == (
        "SP-00001", "SM/2016-03", "duplicate-read", 4, 100,
    )  # fmt: skip
    assert row.fields["usage"] == "5"
    assert db.value("SELECT COUNT(*) FROM work_item WHERE code = 'R15' AND subject_key = 'SP-00001'") == 1


def test_a_later_file_of_use_goes_on_where_the_first_ended(desk: Desk, tmp_path: Path) -> None:
    first = HEADER + use(7, "2016-03-01", 5) + use(7, "2016-03-01", 6)
    bring(desk, "usage", file(tmp_path, first), "santa-monica")
    later = (
        HEADER + use(7, "2016-03-01", 5) + use(7, "2016-03-01", 9) + use(7, "2016-05-01", 7) + use(9, "2016-05-01", 1)
    )
    report = bring(desk, "usage", file(tmp_path, later, "later.csv"), "santa-monica")
    assert (report.accepted, report.reasons) == (2, {"same-read": 1, "duplicate-read": 1})
    assert report.placeholders == 1
    rows = desk.session.rows("SELECT point_id, usage, days FROM read WHERE read_on = '2016-05-01' ORDER BY point_id")
    assert [row[1:] for row in rows] == [(7, 61), (1, 61)]
    assert counts(desk)["service_point"] == 3


@pytest.mark.soak
@pytest.mark.skipif(not FULL.exists(), reason="third-party data is not beside the checkout")
def test_all_of_santa_monica(desk: Desk, tmp_path: Path) -> None:
    path = file(tmp_path, gzip.decompress(FULL.read_bytes()))
    report = bring(desk, "usage", path, "santa-monica")
    assert (report.rows, report.accepted, report.held, report.staged) == (111_466, 109_235, 5, 2_226)
    assert (report.total_cents, report.placeholders) == (4_167_972_756, 8_821)
    assert report.reasons == {"duplicate-read": 2_226, "over-limit": 5}
    db = desk.session
    zeros = db.value("SELECT COUNT(*) FROM read WHERE usage = 0")
    staged_zeros = db.value('SELECT COUNT(*) FROM staged_row WHERE fields LIKE \'%"usage":"0"%\'')
    assert zeros + staged_zeros == 8_465
    held = db.rows("SELECT usage FROM read WHERE status = 'held' ORDER BY usage")
    assert [row[0] for row in held] == [7_210, 7_336, 9_983, 10_000, 421_817]


# Parcels, accounts, meters, reads


def test_a_district_comes_in_kind_by_kind(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    db = desk.session
    assert db.rows("SELECT apn, situs FROM live_parcel ORDER BY apn")[0] == ("022540157", "1 Alder Ct")
    assert counts(desk)["account"] == 3 and counts(desk)["service_point"] == 4
    name = "SELECT p.name, p.search_name FROM party p JOIN account_role r ON r.party_id = p.id ORDER BY p.id"
    assert db.rows(name)[1] == ("Jörg Weiß", "jorg weiss")
    rows = db.rows(
        "SELECT m.serial, r.read_on, r.value, r.usage, r.days, r.period FROM read r"
        " JOIN register g ON g.id = r.register_id"
        " JOIN meter m ON m.id = g.meter_id WHERE m.maker = 'BADGER' ORDER BY m.serial, r.read_on"
    )
    assert rows == [
        ("1001", "2016-05-20", 100, None, None, "SM/2016-05"),
        ("1001", "2016-07-20", 112, 12, 61, "SM/2016-07"),
        ("1002", "2016-05-21", 1099, None, None, "SM/2016-05"),
        ("1002", "2016-07-21", 3101, 21, 61, "SM/2016-07"),  # 10 -> 31: each read truncated first
    ]


def test_every_read_that_cannot_go_in_says_why(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    text = (
        "maker,serial,date,value\n"
        "BADGER,1001,2016-09-20,111\n"  # below
        "BADGER,1002,2016-09-21,999999\n"  # above the limit
        "NEPTUNE,1001,2016-09-20,12345\n"  # four dials
        "NEPTUNE,1001,2016-09-20,960\n"
        "NEPTUNE,1001,2016-09-22,961\n"  # second in the period
        ",1001,2016-09-20,5\n"  # two makers
        "SENSUS,77,2016-09-20,5\n"
        "NEPTUNE,1001,2016-10-20,970\n"  # not yet
        "NEPTUNE,1001,2016-08-20,955\n"  # between two windows
        "NEPTUNE,1001,2016-07-20,950\n"  # in already
        "NEPTUNE,1001,20.9.16,5\n"
        "NEPTUNE,1001,2016-09-20,\n"
        "NEPTUNE,1001\n"
    )
    report = bring(desk, "reads", file(tmp_path, text, "september.csv"))
    assert report.reasons == {
        "below-previous": 1, "over-limit": 1, "digit-count": 1, "duplicate-read": 1, "ambiguous-meter": 1,
        "unknown-meter": 1, "future-date": 1, "outside-window": 1, "same-read": 1, "bad-value": 1, "missing-field": 1,
        "bad-row": 1,
    }  # fmt: skip
    assert (report.rows, report.accepted, report.held, report.staged) == (13, 1, 2, 10)
    assert [e.line for e in report.examples] == [2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    held = desk.session.rows("SELECT held_code, usage FROM read WHERE status = 'held' ORDER BY held_code")
    assert held[0] == ("below-previous", None) and held[1][0] == "over-limit"
    assert items(desk)["R15"] == 1 and items(desk)["R09"] == 1


def test_accounts_and_meters_say_why(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    head = ACCOUNTS.splitlines()[0]
    text = (
        head + "\n"
        "A-1,Again,single,SM,1 Alder Ct,,R1,10,SM,2010-01-01,\n"
        "B-1,,single,SM,5 Alder Ct,,R1,10,SM,2010-01-01,\n"
        "B-2,Two,single,XX,5 Alder Ct,,R1,10,SM,2010-01-01,\n"
        "B-3,Three,single,SM,5 Alder Ct,999999,R1,10,SM,2010-01-01,\n"
        "B-4,Four,single,SM,5 Alder Ct,,,,SM,2010-01-01,\n"
        ",Five,single,SM,5 Alder Ct,,R1,10,SM,2010-01-01,\n"
        "B-6,Six,single,SM,6 Alder Ct,,R9,10,SM,2010-01-01,\n"
        "B-6,Six,single,SM,6 Alder Ct,,R9,10,SM,2010-01-01,\n"
    )
    report = bring(desk, "accounts", file(tmp_path, text, "more.csv"))
    assert report.reasons == {
        "duplicate-account": 2, "missing-field": 3, "unknown-cycle": 1, "unknown-parcel": 1,
    }  # fmt: skip
    assert report.accepted == 1
    meters = (
        METERS.splitlines()[0] + "\n"
        "BADGER,1001,5/8,6,1,ccf,A-3,2010-01-01,\n"
        "BADGER,1003,5/8,6,1,ccf,A-1,2010-01-01,\n"
        "BADGER,1004,5/8,6,1,ccf,Z-9,2010-01-01,\n"
        "BADGER,1005,5/8,2,1,ccf,A-3,2010-01-01,\n"
        "BADGER,1006,5/8,6,1/0,ccf,A-3,2010-01-01,\n"
        "BADGER,1007,5/8,6,1,bucket,A-3,2010-01-01,\n"
        "BADGER,1008,5/8,6,1,ccf,A-3,2010-01-01,\n"
    )
    report = bring(desk, "meters", file(tmp_path, meters, "more-meters.csv"))
    assert report.reasons == {"serial-installed": 1, "point-has-meter": 1, "unknown-point": 1, "bad-value": 3}
    assert report.accepted == 1


@pytest.mark.skipif(not BEACON.exists(), reason="third-party data is not beside the checkout")
def test_an_unknown_meter_waits_and_is_kept_when_it_came(desk: Desk, tmp_path: Path) -> None:
    desk.session.run("UPDATE meta SET value = '2024-10-01' WHERE key = 'today'")
    bring(desk, "accounts", file(tmp_path, ACCOUNTS.replace("022-540-157", "").replace("022540158", ""), "a.csv"))
    report = bring(desk, "reads", BEACON, "beacon")
    assert (report.rows, report.passed, report.staged, report.reasons) == (2, 1, 1, {"unknown-meter": 1})
    row = desk.ask(staged)[0]
    assert row.fields == {
        "maker": "BADGER", "serial": "1470158170", "radio": "130615549", "date": "2024-08-01 01:59",
        "value": "022760", "estimated": "0",
    }  # fmt: skip
    keep = Decide(row=row.row, decision="keep", reason="the meter is here now")
    assert refused(desk.perform(decide, keep)).rule == "unknown-meter"
    meter = METERS.splitlines()[0] + "\nBADGER,1470158170,5/8,6,0.01,ccf,A-2,2024-07-01,130615549\n"
    bring(desk, "meters", file(tmp_path, meter, "m.csv"))
    assert done(desk.perform(decide, keep)).state == "kept"
    assert desk.session.rows("SELECT value, read_on, period, status, batch_id IS NOT NULL FROM live_read")[0][:4] == (
        22760, "2024-08-01", "SM/2024-07", "released",
    )  # fmt: skip
    assert desk.ask(staged) == ()
    assert "was kept by ana" in refused(desk.perform(decide, keep)).reason


def test_the_last_read_of_each_period_is_taken(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    head = "Meter_Manufacturer,Meter_SN,Meter_ID,Endpoint_SN,Read_Time,Raw_Read,Estimated_Flag\n"
    rows = [
        f"BADGER,,1001,,2016-{month:02d}-{day:02d} {hour:02d}:59,{month * 100 + day}{hour:02d},0\n"
        for month, day in ((9, 28), (9, 30), (9, 29), (10, 2))
        for hour in (3, 1)
    ]
    report = bring(desk, "reads", file(tmp_path, head + "".join(rows), "hourly.csv"), "beacon")
    assert (report.accepted + report.held, report.passed, report.staged) == (1, 7, 0)
    assert desk.session.value("SELECT value FROM read WHERE read_on > '2016-09-01'") == 100203


# Staged rows


def duplicated(desk: Desk, folder: Path) -> int:
    served(desk, folder)
    text = "maker,serial,date,value\nBADGER,1001,2016-07-25,115\n"
    bring(desk, "reads", file(folder, text, "second.csv"))
    assert items(desk)["R15"] == 1
    return desk.ask(staged)[0].row


def test_a_kept_second_read_takes_the_place_of_the_first(desk: Desk, tmp_path: Path) -> None:
    row = duplicated(desk, tmp_path)
    answer = desk.perform(decide, Decide(row=row, decision="keep", reason="the first was keyed wrong"))
    assert done(answer).state == "kept"
    assert "R15" not in items(desk)
    rows = desk.session.rows(
        "SELECT read_on, value, usage, days, status FROM read WHERE register_id ="
        " (SELECT g.id FROM register g JOIN meter m ON m.id = g.meter_id AND m.maker = 'BADGER' AND m.serial = '1001')"
        " ORDER BY read_on"
    )
    assert rows[1:] == [("2016-07-20", 112, 12, 61, "void"), ("2016-07-25", 115, 15, 66, "released")]
    assert desk.session.value("SELECT decision FROM read_review") == "void"


def test_a_dropped_row_closes_its_item_and_stays_with_its_reason(desk: Desk, tmp_path: Path) -> None:
    row = duplicated(desk, tmp_path)
    done(desk.perform(decide, Decide(row=row, decision="drop", reason="read twice by mistake")))
    assert "R15" not in items(desk)
    assert desk.ask(staged) == ()
    (dropped,) = desk.ask(staged, state="dropped")
    assert (dropped.decided_by, dropped.why) == ("ana", "read twice by mistake")


def test_identical_use_is_kept_in_place_of_the_first(desk: Desk, tmp_path: Path) -> None:
    text = HEADER + use(7, "2016-05-01", 1) + use(7, "2016-05-01", 6) + use(7, "2016-05-01", 6)
    bring(desk, "usage", file(tmp_path, text), "santa-monica")
    row = desk.ask(staged)[0]
    assert row.point == "SP-00002"
    done(desk.perform(decide, Decide(row=row.row, decision="keep", reason="this one is right")))
    rows = desk.session.rows(
        "SELECT p.number, r.seq, r.usage, r.status FROM read r JOIN service_point p ON p.id = r.point_id"
        " ORDER BY p.number, r.seq"
    )
    assert rows == [("SP-00001", 1, 1, "released"), ("SP-00002", 1, 6, "void"), ("SP-00002", 2, 6, "released")]
    assert "R15" not in items(desk)


def test_a_mended_row_goes_in(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    bring(desk, "reads", file(tmp_path, "maker,serial,date,value\nBADGER,10x1,2016-09-20,120\n", "one.csv"))
    row = desk.ask(staged)[0].row
    wrong = refused(desk.perform(mend, Mend(row=row, set=("colour=red",))))
    assert "sets no field of reads" in wrong.reason and wrong.bad_input
    wrong = refused(desk.perform(mend, Mend(row=row, set=("value=many",))))
    assert wrong.rule == "bad-value" and wrong.bad_input
    wrong = refused(desk.perform(mend, Mend(row=row, set=("value=121",))))
    assert wrong.rule == "unknown-meter" and not wrong.bad_input
    assert done(desk.perform(mend, Mend(row=row, set=("serial=1001",)))).state == "mended"
    assert desk.session.value("SELECT usage FROM live_read WHERE read_on = '2016-09-20'") == 8


def test_a_field_worker_decides_nothing(backend: str, tmp_path: Path) -> None:
    training(backend)
    with seat(backend) as at:
        row = duplicated(at, tmp_path)
    with seat(backend, "dee") as auditor:
        answer = auditor.perform(decide, Decide(row=row, decision="drop", reason="no right to"))
        assert refused(answer).rule == "permission matrix"
        no = refusal(lambda: stage(auditor, "reads", file(tmp_path, READS + "X,1,2016-01-01,1\n")))
        assert no.rule == "permission matrix"


# Whole or not at all, and once


def test_the_same_content_is_refused_under_any_name(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    again = file(tmp_path, READS, "renamed.csv")
    no = refusal(lambda: stage(desk, "reads", again))
    assert "batch 4 (reads.csv)" in no.reason
    answer = desk.perform(release, Release(kind="reads", sha256=stage_sha(again)), f"reads-{stage_sha(again)}")
    assert not isinstance(answer, type(no)) and answer.replayed


def test_what_came_in_in_the_evening_came_in_on_the_day_of_the_office(desk: Desk, tmp_path: Path) -> None:
    desk._clock = FrozenClock(DAY, f"{DAY + timedelta(days=1)}T05:10:00.000000Z")
    served(desk, tmp_path)
    no = refusal(lambda: stage(desk, "reads", file(tmp_path, READS, "renamed.csv")))
    assert f"batch 4 (reads.csv) brought in on {DAY}: 6 rows" in no.reason


def stage_sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_overlapping_rows_are_refused_one_by_one(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    before = counts(desk)["read"]
    text = READS + "BADGER,1001,2016-09-20,120\n"
    report = bring(desk, "reads", file(tmp_path, text, "overlap.csv"))
    assert (report.accepted, report.reasons) == (1, {"same-read": 6})
    assert counts(desk)["read"] == before + 1
    assert "R15" not in items(desk)


TOTALS = """
title = "With totals"
kind = "usage"
system = "santa-monica"
creates = true
columns = { customer = "c", class = "k", date = "d", usage = "u", charge = "m" }
control = { marker = "TOTAL", rows = 2, units = 3, cents = 4 }
defaults = { cycle = "SM", owner = "o", address = "a", route = "r", size = "s", maker = "m", rate = "SM" }
"""
COUNTED = "c,k,d,u,m\n1,single,2016-05-01,10,20.10\n2,single,2016-05-01,5,1.05\nTOTAL,2,15,21.15,\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (COUNTED.replace("TOTAL,2", "TOTAL,3"), "says it has 3 rows and has 2"),
        (COUNTED.replace("15,21.15", "16,21.15"), "says its units are 16 and they are 15"),
        (COUNTED.replace("21.15", "21.16"), "says it sums to 21.16, but it is 21.15"),
        (COUNTED.replace("TOTAL,2", "TOTAL,x"), "no number in column 2"),
        (COUNTED.partition("TOTAL")[0], "breaks off"),
        (COUNTED[:40], "breaks off"),
        (COUNTED + "3,single,2016-05-01,1,1\n", "behind the totals"),
        (COUNTED.replace("2,single", '2,"single'), "breaks off inside the quoted value that begins on line 3"),
        ("c,k,d,u,m\n", "breaks off"),
        ("a,b\n1,2\n", "no column c"),
    ],
)
def test_a_file_that_fails_changes_nothing(desk: Desk, tmp_path: Path, text: str, why: str) -> None:
    before = counts(desk)
    with pytest.raises(FileFault, match=why):
        stage(desk, "usage", file(tmp_path, text), toml=TOTALS)
    assert counts(desk) == before
    bring(desk, "usage", file(tmp_path, COUNTED), toml=TOTALS)
    assert counts(desk)["read"] == 2


def test_strict_takes_all_or_nothing(desk: Desk, tmp_path: Path) -> None:
    served(desk, tmp_path)
    before = counts(desk)
    text = "maker,serial,date,value\nBADGER,1001,2016-09-20,120\nBADGER,7,2016-09-20,120\n"
    no = refusal(lambda: stage(desk, "reads", file(tmp_path, text), strict=True))
    assert no.rule == "--strict" and "line 3: no meter BADGER/7" in no.reason
    assert counts(desk) == before


def test_nobody_sees_a_batch_before_its_release(desk: Desk, tmp_path: Path) -> None:
    report = stage(desk, "accounts", file(tmp_path, ACCOUNTS.replace("022-540-157", "").replace("022540158", "")))
    db = desk.session
    for view in ("live_account", "live_point", "live_service"):
        assert db.value(f"SELECT COUNT(*) FROM {view}") == 0
    assert desk.ask(staged) == ()
    done(desk.perform(release, Release(kind="accounts", sha256=report.sha256)))
    assert db.value("SELECT COUNT(*) FROM live_account") == 3


def test_an_import_that_is_given_up_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    before = counts(desk)
    text = HEADER + "".join(use(n, "2016-05-01", n % 90) for n in range(1200))
    asked = Asked("usage", file(tmp_path, text), load("santa-monica"), "santa-monica")
    steps = staging(desk.look(), asked)
    while counts(desk)["read"] < 1000:
        next(steps)
    assert counts(desk)["account"] >= 1000 and counts(desk)["route"] == 1
    steps.close()
    assert counts(desk) == before
    assert desk.session.value("SELECT COUNT(*) FROM batch WHERE abandoned_at IS NOT NULL") == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.services.importing import seat
from ubtui.exchange.profile import load
from ubtui.services.imports.stage import Asked, staging
with seat(sys.argv[1]) as desk:
    seen = 0
    def die(sql):
        global seen
        seen += 1
        if seen == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    steps = staging(desk.look(), Asked("usage", Path(sys.argv[2]), load("santa-monica"), "santa-monica"))
    desk.session.on_statement = die
    for _ in steps: pass
"""


def test_an_import_that_was_killed_is_swept_by_the_next(backend: str, tmp_path: Path) -> None:
    training(backend)
    text = HEADER + "".join(use(n, "2016-05-01", n % 90) for n in range(1, 1101))
    path = file(tmp_path, text)
    dice = random.Random(5)
    with seat(backend) as at:
        before = counts(at)
    for _ in range(3):
        run = [sys.executable, "-c", KILLED, backend, str(path), str(dice.randint(5, 70))]
        ended = subprocess.run(run, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    with seat(backend) as at:
        sweep(at.session, at.look().now, at.look().utc)
        assert counts(at) == before
        report = bring(at, "usage", path, "santa-monica")
        assert (report.accepted, counts(at)["read"]) == (1100, 1100)


RELEASED = """
import os, signal, sys
from tests.services.importing import seat
from ubtui.services.imports.release import Release, release
with seat(sys.argv[1]) as desk:
    seen = 0
    def die(sql):
        global seen
        seen += 1
        if seen == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    desk.session.on_statement = die
    desk.perform(release, Release(kind="usage", sha256=sys.argv[2]), "usage-release")
    print(seen)
"""


def test_a_release_killed_at_any_statement_is_done_once_by_its_key(backend: str, tmp_path: Path) -> None:
    training(backend)
    text = HEADER + "".join(use(n, f"2016-0{m}-01", n % 90 + m) for n in range(40) for m in (3, 5))
    with seat(backend) as at:
        report = stage(at, "usage", file(tmp_path, text), "santa-monica")
        before = counts(at)
    dice = random.Random(11)
    points = range(1, 60) if SOAK else sorted(dice.sample(range(1, 40), 5))
    for point in points:
        run = [sys.executable, "-c", RELEASED, backend, report.sha256, str(point)]
        ended = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
        if ended.returncode == 0:
            assert point > 10, "the release was killed before its end"
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        with seat(backend) as at:
            assert counts(at) == before
            assert at.session.value("SELECT COUNT(*) FROM live_account") == 0
    with seat(backend) as at:
        first = at.perform(release, Release(kind="usage", sha256=report.sha256), "usage-release")
        again = at.perform(release, Release(kind="usage", sha256=report.sha256), "usage-release")
        assert done(first) == done(again) and not isinstance(again, Refused) and again.replayed
        assert at.session.value("SELECT COUNT(*) FROM live_account") == 40
        assert counts(at)["audit"] == before["audit"] + 1


def test_two_imports_do_not_run_at_once(backend: str, tmp_path: Path) -> None:
    training(backend)
    session = admin(backend)
    with session.writing():
        session.run(
            "INSERT INTO batch(kind, source, profile, sha256, control, created_by, created_at) VALUES"
            " ('usage', 'other.csv', 'p', ?, ?, 'ben', '2016-10-03T00:00:00.000000Z')",
            ["0" * 64, f'{{"host":"{os.uname().nodename}","pid":{os.getppid()},"at":"2999-01-01T00:00:00.000000Z"}}'],
        )
    session.database.close()
    with seat(backend) as at:
        no = refusal(lambda: stage(at, "usage", file(tmp_path, HEADER + use(1, "2016-05-01", 1)), "santa-monica"))
    assert "ben is importing other.csv" in no.reason


def test_a_confirmed_held_read_goes_on(desk: Desk, tmp_path: Path) -> None:
    bring(desk, "usage", file(tmp_path, HEADER + use(7, "2016-05-01", 1) + use(7, "2016-07-01", 1500)), "santa-monica")
    form = Review(point="SP-00001", read_on=date(2016, 7, 1), code="R06", decision="confirmed", reason="pool filled")
    assert done(desk.perform(review, form)).status == "held", "R05 finds it too"
    assert done(desk.perform(review, structs.replace(form, code="R05"))).status == "released"
