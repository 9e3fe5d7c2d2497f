"""The sample district: true books, exactly the trouble its key names, and the same again from the same dice."""
# Length: one sample is made for all of these to look at.

from __future__ import annotations

import ast
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.sample import DAY, SEED
from ubtui.act import Actor, Look, Refused, perform
from ubtui.cli import run_command
from ubtui.cli.demo import ensure
from ubtui.db.session import Session
from ubtui.desk import Desk, Seat, is_url, open_session
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.services import adjustments, demo, worklist
from ubtui.services.demo import ahead
from ubtui.services.demo.calendar import almanac
from ubtui.services.demo.fill import Fill, fill
from ubtui.services.demo.make import ANSWER_KEY, make, settings
from ubtui.services.demo.plants import CODES, RUNS, TIMES, places
from ubtui.services.demo.points import point_number
from ubtui.services.demo.stories import Stories
from ubtui.services.demo.story import Story
from ubtui.services.demo.tell import FIRST_ACCOUNT
from ubtui.services.listing import Query
from ubtui.services.verify import Report
from ubtui.services.worklist.export import export
from ubtui.settings import district

ACCOUNTS = 300
"""Room for all the trouble there is."""
DISTRICT = district(settings(DAY))
CARRYING = places(SEED, ACCOUNTS, almanac(DISTRICT, DAY, 1), DISTRICT)
EACH = {code: 1 if code in RUNS else 3 for code in CODES}
Key = set[tuple[str, str, str | None]]
# A leap day, the last day of a year, a Sunday after Thanksgiving, the days of both clock changes, windows half read.
DAYS = (
    *("2024-02-29", "2026-12-31", "2026-11-29", "2026-03-08", "2026-11-01"),
    *("2027-01-04", "2026-07-05", "2026-05-22", "2026-09-21", "2025-02-20"),
)


def on_record(data: str) -> Session:
    session = open_session(data)
    session.database.connect()
    return session


def found(data: str) -> Key:
    """What stands on the list."""
    session = on_record(data)
    with closing(session.database):
        return {
            (code, f"{kind}:{key}", format_account(account) if account else None)
            for code, kind, key, account in session.rows(
                "SELECT code, subject_type, subject_key, account FROM work_item"
                " WHERE state IN ('open', 'claimed', 'waiting')"
            )
        }


def count(entries: Iterable[tuple[str, str, str | None]]) -> dict[str, int]:
    """How many of each code."""
    return dict(Counter(code for code, _, _ in entries))


def key(data: str) -> Key:
    """What the record itself says must stand there."""
    session = on_record(data)
    with closing(session.database):
        entries = json.loads(session.value("SELECT value FROM meta WHERE key = 'answer-key'"))
    assert [list(e) for e in entries] == [["code", "subject", "account"]] * len(entries)
    assert entries == sorted(entries, key=lambda e: (e["code"], e["subject"]))
    return {(e["code"], e["subject"], e["account"]) for e in entries}


def test_the_list_is_the_answer_key_on_both_databases(sample: str) -> None:
    assert found(sample) == key(sample)
    assert count(key(sample)) == EACH
    if not is_url(sample):
        session = on_record(sample)
        with closing(session.database):
            kept = session.value("SELECT value FROM meta WHERE key = 'answer-key'")
        assert (Path(sample) / ANSWER_KEY).read_text("utf-8") == kept


def test_another_refresh_changes_nothing(sample: str) -> None:
    with Desk(sample, Seat("service")) as desk:
        done = desk.perform(worklist.refresh, worklist.Refresh())
    assert not isinstance(done, Refused)
    assert (done.result.opened, done.result.closed) == (0, 0)


def test_the_record_verifies_clean(sample: str) -> None:
    session = on_record(sample)
    with closing(session.database):
        report = Report(session, DAY)
        assert list(report.findings()) == []
        assert report.counts["posting"] > 20_000 and report.counts["read"] > 4_000


def test_books_balance_and_items_carry_the_control_account(sample: str) -> None:
    session = on_record(sample)
    with closing(session.database):
        assert session.value("SELECT CAST(SUM(cents) AS bigint) FROM posting") == 0
        control = session.value(
            "SELECT CAST(SUM(p.cents) AS bigint) FROM posting p JOIN gl_account g ON g.id = p.gl_id"
            " WHERE g.use = 'receivable'"
        )
        items = session.value("SELECT CAST(SUM(cents) AS bigint) FROM receivable_item")
        applied = session.value("SELECT CAST(SUM(cents) AS bigint) FROM application")
        assert items - applied == control > 0
        assert applied > items * 3 // 4  # most pay


