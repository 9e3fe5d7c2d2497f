"""The record's own cases of a low read: what each cause weighs there, and that the picked one settles the item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from ubtui.cli import run_command
from ubtui.domain.triage import Cause
from ubtui.services import fixes, forms, listing, worklist
from ubtui.services.fixes import Offer
from ubtui.services.listing import Query
from ubtui.services.triage import triaged
from ubtui.services.worklist import ItemView

LAST = PERIODS[-1]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def low(scene: Scene, value: int, uses: list[int], start: int = 8000, **last: Any) -> Customer:
    """A customer whose newest read stands below the one before; `last` are columns of that one before."""
    c = scene.customer()
    scene.uses(c, uses[:-1], start=start, last=PERIODS[-3])
    status = last.pop("status", "released")
    scene.read(c, PERIODS[-2], start + sum(uses), usage=uses[-1], status=status, **last)
    scene.read(c, LAST, value, status="held", held_code="below-previous")
    return c


def asked(scene: Scene, c: Customer) -> tuple[ItemView, dict[str, Cause], tuple[Offer, ...]]:
    with scene.desk() as desk:
        [id] = desk.ask(listing.ids, worklist.WORKLIST, Query(f"code:R09,R10,R11 account:{c.account}"))
        item = desk.ask(worklist.item, id)
        found = desk.ask(triaged, item)
        assert found is not None
        return item, {cause.kind: cause for cause in found.causes}, desk.ask(fixes.offers, item)


def picked(scene: Scene, item: ItemView, offer: Offer, **more: str) -> list[str]:
    """Do what an offer says with what it is filled in with; what closed."""
    values = {**offer.values(), **more}
    act = fixes.guarded(forms.act_named(offer.act), item)
    done = scene.act(act, forms.form(offer.act, values))
    scene.steady()
    return [str(key) for key in done.closed]


def test_a_misread_before_is_put_right_and_the_read_goes_free(scene: Scene) -> None:
    c = low(scene, 8160, [30, 30, 30, 30, 930])  # 9050 for 8150
    scene.refresh()
    item, causes, offers = asked(scene, c)
    assert (causes["prior-misread"].likelihood, causes["prior-misread"].use) == ("likely", 40)
    assert offers[0].title == "The read before was misread" and offers[0].odds == "likely"
    values = offers[0].values()
    assert (values["read_on"], values["decision"]) == (read_day(PERIODS[-2]).isoformat(), "corrected")
    assert 8120 <= int(values["value"]) <= 8160
    assert str(item.key) in picked(scene, item, offers[0])
    rows = scene.db.rows(
        "SELECT usage, status FROM read WHERE register_id = ? AND status <> 'void' ORDER BY read_on", [c.register_id]
    )
    assert sum(use for use, _ in rows[-2:]) == 40 and {status for _, status in rows[-2:]} == {"released"}


def test_a_misread_before_that_is_billed_stands(scene: Scene) -> None:
    c = low(scene, 8160, [30, 30, 30, 30, 930], status="billed")
    scene.refresh()
    item, _, offers = asked(scene, c)
    assert offers[0].title == "The read before was misread"
    assert offers[0].values()["decision"] == "confirmed", "it bills nothing; the bill before is an adjustment's matter"
    assert str(item.key) in picked(scene, item, offers[0])


def test_the_neighbours_read_is_changed_for_it(scene: Scene) -> None:
    ours = low(scene, 1215, [30] * 5)
    theirs = scene.customer()
    scene.uses(theirs, [30] * 6, start=1000, last=PERIODS[-2])
    scene.read(theirs, LAST, 8185, usage=7005, status="held", held_code="over-limit")
    scene.refresh()
    item, causes, offers = asked(scene, ours)
    assert (causes["neighbour"].likelihood, causes["neighbour"].point) == ("likely", theirs.point)
    assert (offers[0].act, offers[0].values()["other"]) == ("read.swap", theirs.point)
    closed = picked(scene, item, offers[0])
    assert {f"R09:point:{ours.point}@{LAST}", f"R06:point:{theirs.point}@{LAST}"} <= set(closed)


def test_an_estimate_too_high_is_cancelled(scene: Scene) -> None:
    c = low(scene, 8140, [30, 30, 30, 30, 90], source="E")
    scene.refresh()
    item, causes, offers = asked(scene, c)
    assert item.key.code == "R11"
    assert (causes["over-estimate"].likelihood, causes["over-estimate"].use) == ("likely", 20)
    assert offers[0].act == "read.cancel_estimates"
    assert str(item.key) in picked(scene, item, offers[0])


def test_another_meter_sends_somebody_to_look(scene: Scene) -> None:
    c = low(scene, 28, [30] * 5)
    scene.refresh()
    item, causes, offers = asked(scene, c)
    assert (causes["exchange"].likelihood, causes["exchange"].use) == ("likely", 28)
    assert offers[0].act == "order.create" and offers[0].values()["kind"] == "verify"
    assert offers[0].values()["item"] == str(item.key)
    assert picked(scene, item, offers[0]) == [], "an order is on its way; the read waits for what it finds"


def test_digits_changed_back(scene: Scene) -> None:
    c = low(scene, 8118, [30] * 5)  # 8181 stood there
    scene.refresh()
    item, causes, offers = asked(scene, c)
    assert (causes["transposed"].likelihood, causes["transposed"].value, causes["transposed"].use) == (
        "likely",
        8181,
        31,
    )
    offer = next(each for each in offers if each.title == "Two digits were changed round")
    assert str(item.key) in picked(scene, item, offer)
    assert scene.db.value("SELECT usage FROM read_summary WHERE register_id = ?", [c.register_id]) == 31


def test_a_digit_read_wrong_is_corrected(scene: Scene) -> None:
    c = low(scene, 7180, [30] * 5)  # 8180 stood there
    scene.refresh()
    item, causes, offers = asked(scene, c)
    assert (causes["misread"].likelihood, causes["misread"].value, causes["misread"].use) == ("likely", 8180, 30)
    offer = next(each for each in offers if each.title == "One digit is wrong")
    assert (offer.odds, offer.values()["value"], offer.values()["decision"]) == ("likely", "8180", "corrected")
    assert str(item.key) in picked(scene, item, offer)
    assert scene.db.value("SELECT usage FROM read_summary WHERE register_id = ?", [c.register_id]) == 30


def test_a_read_of_a_meter_elsewhere_goes_there(scene: Scene) -> None:
    for _ in range(4):  # houses between them
        scene.customer()
    missed = scene.customer()
    scene.uses(missed, [30] * 6, start=300_000, last=PERIODS[-2])
    for _ in range(4):
        scene.customer()
    c = scene.customer()
    scene.uses(c, [30] * 6, start=900_000, last=PERIODS[-2])
    scene.read(c, LAST, 300_212, status="held", held_code="below-previous")
    scene.refresh()
    item, causes, offers = asked(scene, c)
    assert (causes["elsewhere"].likelihood, causes["elsewhere"].point) == ("likely", missed.point)
    offer = next(each for each in offers if each.title == "It is another meter's read")
    assert (offer.act, offer.values()["other"], offer.odds) == ("read.swap", missed.point, "likely")
    assert str(item.key) in picked(scene, item, offer)
    newest = "SELECT value, usage, status, period FROM read_summary WHERE register_id = ? AND newest = 1"
    assert scene.db.rows(newest, [missed.register_id]) == [(300_212, 32, "released", LAST)]
    assert scene.db.rows(newest, [c.register_id])[0][3] == PERIODS[-2], "here none is read"


def test_a_read_under_a_serial_like_it_is_found_on_any_route(scene: Scene) -> None:
    missed, c = scene.customer(), scene.customer()
    scene.uses(missed, [30] * 6, start=300_000, last=PERIODS[-2])
    scene.uses(c, [30] * 6, start=900_000, last=PERIODS[-2])
    with scene.db.writing():
        other = scene.db.value("INSERT INTO route(code, title) VALUES ('R99', 'Far') RETURNING id")
        scene.db.run("UPDATE service_point SET route_id = ? WHERE id = ?", [other, missed.point_id])
    scene.read(c, LAST, 300_212, status="held", held_code="below-previous")
    scene.refresh()
    _, causes, _ = asked(scene, c)
    assert (causes["elsewhere"].likelihood, causes["elsewhere"].point) == ("likely", missed.point)
    assert "of a serial like 90002" in causes["elsewhere"].reason


def test_a_settled_read_is_not_weighed(scene: Scene) -> None:
    c = low(scene, 28, [30] * 5)
    scene.refresh()
    item, _, offers = asked(scene, c)
    strike = next(each for each in offers if each.title == "Strike the read")
    picked(scene, item, strike, reason="wrong house")
    with scene.desk() as desk:
        assert desk.ask(triaged, item) is None


def test_the_shell_tells_every_cause(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = low(scene, 8140, [30, 30, 30, 30, 90], source="E")
    scene.refresh()
    run_command(["worklist", "show", f"R11:point:{c.point}@{LAST}", "--data", scene.data, "--as", "ana"])
    _, _, told = capsys.readouterr().out.partition("triage\n")
    lines = told.splitlines()[:9]
    assert all(line.split()[0] in ("likely", "possible", "unlikely") for line in lines)
    assert lines[0].startswith("  likely    The estimate before was too high: use 20: since the last actual read, ")
    assert "  unlikely  The read before was misread: the read before was estimated" in lines
