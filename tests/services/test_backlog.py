"""The backlog on both databases: what waits there, what a day releases, who demotes itself, and who never does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.detectors.scene import Scene
from tests.services import items
from tests.services.test_worklist import DAY, KEY, Place, place_at
from ubtui.detectors import heal, registry
from ubtui.detectors import items as kept
from ubtui.detectors.base import Ask, Found
from ubtui.services import listing, worklist
from ubtui.services.listing import Query
from ubtui.services.worklist import OnItem, backlog
from ubtui.services.worklist.explain import explain


@pytest.fixture
def place(backend: str) -> Iterator[Place]:
    with place_at(backend) as made:
        yield made


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def count(place: Place, text: str = "") -> int:
    return place.desk("ana").ask(listing.count, worklist.WORKLIST, Query(text))


def stored(place: Place, n: int, **changes: object) -> None:
    rows = [items.made(100 + k, priority=30 + k % 7, backlog=1, **changes) for k in range(n)]
    items.put(place.desk("ana").session, rows)


def to(place: Place, days: int) -> None:
    session = place.desk("ana").session
    with session.writing():
        session.run("UPDATE meta SET value = ? WHERE key = 'today'", [(DAY + timedelta(days=days)).isoformat()])


@pytest.mark.parametrize(("flag", "waiting"), [("project", 25), ("stock", 15)])
def test_a_project_waits_whole_and_a_stock_beyond_a_days_quota(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, flag: str, waiting: int
) -> None:
    def find(ask: Ask) -> list[Found]:
        return [Found(f"SP-{n:05d}", "", "Odd", "odd", {}, money_cents=n) for n in range(25)]

    kind = replace(registry.CODES["R12"] if "R12" in registry.CODES else registry.CODES["R05"], find=find)
    monkeypatch.setattr(heal, "DETECTORS", (replace(kind, **{flag: True}),))
    assert len(scene.refresh().opened) == 25
    assert scene.db.value("SELECT COUNT(*) FROM work_item WHERE backlog = 1") == waiting
    scene.steady()


def test_a_day_releases_its_quota_once_the_most_urgent_first(place: Place) -> None:
    stored(place, 25, role="technician")
    session = place.desk("ana").session
    with session.writing():  # the detectors know nothing of these: they stay as they are
        session.run("UPDATE work_item SET code = 'X05', grp = 'X'")
    before = count(place, "code:X05")
    assert count(place, "backlog:yes") == 25 and count(place, "code:X05 backlog:yes,no") == before + 25
    assert place.desk("ana").ask(worklist.tally).team == before
    told = place.do("ben", worklist.refresh, worklist.Refresh())
    assert (told.released, count(place, "code:X05"), count(place, "backlog:yes")) == (10, before + 10, 15)
    left = session.value("SELECT MAX(priority) FROM work_item WHERE backlog = 1")
    drawn = session.value(
        "SELECT MIN(w.priority) FROM work_item w JOIN work_event e ON e.item_id = w.id WHERE e.kind = 'drawn'"
    )
    assert drawn >= left
    assert place.do("ben", worklist.refresh, worklist.Refresh()).released == 0
    to(place, 1)
    assert place.do("ben", worklist.refresh, worklist.Refresh()).released == 10
    to(place, 5)  # a Saturday: nobody is there
    assert place.do("ben", worklist.refresh, worklist.Refresh()).released == 0
    to(place, 7)
    assert place.do("ben", worklist.refresh, worklist.Refresh()).released == 5


def test_who_works_on_an_item_takes_it_out_of_the_backlog(place: Place) -> None:
    stored(place, 1)
    key = KEY.replace("00001", "00100")
    assert place.item(key).backlog
    place.do("ana", worklist.claim, OnItem(item=key))
    assert not place.item(key).backlog and count(place) == 3


def raised(place: Place, code: str, dismissed: int, rest: int, on: int = 0) -> None:
    day = (DAY - timedelta(days=on)).isoformat()
    first = 200 + place.desk("ana").session.value("SELECT COUNT(*) FROM work_item")
    rows = [
        items.made(first + n, code=code, state="dismissed" if n < dismissed else "open", detected_on=day)
        for n in range(dismissed + rest)
    ]
    items.put(place.desk("ana").session, rows)
    with place.desk("ana").session.writing():  # found by nobody here, so that no run closes them
        place.desk("ana").session.run(
            "UPDATE work_item SET dismissed_until = ? WHERE state = 'dismissed'",
            [(DAY + timedelta(days=90)).isoformat()],
        )


def demoted(place: Place) -> list[str]:
    look = place.desk("ben").look()
    from tests.services.office import doing

    assert look.today == DAY
    return doing(place.desk("ben"), lambda work: backlog.demote(work)[0], "demote")


def test_a_kind_that_is_mostly_dismissed_demotes_itself_and_tells_the_lead(place: Place) -> None:
    raised(place, "R08", dismissed=6, rest=5)
    open_before = count(place, "code:R08")
    assert demoted(place) == ["R08"]
    assert (open_before, count(place, "code:R08"), count(place, "code:R08 backlog:yes")) == (5, 0, 5)
    told = place.desk("ben").session.one("SELECT title, why, role, state FROM work_item WHERE code = 'X05'")
    assert told == (
        "R08 went to the backlog: " + registry.CODES["R08"].title,
        "6 of 11 raised in 30 days were dismissed: change its limits (ubtui worklist whatif R08), or bring it back"
        " (ubtui worklist promote R08)",
        "lead",
        "open",
    )
    assert "R08" in kept.demoted(place.desk("ben").session)
    assert demoted(place) == []
    assert "demoted by itself: 6 of 11" in place.desk("ana").ask(explain, "R08").standing
    assert "permission matrix" in place.no("ana", worklist.promote, worklist.Promote(code="R08", reason="x"))
    assert place.do("ben", worklist.promote, worklist.Promote(code="r08", reason="limits changed")).items == 5
    assert count(place, "code:R08") == 5 and "R08" not in kept.demoted(place.desk("ben").session)
    assert "brought back" in place.desk("ana").ask(explain, "R08").standing
    assert "is not demoted" in place.no("ben", worklist.promote, worklist.Promote(code="R08", reason="x"))


@pytest.mark.parametrize(
    ("code", "dismissed", "rest", "on"),
    [
        ("R08", 5, 5, 0),  # half is not more than half
        ("R08", 9, 0, 0),  # too few to tell
        ("R08", 20, 0, 30),  # longer ago than 30 days
        ("R13", 20, 0, 0),  # fraud
        ("R14", 20, 0, 0),
        ("A05", 20, 0, 0),
        ("P07", 20, 0, 0),  # money
        ("B01", 20, 0, 0),
        ("A01", 20, 0, 0),
        ("C04", 20, 0, 0),  # statutory
        ("X05", 20, 0, 0),  # typed by people
    ],
)
def test_who_does_not_demote_itself(place: Place, code: str, dismissed: int, rest: int, on: int) -> None:
    raised(place, code, dismissed, rest, on)
    assert demoted(place) == []


def test_no_statutory_money_or_fraud_kind_may_ever(place: Place) -> None:
    for detector in registry.DETECTORS:
        if detector.group in "CPBA" or detector.code in ("R13", "R14", "A05"):
            assert not backlog.may_demote(detector)
    assert any(backlog.may_demote(detector) for detector in registry.DETECTORS)


def test_what_is_brought_back_is_judged_anew(place: Place) -> None:
    raised(place, "R08", 12, 0)
    demoted(place)
    place.do("ben", worklist.promote, worklist.Promote(code="R08", reason="try again"))
    to(place, 1)
    session = place.desk("ben").session
    with session.writing():
        session.run("UPDATE detector_state SET on_day = ?", [(DAY + timedelta(days=1)).isoformat()])
    from tests.services.office import doing

    assert doing(place.desk("ben"), lambda work: backlog.demote(work)[0], "again") == []