@pytest.mark.parametrize("day", DAYS)
def test_found_is_planted_on_any_day(day: str, tmp_path: Path) -> None:
    seed = DAYS.index(day) + 1
    entries = make(str(tmp_path / "d"), date.fromisoformat(day), ACCOUNTS, 1, seed)
    assert count((e.code, e.subject, e.account) for e in entries) == EACH
    assert found(str(tmp_path / "d")) == {(e.code, e.subject, e.account) for e in entries}


def test_a_district_too_small_for_all_its_trouble_has_some_of_it(tmp_path: Path) -> None:
    entries = make(str(tmp_path / "d"), DAY, 20, 1, 5)
    assert 0 < len(entries) < sum(EACH.values())
    assert found(str(tmp_path / "d")) == {(e.code, e.subject, e.account) for e in entries}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """The answer key with nothing left out."""
    entries = make(str(tmp_path_factory.mktemp("whole") / "d"), DAY, ACCOUNTS, 1, SEED)
    return {(e.code, e.subject, e.account) for e in entries}


@pytest.mark.parametrize("time", TIMES)
def test_leaving_out_plants_takes_away_their_entries_alone(time: str, tmp_path: Path, whole: Key) -> None:
    """One of every code at once: of each code one entry goes, that of the account that carried it; a run stays."""
    data = str(tmp_path / "d")
    entries = {(e.code, e.subject, e.account) for e in make(data, DAY, ACCOUNTS, 1, SEED, skip=names(time))}
    assert entries < whole if time != "near" else entries == whole
    assert found(data) == entries
    gone = whole - entries
    assert sorted(code for code, _, _ in gone) == sorted(c for c in CODES if c not in RUNS and time != "near")
    at = {plant.name: i for i, plant in CARRYING.items() if not plant.seat}
    for code, subject, number in gone:
        index = at[f"{code}.{time}"]
        assert number in (None, account(index)) or subject.startswith("text:"), code
        assert number or subject.startswith(("point:SP-", "route:", "payment:", "text:")), code


@pytest.mark.parametrize("n", range(3))
def test_leaving_out_one_plant_takes_away_its_entry_alone(n: int, tmp_path: Path, whole: Key) -> None:
    for code in [c for c in CODES if c not in RUNS][n::24]:
        name, data = f"{code}.{n + 1}", str(tmp_path / code)
        entries = {(e.code, e.subject, e.account) for e in make(data, DAY, ACCOUNTS, 1, SEED, skip=[name])}
        assert entries < whole and found(data) == entries, name
        assert [c for c, _, _ in whole - entries] == [code], name


def test_a_run_goes_with_the_last_of_its_plants(tmp_path: Path, whole: Key) -> None:
    skip = [f"{code}.{time}" for code in RUNS for time in ("1", "2", "3")]
    entries = {(e.code, e.subject, e.account) for e in make(str(tmp_path / "d"), DAY, ACCOUNTS, 1, SEED, skip=skip)}
    assert found(str(tmp_path / "d")) == entries
    assert {code for code, _, _ in whole - entries} == RUNS and len(whole - entries) == len(RUNS)


def names(time: str) -> list[str]:
    return [f"{code}.{time}" for code in CODES]


def account(index: int) -> str:
    return format_account(next(iter(told(first=index, count=1))).number)


def told(first: int = 0, count: int = ACCOUNTS, accounts: int = ACCOUNTS, years: int = 1) -> Iterator[Story]:
    return Stories(DISTRICT, SEED, accounts, years, DAY).of(first, count)


def test_what_stands_just_inside_a_limit_is_not_found(sample_folder: str) -> None:
    carrying = places(SEED, 300, almanac(DISTRICT, DAY, 2), DISTRICT)
    near = {i: plant for i, plant in carrying.items() if plant.near and not plant.seat}
    assert sorted(plant.code for plant in near.values()) == sorted(CODES)
    on_list = found(sample_folder)
    accounts = {account for _, _, account in on_list}
    for index, plant in near.items():
        story = next(Stories(DISTRICT, SEED, 300, 2, DAY).of(index, 1))
        assert story.plant == plant.name
        assert format_account(story.number) not in accounts, plant.name
        assert ("R", f"point:{point_number(index)}") not in {(c[0], s) for c, s, _ in on_list}, plant.name


