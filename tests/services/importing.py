"""A training district and files for it, for tests of imports."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.services.office import install
from ubtui.act import Done, Refused
from ubtui.desk import Desk, Seat
from ubtui.exchange.profile import Kind, load, parse
from ubtui.services.imports.release import Release, Released, release
from ubtui.services.imports.stage import Asked, Report, staging, through

ROOT = Path(__file__).parent.parent.parent
TRAINING = ROOT / "docs/examples/training.toml"
SHARED = ROOT.parent / "shared/data"
DAY = date(2016, 10, 3)

PARCELS = "apn,county,situs\n022-540-157,Los Angeles,1 Alder Ct\n022-540-158,Los Angeles,2 Alder Ct\n"
ACCOUNTS = (
    "old_number,name,class,cycle,address,apn,route,sequence,rate,opened_on,phone\n"
    "A-1,Ruth Ortiz,single,SM,1 Alder Ct,022-540-157,R1,10,SM,2010-01-01,555-0100\n"
    "A-2,Jörg Weiß,single,SM,2 Alder Ct,022540158,R1,20,SM,2010-01-01,\n"
    "A-3,Three Ponds LLC,multi,SM,3 Alder Ct,,R1,30,SM,2010-01-01,\n"
    "A-3,Three Ponds LLC,multi,SM,3 Alder Ct rear,,R1,40,SM,2010-01-01,\n"
)
METERS = (
    "maker,serial,size,dials,multiplier,unit,account,installed_on,radio\n"
    "BADGER,1001,5/8,6,1,ccf,A-1,2010-01-01,9001\n"
    "BADGER,1002,5/8,6,1/100,ccf,A-2,2010-01-01,9002\n"
    "NEPTUNE,1001,1,4,1,ccf,A-3,2010-01-01,\n"
)
READS = (
    "maker,serial,date,value\n"
    "BADGER,1001,2016-05-20,100\nBADGER,1002,2016-05-21,1099\nNEPTUNE,1001,2016-05-20,900\n"
    "BADGER,1001,2016-07-20,112\nBADGER,1002,2016-07-21,3101\nNEPTUNE,1001,2016-07-20,950\n"
)


def training(data: str, day: date = DAY) -> None:
    """Set up the training district of the documentation."""
    install(data, TRAINING.read_text("utf-8"), day)


def file(folder: Path, text: str | bytes, name: str = "file.csv") -> Path:
    """A file of that content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def stage(
    desk: Desk, kind: Kind, path: Path, profile: str = "", *, dry_run: bool = False, strict: bool = False,
    toml: str = "",
) -> Report:  # fmt: skip
    """Take a file in up to its release."""
    name = profile or f"generic-{kind}"
    layout = parse(toml, "test.toml") if toml else load(name, kind)
    report: Report = through(staging(desk.look(), Asked(kind, path, layout, name, strict, dry_run)))[0]
    return report


def bring(desk: Desk, kind: Kind, path: Path, profile: str = "", **more: Any) -> Report:
    """Take a file in and release it."""
    report = stage(desk, kind, path, profile, **more)
    answer = desk.perform(release, Release(kind=kind, sha256=report.sha256), f"{kind}-{report.sha256}")
    assert isinstance(answer, Done), answer.sentence()
    assert isinstance(answer.result, Released)
    return report


def served(desk: Desk, folder: Path) -> None:
    """Three accounts with four points, three meters, two rounds of reads."""
    for kind, text in (("parcels", PARCELS), ("accounts", ACCOUNTS), ("meters", METERS), ("reads", READS)):
        report = bring(desk, kind, file(folder, text, f"{kind}.csv"))  # type: ignore[arg-type]
        assert report.staged == 0, report


def refusal(call: Any) -> Refused:
    """The refusal that `call` raises."""
    try:
        call()
    except Refused as no:
        return no
    raise AssertionError("not refused")


def counts(desk: Desk) -> dict[str, int]:
    """Rows of every table an import may write, for "nothing changed"."""
    tables = (
        *("parcel", "party", "premise", "service_point", "account", "account_role", "account_parcel", "service"),
        *("meter", "register", "endpoint", "install", "external_id", "read", "read_summary", "staged_row", "route"),
        *("county_owner", "linked_row", "work_item", "audit"),
    )
    return {table: int(desk.session.value(f"SELECT COUNT(*) FROM {table}")) for table in tables}


def seat(data: str, who: str = "ana") -> Desk:
    return Desk(data, Seat(as_name=who))
