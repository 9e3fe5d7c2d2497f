"""Doctor: each trouble of the machine, the files and the set-up is named with its place and cure."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.test_desk import install, live
from ubtui.act import Done, Refused
from ubtui.db.migrate import known
from ubtui.desk import Desk, is_url, open_session
from ubtui.services import doctor, ledger, worklist
from ubtui.services.doctor import examine
from ubtui.services.finding import Finding

FRESH = (3, 51, 3)
NOON = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
SERVER_OFF = {"fsync", "full_page_writes"}  # the tests' own server runs without them


def found(data: str, when: datetime = NOON, uid: int | None = None) -> list[Finding]:
    findings = examine(data, open_session(data), os.geteuid() if uid is None else uid, lambda: when, FRESH)
    return [f for f in findings if f.row not in SERVER_OFF and f.wrong != "keeps no checksums of its pages"]


def change(data: str, *statements: str) -> None:
    session = open_session(data, admin=True)
    session.connect()
    for statement in statements:
        session.execute(statement)
    session.database.close()


def test_a_sound_place_has_no_findings(backend: str) -> None:
    assert found(install(backend)) == []


@pytest.mark.parametrize(
    ("statement", "table", "says"),
    [
        ("DELETE FROM migration WHERE name = 'm0005_worklist'", "schema", "has not run here"),
        ("INSERT INTO migration(name, sha256, at) VALUES ('m9999_x', 'x', '2026-11-23T16:00:00.000000Z')", "schema",
         "is newer than this program"),
        ("CREATE INDEX mine ON fund(title)", "schema", "not as this program made them"),
        ("DELETE FROM meta WHERE key = 'district'", "record", "setting up was broken off"),
        ("UPDATE meta SET value = 'name = 1' WHERE key = 'district'", "settings", "Expected `str`, got `int`"),
        ("DELETE FROM calendar_year WHERE calendar = 'BANK' AND year > 2026", "calendar_year", "ends with 2026"),
        ("UPDATE period SET status = 'closed'", "period", "no ledger month is open today"),
        ("UPDATE meta SET value = '2026-11-01' WHERE key = 'today'", "clock", "the day went back"),
    ],
)  # fmt: skip
def test_each_trouble_of_the_record_is_named(backend: str, statement: str, table: str, says: str) -> None:
    assert {name for name, _ in known()} >= {"m0005_worklist"}
    install(backend)
    change(backend, statement)
    assert [f for f in found(backend) if f.table == table and says in f.wrong and f.cure], found(backend)


def test_the_ledgers_months_open_as_the_years_come(backend: str) -> None:
    when = NOON.replace(year=2029)
    install(backend, live())
    assert not [f for f in found(backend, NOON.replace(year=2028)) if f.table == "period"]
    [no] = [f for f in found(backend, when) if f.table == "period"]
    assert (no.row, no.wrong, no.cure) == (
        "202813", "no ledger month is open today", "run `ubtui worklist refresh`",
    )  # fmt: skip
    with Desk(backend, utc=lambda: when) as ana:
        with pytest.raises(Refused, match="no open ledger month from 2029-11 on"):
            ledger.period_for(ana.session, when.date())
        for _ in range(2):
            assert isinstance(ana.perform(worklist.refresh, worklist.Refresh()), Done)
        assert ledger.period_for(ana.session, when.date()) == 202911
        months = "SELECT ym FROM period WHERE ym > 202813 ORDER BY ym"
        want = [year * 100 + month for year in (2029, 2030, 2031) for month in range(1, 14)]
        assert [ym for (ym,) in ana.session.rows(months)] == want
    assert not [f for f in found(backend, when) if f.table == "period"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: p.chmod(0o770), "others can write it (0770)"),
        (lambda p: (p / "ubtui.db").chmod(0o640), "others can read it (0640)"),
        (lambda p: (p / "district.toml").unlink(), "cannot be read"),
        (lambda p: (p / "district.toml").write_text("x = 1"), "differs from the record's own copy"),
        (lambda p: (p / "ubtui.db-journal").symlink_to("/tmp"), "is a link"),
    ],
)
def test_each_trouble_of_the_folder_is_named(tmp_path: Path, spoil: Callable[[Path], object], says: str) -> None:
    place = tmp_path / "district"
    install(str(place))
    spoil(place)
    assert [f for f in found(str(place)) if says in f.wrong and str(place) in str(f.row)], found(str(place))


def test_another_owner_is_named(tmp_path: Path) -> None:
    data = install(str(tmp_path / "district"))
    assert {str(f.row) for f in found(data, uid=4242) if "not to you" in f.wrong} >= {data, f"{data}/ubtui.db"}


def test_a_parent_that_others_can_write_is_named(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    data = install(str(open_to_all / "district"))
    open_to_all.chmod(0o777)
    assert [f.row for f in found(data)] == [str(open_to_all)]
    open_to_all.chmod(0o1777)
    assert found(data) == []


@pytest.mark.parametrize(("kind", "bad"), [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("ext4", False)])
def test_a_network_disk_is_named(tmp_path: Path, kind: str, bad: bool) -> None:
    data = install(str(tmp_path / "district"))
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/root / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    said = [f for f in doctor.folder(Path(data), os.geteuid(), mounts) if "network" in f.wrong]
    assert bool(said) == bad and all("local disk" in f.cure for f in said)


def test_a_full_disk_and_an_old_library_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = install(str(tmp_path / "district"))
    monkeypatch.setattr(doctor, "ROOM", 1 << 60)
    assert [f.cure for f in found(data)] == ["free some space"]
    assert [f.row for f in doctor.library((3, 51, 2))] == ["3.51.2"] and not list(doctor.library((3, 53, 0)))


def test_a_live_districts_people_clock_and_keys(tmp_path: Path) -> None:
    data = install(str(tmp_path / "d"), live('service_uid = 4242\nseat_keys = "/no/such/keys"', "nobody-of-this-name"))
    rows = {(f.table, f.wrong.split(" (")[0]) for f in found(data)}
    assert ("seat", "No such file or directory") in rows
    assert ("staff", "has the login nobody-of-this-name, which this machine does not know") in rows
    assert any(table == "seat" and "is not the service account 4242" in wrong for table, wrong in rows)
    early = found(data, datetime(2026, 11, 20, tzinfo=UTC))
    assert {f.wrong.split(": ")[1] for f in early if f.table == "clock"} == {"the day went back", "time went back"}


def test_a_server_that_may_lose_work_is_named(postgres_url: str) -> None:
    install(postgres_url)
    everything = list(examine(postgres_url, open_session(postgres_url), os.geteuid(), lambda: NOON, FRESH))
    assert {str(f.row) for f in everything} >= SERVER_OFF and all(f.table == "PostgreSQL" for f in everything)
    assert is_url(postgres_url)


def test_a_superuser_is_named_in_a_live_district(postgres_url: str) -> None:
    install(postgres_url, live())
    root = postgres_url.replace("//ubtui@", "//postgres@")
    assert [f.row for f in found(root) if "superuser" in f.wrong] == ["postgres"]
    assert not [f for f in found(postgres_url) if "superuser" in f.wrong]


def test_a_record_that_does_not_open_is_a_finding(tmp_path: Path) -> None:
    data = install(str(tmp_path / "district"))
    (tmp_path / "district/ubtui.db").write_text("not a database " * 600)
    (tmp_path / "district/ubtui.db").chmod(0o600)
    assert [f.wrong for f in found(data)] == ["this file is not a database of this program"]