def test_near_plants_stand_where_they_say(sample_folder: str) -> None:
    """The limits, read from the stories themselves: each is met, none is passed."""
    carrying = places(SEED, 300, almanac(DISTRICT, DAY, 2), DISTRICT)
    uses: dict[str, list[int | None]] = {}
    for index, plant in carrying.items():
        if plant.near:
            story = next(Stories(DISTRICT, SEED, 300, 2, DAY).of(index, 1))
            uses[plant.code] = [read.usage for read in story.points[0].meters[0].reads]
            if plant.code == "R10":
                meter = story.points[0].meters[0]
                assert meter.reads[-1].value == 10**meter.dials - 1
            if plant.code == "R13":
                last = story.points[0].meters[0].reads[-2:]
                assert last[0].value < last[1].value and last[1].usage == 0
    assert uses["R04"][-1] == 9 and uses["R04"][-7] == 4
    assert uses["R06"][-1] == DISTRICT.use_limits["residential"]
    assert uses["R07"][-7] == 18 and 0 < (uses["R07"][-1] or 0) < 6
    assert uses["R08"][-3:] == [9, 0, 0]
    assert uses["R09"][-1] == 0
    assert uses["R14"][-1] == 1


def test_the_same_dice_make_the_same_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another process makes the rows."""
    made = []
    for name in ("one", "two"):
        monkeypatch.setattr(ahead, "WORTH", 0 if name == "two" else ahead.WORTH)
        make(str(tmp_path / name), DAY, 60, 1, 3)
        session = on_record(str(tmp_path / name))
        with closing(session.database):
            tables = [
                row[0]
                for row in session.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                if not row[0].startswith("sqlite_") and row[0] not in ("audit", "audit_personal")
            ]
            made.append({table: sorted(session.rows(f"SELECT * FROM {table}"), key=repr) for table in tables})
            made[-1]["audit"] = session.rows("SELECT seq, at, business_day, actor, act, object FROM audit ORDER BY seq")
    assert made[0] == made[1]
    assert len(made[0]["read"]) > 400 and len(made[0]["audit"]) > 20


def test_another_seed_makes_another_record() -> None:
    first = list(Stories(DISTRICT, 1, 30, 1, DAY).of(0, 30))
    assert first == list(Stories(DISTRICT, 1, 30, 1, DAY).of(0, 30))
    assert first != list(Stories(DISTRICT, 2, 30, 1, DAY).of(0, 30))
    assert first[10:20] == list(Stories(DISTRICT, 1, 30, 1, DAY).of(10, 10))


def exported(data: str) -> bytes:
    out = io.BytesIO()
    with Desk(data) as desk:
        desk.ask(export, Query(), "json", out)
    return out.getvalue()


def test_both_databases_hold_the_same_sample(sample_folder: str, sample_url: str) -> None:
    assert key(sample_folder) == key(sample_url)
    assert json.loads(exported(sample_folder)) == json.loads(exported(sample_url))
    for table in ("party", "parcel", "account", "read", "bill", "posting", "application", "tender"):
        rows = []
        for data in (sample_folder, sample_url):
            session = on_record(data)
            with closing(session.database):
                rows.append(sorted(map(repr, session.rows(f"SELECT * FROM {table}"))))
        assert rows[0] == rows[1], table


FLAT = {
    **{"R1-SEALED": ("24.30", "3.95"), "R1-OCC": ("24.30", "3.95"), "IR1": ("31.20", "1.35")},
    **{"IR1M": ("15.60", "1.35"), "FL": ("38.00", "0"), "FLM": ("19.00", "0"), "HY": ("45.00", "4.25")},
    "AG1": ("850.00", "1.15"),
}


def test_every_bill_follows_from_its_reads_by_the_published_rates(sample_folder: str) -> None:
    """The rates again, in decimals and by hand: fixed charge, then blocks of 20, 40 and the rest."""
    session = on_record(sample_folder)
    checked = 0
    with closing(session.database):
        lines: dict[int, dict[str, list[tuple[str, int]]]] = {}
        for bill, trace, charge, cents in session.rows(
            "SELECT bill_id, trace, (SELECT code FROM charge_code c WHERE c.id = charge_code_id), cents FROM bill_line"
        ):
            lines.setdefault(bill, {}).setdefault(trace, []).append((charge, cents))
        totals: dict[int, int] = dict(session.rows("SELECT id, total_cents FROM bill"))
    for bill, by_trace in lines.items():
        assert totals[bill] == sum(cents for part in by_trace.values() for _, cents in part)
        for trace, part in by_trace.items():
            facts = json.loads(trace)
            if not facts:
                assert [charge for charge, _ in part] == ["PEN"]
                continue
            use, money = facts["use"], Decimal(0)
            if facts["rate"] == "R1":
                money = Decimal("48.60") + min(use, 20) * Decimal("1.85") + min(max(use - 20, 0), 40) * Decimal("2.60")
                money += max(use - 60, 0) * Decimal("3.95")
            elif facts["rate"] == "C1M":
                money = Decimal("56.20") + min(use, 105) * Decimal("2.10") + max(use - 105, 0) * Decimal("3.05")
            elif facts["rate"] == "C1":
                money = Decimal("112.40") + min(use, 210) * Decimal("2.10") + max(use - 210, 0) * Decimal("3.05")
            else:
                fixed, price = FLAT[facts["rate"]]
                money = Decimal(fixed) + use * Decimal(price)
            assert sum(cents for _, cents in part) == int((money * 100).to_integral_value(ROUND_HALF_UP)), trace
            checked += 1
    assert checked > 3_500


BESIDE = {
    **{"field_order": 100, "seal_request": 60, "parcel_right": 800, "contact": 120, "protection": 5, "letter": 20},
    **{"arrangement": 5, "returned_mail": 8, "county_owner": 400, "ownership_transfer": 12, "read_skip": 5},
    **{"autopay": 120, "ebill": 120, "lien": 1, "lien_item": 1},
}
"""Rows beside the accounts of a district of 900, at least."""


def test_it_looks_like_a_district(tmp_path: Path) -> None:
    make(str(tmp_path / "d"), DAY, 900, 1, SEED)
    session = on_record(str(tmp_path / "d"))
    with closing(session.database):
        points = session.value("SELECT COUNT(*) FROM service_point")
        sealed = session.value("SELECT COUNT(*) FROM seal WHERE removed_on IS NULL")
        assert 0.05 < sealed / points < 0.20
        roles: dict[str, int] = dict(
            session.rows("SELECT role, COUNT(*) FROM account_role WHERE to_on IS NULL GROUP BY role")
        )
        assert roles["owner"] == roles["payer"] == 900 and roles["occupant"] > 60 and roles["agent"] > 15
        assert (
            session.value(
                "SELECT COUNT(*) FROM parcel WHERE length(apn) = 12 AND apn LIKE '%000' AND status = 'active'"
            )
            == 910
        )  # ten lie vacant behind a split
        assert session.value("SELECT COUNT(*) FROM party WHERE phone NOT LIKE '(530) 555-01__'") == 0
        assert session.value("SELECT MAX(n) FROM (SELECT COUNT(DISTINCT account_id) AS n FROM account_role"
                             " WHERE role = 'owner' GROUP BY party_id) AS owned") == 2  # fmt: skip
        kinds: dict[str, int] = dict(session.rows("SELECT kind, COUNT(*) FROM service GROUP BY kind"))
        assert kinds["irrigation"] > 5 and kinds["fire_line"] > 5 and kinds["hydrant"] == 9
        assert session.value("SELECT COUNT(*) FROM account WHERE holder_kind = 'agency'") == 2
        assert session.value("SELECT COUNT(*) FROM meter_relation WHERE kind = 'master_sub'") > 3
        assert session.value("SELECT COUNT(*) FROM register WHERE n = 2") > 3
        assert session.value("SELECT COUNT(*) FROM seal WHERE rate_status = 'occasional'") > 5
        assert session.value("SELECT COUNT(*) FROM account_role WHERE role = 'owner' AND to_on IS NOT NULL") > 10
        assert session.value("SELECT COUNT(*) FROM parcel_link WHERE kind = 'split'") == 20
        assert session.value("SELECT COUNT(DISTINCT unit) FROM register") == 3
        assert session.value("SELECT COUNT(*) FROM account WHERE state = 'closed'") > 5
        assert session.value("SELECT COUNT(DISTINCT kind) FROM tender") == 6
        assert session.value("SELECT COUNT(*) FROM (SELECT 1 AS one FROM service_point WHERE route_id IS NOT NULL"
                             " GROUP BY route_id, sequence"
                             " HAVING COUNT(*) > 1) AS same_step") == 3  # fmt: skip
        posted: dict[str, int] = dict(session.rows("SELECT kind, COUNT(*) FROM journal GROUP BY kind"))
        assert (
            posted["REVERSAL"] == 6 and posted["REFUND"] > 0 and posted["ADJ"] == 6 + 9 + 2
        )  # checks, fees, deposits, roll
        for table, least in BESIDE.items():
            assert session.value(f"SELECT COUNT(*) FROM {table}") > least, table
        unbilled = "B1/2026-11"
        billed = session.rows("SELECT kind FROM read WHERE period = ? AND status = 'billed'", [unbilled])
        assert set(billed) <= {("final",)}  # who left was billed when he left
        assert session.value("SELECT COUNT(*) FROM bill WHERE period = ?", [unbilled]) == len(billed)
        assert session.value("SELECT COUNT(*) FROM read WHERE period = ? AND status = 'released'", [unbilled]) > 100
        assert session.value("SELECT COUNT(*) FROM bill WHERE period = 'B2/2026-10'") > 100


def test_nobody_of_the_staff_adjusts_his_own_account(sample: str) -> None:
    with Desk(sample, Seat("ana")) as desk:
        mine: dict[str, str] = dict(
            desk.session.rows("SELECT relation, account_number FROM staff_account WHERE staff = 'ana'")
        )
        assert sorted(mine) == ["linked", "own"]
        for number in mine.values():
            form = adjustments.Propose(account=number, reason="read-correction", amount_cents=1_000)
            refused = desk.perform(adjustments.propose, form)
            assert isinstance(refused, Refused) and format_account(number) in str(refused)
        assert not {account for _, _, account in key(sample)} & {format_account(number) for number in mine.values()}


def test_reads_as_they_come_have_no_key_and_true_books(tmp_path: Path) -> None:
    data = str(tmp_path / "d")
    assert make(data, DAY, 600, 1, SEED, lively=True) == [] == list(key(data))
    raised = found(data)
    assert {"R04", "R22"} <= {code for code, _, _ in raised} and len(raised) < 100
    session = on_record(data)
    with closing(session.database):
        assert list(Report(session, DAY).findings()) == []


def test_planting_knows_no_detector() -> None:
    folder = Path(str(demo.__file__)).parent
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                continue
            assert not [m for m in modules if m.startswith("ubtui.detectors")], f"{path.name}:{node.lineno}"


def test_a_place_that_holds_something_is_left_alone(sample_folder: str, sample_url: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("keep me")
    for place in (str(tmp_path / "full"), sample_folder, sample_url):
        with pytest.raises(BadValue, match="holds something"):
            make(place, DAY, 20, 1)
    assert sorted(p.name for p in (tmp_path / "full").iterdir()) == ["letter.txt"]


def test_a_sample_broken_off_leaves_nothing(tmp_path: Path) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(str(tmp_path / "place" / "d"), DAY, 20, 1, say=stop)
    assert list((tmp_path / "place").iterdir()) == []


def test_a_process_that_ends_early_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "WORTH", 0)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="ended early"):
        make(str(tmp_path / "place" / "d"), DAY, 20, 1)
    assert list((tmp_path / "place").iterdir()) == []


@pytest.mark.parametrize(
    ("accounts", "years", "day"),
    [(19, 2, DAY), (900_000, 2, DAY), (300, 0, DAY), (300, 30, DAY), (300, 2, date(2040, 1, 1))],
)
def test_figures_out_of_bounds_are_refused_in_words(accounts: int, years: int, day: date, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"--accounts|--years"):
        make(str(tmp_path / "d"), day, accounts, years)
    assert not (tmp_path / "d").exists()


def test_a_district_that_is_no_sample_takes_none(sample_folder: str) -> None:
    session = on_record(sample_folder)
    with closing(session.database):
        training = settings().replace('kind = "sample"', 'kind = "training"')
        session.run("UPDATE meta SET value = ? WHERE key = 'district'", [training])
        look = Look(
            session, DAY, f"{DAY}T16:00:00.000000Z", "", district(training), Actor("service", "service", "test")
        )
        form = Fill(seed=1, accounts=20, years=1, today=DAY, first=0, count=20)
        refused = perform(look, fill, form, "no-sample-here")
    assert isinstance(refused, Refused) and "training" in str(refused)


def test_accounts_stand_where_their_numbers_say() -> None:
    numbers = [story.number for story in told(accounts=30)]
    assert numbers[0][:6] == str(FIRST_ACCOUNT) and len(set(numbers)) == 30
    assert len(TIMES) == 4


def test_the_command_tells_its_way_and_leaves_the_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "new" / "district"
    assert run_command(["demo", str(place), "--accounts", "25", "--years", "1", "--today", "2026-11-23"]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "25 of 25 accounts" in err
    entries = json.loads((place / ANSWER_KEY).read_text("utf-8"))
    assert entries and found(str(place)) == {(e["code"], e["subject"], e["account"]) for e in entries}
    assert run_command(["demo", str(place)]) == 2
    assert run_command(["demo", str(tmp_path / "other"), "--today", "soon"]) == 2


def test_the_sample_is_made_once_and_then_left(tmp_path: Path, sample_url: str) -> None:
    place = tmp_path / "default"
    ensure(str(place), 300, 1)
    assert count(found(str(place))) == EACH
    before = (place / "ubtui.db").stat().st_mtime_ns
    ensure(str(place))
    ensure(sample_url)
    assert (place / "ubtui.db").stat().st_mtime_ns == before
