"""Files come in row by row with reasons, a city's own among them; what each kind of file brings in."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.importing import (
    ACCOUNTS,
    METERS,
    SHARED,
    bring,
    counts,
    file,
    seat,
    served,
    stage,
    training,
)
from tests.services.office import done, refused
from ubtui.desk import Desk
from ubtui.services.imports.staged import Decide, decide, staged

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
