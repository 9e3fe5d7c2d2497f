"""A route goes out to a handheld and comes back: the reads reach their meters, what was not read says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.services.importing import ACCOUNTS, METERS, PARCELS, bring, file, seat, stage, training
from tests.services.office import admin, done, refused
from ubtui.db.models import record
from ubtui.desk import Desk
from ubtui.domain.errors import BadValue
from ubtui.exchange.profile import load
from ubtui.services.imports.links import Unlink, links, unlink
from ubtui.services.imports.staged import Decide, Link, decide, link, staged
from ubtui.services.reads.handheld import sent
from ubtui.services.reads.routes import routes, walk

READS = (
    "maker,serial,date,value\nBADGER,1001,2016-07-20,100\nBADGER,1002,2016-07-21,1099\nNEPTUNE,1001,2016-07-20,900\n"
    "BADGER,1001,2016-09-20,112\n"
)


@pytest.fixture
def desk(backend: str, tmp_path: Path) -> Iterator[Desk]:
    training(backend)
    with seat(backend) as at:
        for kind, text in (("parcels", PARCELS), ("accounts", ACCOUNTS), ("meters", METERS), ("reads", READS)):
            bring(at, kind, file(tmp_path, text, f"{kind}.csv"))  # type: ignore[arg-type]
        yield at


def test_a_route_is_walked_in_order_with_what_its_window_has(desk: Desk) -> None:
    assert desk.ask(routes) == ["R1"]
    stops = desk.ask(walk, "R1")
    assert [(s.position, s.sequence, s.jump, s.serial, s.prior, s.value, s.state) for s in stops] == [
        (1, 10, 0, "1001", 100, 112, "read"), (2, 20, 0, "1002", 1099, None, "open"),
        (3, 30, 0, "1001", 900, None, "open"),
    ]  # fmt: skip
    assert len({s.period for s in stops}) == 1
    with pytest.raises(BadValue, match="Route 'R9' has no meter to read: routes are R1"):
        desk.ask(walk, "R9")


@pytest.mark.parametrize("profile", ["sensus-autoread", "sensus-k3", "neptune-equinox", "itron-mvrs", "generic-reads"])
def test_every_way_out_holds_every_meter_once(desk: Desk, profile: str) -> None:
    text = desk.ask(sent, ["R1"], load(profile)).decode()
    assert text.isascii() or profile == "generic-reads"
    for account in {s.account for s in desk.ask(walk, "R1")}:
        assert account in text
    kinds = {"neptune-equinox": "RDGDT", "itron-mvrs": "RDG"}
    mark = kinds.get(profile, "")
    lines = text.splitlines()[profile == "generic-reads" :]
    assert sum(line.startswith(mark) for line in lines) == 3
    if profile in ("sensus-autoread", "sensus-k3"):
        assert {len(line) for line in lines} == {155 if profile == "sensus-autoread" else 227}
        at = 104 if profile == "sensus-autoread" else 169
        assert [int(line[at : at + 9 + (at == 104)]) for line in lines] == [100, 1099, 900]


def test_the_limit_of_the_handheld_is_the_districts_to_the_percent(desk: Desk) -> None:
    with desk.session.writing():
        desk.session.run(
            "INSERT INTO policy(kind, version, body, adopted_on, adopted_by) VALUES"
            " ('detector:R04', 1, '{\"times\": \"2.3\"}', '2016-01-01', 'ben')"
        )
    text = desk.ask(sent, ["R1"], load("sensus-k3")).decode()
    assert {line[160:169] for line in text.splitlines()} == {"000000230"}


def test_a_profile_that_only_brings_in_says_so(desk: Desk) -> None:
    with pytest.raises(BadValue, match="brings reads in only"):
        desk.ask(sent, ["R1"], load("radix"))


def k3(account: str, serial: str, value: str, day: str, note: str = "", register: str = "") -> str:
    """A line as it comes back, columns as the maker states them."""
    return f"{account:12}{serial:15}{'':15}M{value:9}{day}{note:2}{register:10}{'':23}\r\n"


def test_what_comes_back_reaches_its_meter_or_says_why(desk: Desk, tmp_path: Path) -> None:
    accounts = {s.serial + s.maker: s.account for s in desk.ask(walk, "R1")}
    two, three = accounts["1002BADGER"], accounts["1001NEPTUNE"]
    back = (
        k3(two, "1002", "000001199", "0921")
        + k3(three, "1001", "", "0921", "LG")  # not read: a locked gate
        + k3(three, "1002", "000000950", "0922")  # another account's meter
        + k3(three, "7777", "000000950", "0922")  # a meter that is not known
    )
    report = bring(desk, "reads", file(tmp_path, back, "k3.dat"), "sensus-k3")
    assert (report.accepted, report.staged) == (1, 3)
    assert report.reasons == {"not-read": 1, "serial-mismatch": 1, "wrong-account": 1}
    by = {(s.maker, s.serial): s for s in desk.ask(walk, "R1")}
    assert (by["BADGER", "1002"].value, by["BADGER", "1002"].state) == (1199, "read")
    skipped = by["NEPTUNE", "1001"]
    assert (skipped.state, skipped.why) == ("skipped", "other")
    look = desk.look()
    assert look.db.rows("SELECT skipped_on, why, note FROM read_skip") == [("2016-09-21", "other", "code LG")]
    states = look.db.rows("SELECT reason, state FROM staged_row ORDER BY row_no")
    assert states == [("not-read", "kept"), ("wrong-account", "staged"), ("serial-mismatch", "staged")]


def test_a_reading_in_its_unit_is_brought_onto_the_dials(desk: Desk, tmp_path: Path) -> None:
    page = (
        '{"meters": [{"bodySerialNumber": "1002", "units": "CF", "data": ['
        '{"timeStamp": "2016-09-20T01:00:00", "reading": 1120.99},'
        ' {"timeStamp": "2016-09-20T02:00:00", "reading": 1121.5}]}]}'
    )
    report = bring(desk, "reads", file(tmp_path, page, "page.json"), "sentryx")
    assert (report.rows, report.accepted, report.passed) == (2, 1, 1)
    stop = next(s for s in desk.ask(walk, "R1") if s.serial == "1002")
    assert stop.value == 1121  # a count of this register is a hundredth of a ccf: one cubic foot


def test_accounts_are_found_by_old_and_new_number(desk: Desk, tmp_path: Path) -> None:
    new = next(s.account for s in desk.ask(walk, "R1") if s.serial == "1002")
    text = f"account,date,value\n{new},2016-09-21,1150\nA-1,2016-09-22,113\nA-9,2016-09-22,113\n"
    report = stage(desk, "reads", file(tmp_path, text), dry_run=True)
    assert report.reasons == {"duplicate-read": 1, "unknown-meter": 1} and report.accepted == 1
    assert date(2016, 9, 21) < desk.look().today


@pytest.mark.parametrize("names", ["serial", "radio", "serial,radio", "serial,radio,account", "radio,account"])
def test_under_however_many_names_a_read_is_measured_by_the_one_before(desk: Desk, tmp_path: Path, names: str) -> None:
    account = next(s.account for s in desk.ask(walk, "R1") if s.serial == "1002")
    said = {"serial": "1002", "radio": "9002", "account": account}
    cells = ",".join(said[name] for name in names.split(","))
    text = f"{names},date,value\n{cells},2016-09-21,1050\n"
    assert stage(desk, "reads", file(tmp_path, text), dry_run=True).reasons == {"below-previous": 1}
    report = bring(desk, "reads", file(tmp_path, text.replace("1050", "1399")))
    assert (report.accepted, report.units) == (1, 3)


@pytest.mark.parametrize(
    ("serial", "radio", "point", "reason"),
    [
        ("WRONG", "", "SP-00002", "serial-mismatch"), ("1002", "", "SP-99999", "wrong-point"),
        ("1002", "", "SP-00001", "wrong-point"), ("1002", "9001", "", "radio-mismatch"),
        ("1001", "9002", "", "radio-mismatch"), ("1002", "NEW", "SP-00002", ""), ("T-77", "9002", "", "other-serial"),
        ("S-5", "9002", "", "serial-mismatch"), ("S-6", "9002", "", "other-serial"),
        ("S-7", "9002", "", "serial-mismatch"),
        ("T-77", "9002", "SP-00001", "wrong-point"),
    ],
)  # fmt: skip
def test_a_row_whose_names_are_of_two_meters_waits(
    desk: Desk, tmp_path: Path, serial: str, radio: str, point: str, reason: str
) -> None:
    """A serial that is nobody's may be the maker's own number, and goes in by its radio, told; a meter's in store, or
    that of one hanging elsewhere, says that somebody took the wrong one."""
    assert next(s.point for s in desk.ask(walk, "R1") if s.serial == "1002") == "SP-00002"
    with (session := admin(desk.data)).writing():
        for maker, name in (("BADGER", "S-5"), ("NEPTUNE", "S-6"), ("Bádger", "S-7")):
            session.insert(record.Meter, maker=maker, serial=name, size="5/8")
    session.database.close()
    text = f"maker,serial,radio,point,date,value\nBADGER,{serial},{radio},{point},2016-09-22,1150\n"
    report = stage(desk, "reads", file(tmp_path, text), dry_run=True)
    assert report.reasons == ({reason: 1} if reason else {})
    assert report.accepted == (1 if reason in ("", "other-serial") else 0)
    if reason == "other-serial":
        [example] = report.examples
        assert (example.state, serial in example.sentence, "BADGER/1002" in example.sentence) == (
            "accepted",
            True,
            True,
        )


def test_a_serial_that_stands_for_another_meter_is_asked_about_and_taken_back(desk: Desk, tmp_path: Path) -> None:
    def waiting(serial: str, on: str, value: int) -> int:
        text = f"maker,serial,date,value\nBADGER,{serial},{on},{value}\n"
        assert bring(desk, "reads", file(tmp_path, text, f"{serial}-{on}.csv")).staged == 1
        return desk.ask(staged)[-1].row

    def link_to(row: int, meter: str, **more: Any) -> Any:
        return desk.perform(link, Link(row=row, meter=meter, reason="the lid says so", **more))

    first = waiting("T-1", "2016-09-21", 1150)
    done(link_to(first, "BADGER/1002"))
    assert [(each.serial, each.meter) for each in desk.ask(links)] == [("T-1", "BADGER/1002")]
    with (session := admin(desk.data)).writing():
        session.insert(record.Meter, maker="BADGER", serial="S-5", size="5/8")
        session.run("UPDATE install SET off_date = '2016-09-25' WHERE meter_id ="
                    " (SELECT id FROM meter WHERE serial = '1002')")  # fmt: skip
    session.database.close()
    second = waiting("T-1", "2016-09-28", 130)
    no = refused(link_to(second, "BADGER/1001"))
    assert "T-1 stands for BADGER/1002" in no.reason and "--yes" in no.cure
    assert desk.ask(links)[0].meter == "BADGER/1002", "a refusal changes nothing"
    done(link_to(second, "BADGER/1001", instead=True))
    assert [(each.serial, each.meter) for each in desk.ask(links)] == [("T-1", "BADGER/1001")]

    store = waiting("S-5", "2016-09-22", 960)
    assert "is the serial of BADGER/S-5 in store" in refused(link_to(store, "NEPTUNE/1001")).reason
    done(link_to(store, "NEPTUNE/1001", always=False))
    assert len(desk.ask(links)) == 1

    taken = done(desk.perform(unlink, Unlink(serial="T-1", reason="the wrong lid")))
    assert (taken.meter, taken.reads) == ("BADGER/1001", [])
    assert desk.ask(links) == ()
    assert "is linked to no meter" in refused(desk.perform(unlink, Unlink(serial="T-1", reason="again"))).reason
    assert bring(desk, "reads", file(tmp_path, "maker,serial,date,value\nBADGER,T-1,2016-09-29,131\n")).reasons == {
        "unknown-meter": 1
    }


@pytest.mark.parametrize("maker", ["badger", "Bádger", "BADGÉR "])
def test_a_maker_is_known_by_every_spelling(desk: Desk, tmp_path: Path, maker: str) -> None:
    text = f"maker,serial,date,value\n{maker},1002,2016-09-21,1150\n"
    report = stage(desk, "reads", file(tmp_path, text), dry_run=True)
    assert (report.accepted, report.reasons) == (1, {})


def test_a_serial_that_hangs_elsewhere_is_linked_for_its_rows_alone(desk: Desk, tmp_path: Path) -> None:
    text = "maker,serial,point,date,value\nBADGER,1001,SP-00002,2016-09-21,1150\n"
    bring(desk, "reads", file(tmp_path, text))
    [row] = desk.ask(staged)
    form = Link(row=row.row, meter="BADGER/1002", reason="the bodies were changed")
    no = refused(desk.perform(link, form))
    assert "1001 is BADGER/1001's own serial" in no.reason and "--once" in no.cure
    got = done(desk.perform(link, structs.replace(form, always=False)))
    assert got.state == "kept" and desk.ask(links) == ()


def test_what_a_link_brought_in_is_named_when_it_is_taken_back(desk: Desk, tmp_path: Path) -> None:
    bring(desk, "reads", file(tmp_path, "maker,serial,date,value\nBADGER,T-1,2016-09-21,1150\n"))
    [row] = desk.ask(staged)
    done(desk.perform(link, Link(row=row.row, meter="BADGER/1002", reason="the lid says so")))
    taken = done(desk.perform(unlink, Unlink(serial="T-1", reason="the wrong lid")))
    assert taken.reads == ["SP-00002 2016-09-21: 1,150"]


def test_a_row_that_waits_by_a_link_names_again_what_its_file_did(desk: Desk, tmp_path: Path) -> None:
    rows = "BADGER,T-1,front,2016-09-21,1150\nBADGER,T-1,front,2016-09-22,1151\n"
    bring(desk, "reads", file(tmp_path, f"maker,serial,radio,date,value\n{rows}"))
    before = {each.row: each for each in desk.ask(staged)}
    form = Link(row=min(before), meter="BADGER/1002", reason="the lid says so")
    assert done(desk.perform(link, form)).stay == 1
    [second] = desk.ask(staged)
    assert (second.reason, second.fields["serial"], second.fields["file's serial"]) == ("duplicate-read", "1002", "T-1")
    taken = done(desk.perform(unlink, Unlink(serial="T-1", reason="the wrong lid")))
    assert taken.rows == [second.row]
    [again] = desk.ask(staged)
    assert again == before[again.row]
    keep = Decide(row=again.row, decision="keep", reason="the crew is sure")
    assert refused(desk.perform(decide, keep)).rule == "unknown-meter"
    done(desk.perform(link, structs.replace(form, row=again.row, meter="BADGER/1001")))
    assert [(each.point, each.fields["serial"]) for each in desk.ask(staged)] == [("SP-00001", "1001")]


def test_reads_of_later_files_that_came_in_by_a_link_are_named_too(backend: str, tmp_path: Path) -> None:
    """By whichever way: linked, linked and kept later, in columns, alone, in the place of an estimate; none of those
    that came by the meter's own serial, of another meter, or that are void."""
    training(backend, date(2017, 6, 5))
    with seat(backend) as desk:
        for kind, text in (("parcels", PARCELS), ("accounts", ACCOUNTS), ("meters", METERS), ("reads", READS)):
            bring(desk, kind, file(tmp_path, text, f"{kind}.csv"))  # type: ignore[arg-type]
        rows = "BADGER,T-1,2016-09-21,1150\nBADGER,T-1,2016-09-22,1151\n"
        bring(desk, "reads", file(tmp_path, f"maker,serial,date,value\n{rows}"))
        form = Link(row=desk.ask(staged)[0].row, meter="BADGER/1002", reason="the lid says so")
        assert done(desk.perform(link, form)).stay == 1
        [second] = desk.ask(staged)
        done(desk.perform(decide, Decide(row=second.row, decision="keep", reason="the crew is sure")))
        for n, (serial, more) in enumerate(
            [
                ("T-1", "2016-11-18,1170,"), ("1002", "2017-01-19,1185,"), ("T-1", "2017-03-20,1180,"),
                ("T-1", "2017-05-19,1200,yes"), ("T-1", "2017-05-22,1202,"),
            ]
        ):  # fmt: skip
            text = f"maker,serial,date,value,estimated\nBADGER,{serial},{more}\n"
            report = bring(desk, "reads", file(tmp_path, text, f"later-{n}.csv"))
            assert report.staged == 0, (more, report)
        taken = done(desk.perform(unlink, Unlink(serial="T-1", reason="the wrong lid")))
        assert taken.reads == [
            "SP-00002 2016-09-22: 1,151", "SP-00002 2016-11-18: 1,170", "SP-00002 2017-03-20: 1,180",
            "SP-00002 2017-05-22: 1,202",
        ]  # fmt: skip
