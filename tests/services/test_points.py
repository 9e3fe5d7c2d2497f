"""Seals, points and seasons change once, on days that can be, and say no in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.detectors.scene import DAY, Customer, Scene
from ubtui.db.models import record
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import points, seals


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def seal(scene: Scene, c: Customer, number: str = "4471") -> None:
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number=number, lock_state="locked", lock_reason="vacant",
            rate_status="sealed", placed_on=DAY - timedelta(days=10),
        )  # fmt: skip


def off(c: Customer, **more: Any) -> seals.Remove:
    return seals.Remove(**{"point": c.point, "removed_on": DAY, "reason": "moved in"} | more)


def test_a_seal_comes_off_once(scene: Scene) -> None:
    c = scene.customer()
    seal(scene, c)
    done = scene.act(seals.remove, off(c, value=1186))
    assert (done.result.seal, done.result.removed_on) == ("4471", DAY)
    assert scene.db.one("SELECT removed_on, removed_value, removed_reason, lock_state FROM seal") == (
        DAY.isoformat(), 1186, "moved in", "locked",
    )  # fmt: skip
    assert "no seal" in scene.refused(seals.remove, off(c)).reason


@pytest.mark.parametrize("days", [-11, 1])
def test_a_seal_comes_off_between_its_placing_and_today(scene: Scene, days: int) -> None:
    c = scene.customer()
    seal(scene, c)
    assert "was placed on" in scene.refused(seals.remove, off(c, removed_on=DAY + timedelta(days=days))).reason


def test_of_two_seals_one_must_be_named(scene: Scene) -> None:
    c = scene.customer()
    seal(scene, c)
    seal(scene, c, "4472")
    assert "4471, 4472" in scene.refused(seals.remove, off(c)).reason
    assert scene.act(seals.remove, off(c, number="4472")).result.seal == "4472"


def idle(scene: Scene, c: Customer) -> None:
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [c.point_id])


def served(c: Customer, account: str | None = None, **more: Any) -> points.Activate:
    return points.Activate(**{"point": c.point, "account": account or c.account, "from_on": DAY} | more)


def test_a_point_goes_back_into_service(scene: Scene) -> None:
    c = scene.customer()
    idle(scene, c)
    assert scene.act(points.activate, served(c)).result.rate == "R1"
    assert scene.db.value("SELECT state FROM service_point") == "active"
    assert scene.db.value("SELECT COUNT(*) FROM service") == 1
    assert "is active" in scene.refused(points.activate, served(c)).reason


def test_another_customer_takes_over(scene: Scene) -> None:
    c, other = scene.customer(), scene.customer()
    idle(scene, c)
    scene.act(points.activate, served(c, other.account, rate="C1"))
    rows = scene.db.rows(
        "SELECT account_id, rate_code, from_on, to_on FROM service WHERE point_id = ? ORDER BY id", [c.point_id]
    )
    assert rows == [
        (c.account_id, "R1", "2020-01-01", DAY.isoformat()), (other.account_id, "C1", DAY.isoformat(), None)
    ]  # fmt: skip


def test_what_activation_refuses(scene: Scene) -> None:
    c = scene.customer()
    idle(scene, c)
    for form, says in (
        (served(c, format_account(account_number(999_999))), "no open account"),
        (served(c, point="SP-77777"), "no service point"),
        (served(c, rate="NOPE"), "is not known"),
        (served(c, from_on=DAY + timedelta(days=1)), "still to come"),
    ):
        assert says in scene.refused(points.activate, form).reason
    with scene.db.writing():
        scene.db.run("UPDATE account SET state = 'closed', closed_on = ?", [DAY.isoformat()])
    assert "no open account" in scene.refused(points.activate, served(c)).reason
    assert scene.db.value("SELECT state FROM service_point") == "inactive"


def test_a_season_is_said_and_taken_back(scene: Scene) -> None:
    c = scene.customer()
    form = points.Seasonal(point=c.point, reason="cabin")
    assert scene.act(points.seasonal, form).result.seasonal is True
    assert scene.db.value("SELECT seasonal FROM service") == 1
    assert "not so already" in scene.refused(points.seasonal, form).reason
    scene.act(points.seasonal, points.Seasonal(point=c.point, seasonal=False, reason="lived in"))
    assert scene.db.value("SELECT seasonal FROM service") == 0


def test_an_auditor_changes_nothing(scene: Scene) -> None:
    c = scene.customer()
    assert "may not" in scene.refused(points.seasonal, points.Seasonal(point=c.point, reason="cabin"), "dee").reason
