"""Other limits on both databases: the count is what a refresh under them would raise, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detectors.scene import Scene
from ubtui.domain.errors import BadValue
from ubtui.services.policies import of_item
from ubtui.services.worklist import Dismiss, Limits, adopt, dismiss
from ubtui.services.worklist.explain import explain
from ubtui.services.worklist.whatif import what_if

USES = [40, 55, 61, 90, 130]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    for use in USES:
        made.uses(made.customer(), [30, *[40] * 5, use])
    made.refresh()
    yield made
    made.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(100, 500))
def test_it_counts_what_stands_above_the_limit(scene: Scene, percent: int) -> None:
    with scene.desk() as desk:
        found = desk.ask(what_if, "R04", {"times": f"{percent}%"})
    assert found.now == len(scene.items("R04")) == 3
    assert found.then == sum(100 * use > percent * 30 for use in USES)
    assert len(found.come) == max(0, found.then - found.now) and len(found.go) == max(0, found.now - found.then)
    assert sum(each.then for each in found.periods) == found.then


def test_a_policy_of_these_limits_raises_just_that(scene: Scene) -> None:
    with scene.desk() as desk:
        told = desk.ask(what_if, "r04", {"times": "1.8"})
        assert told.said() == "At times 1.8 R04 would raise 4 instead of 3."
        before = scene.db.rows("SELECT COUNT(*), MAX(id) FROM work_item"), scene.db.rows("SELECT MAX(seq) FROM audit")
    scene.policy("R04", times="1.8")
    scene.refresh()
    assert len(scene.items("R04")) == told.then
    assert set(scene.items("R04")) >= set(told.come)
    assert before[0][0][0] + 1 == scene.db.value("SELECT COUNT(*) FROM work_item")


def test_adopting_limits_brings_the_list_in_step_and_back(scene: Scene) -> None:
    form = Limits(code="r04", limits=("times=180%",), reason="leaks found late")
    assert scene.refused(adopt, form).rule == "permission matrix"
    done = scene.act(adopt, form, who="ben")
    assert (done.result.limits["times"], done.result.opened, done.result.closed) == ("1.8", 1, 0)
    assert len(scene.items("R04")) == 4
    scene.steady()
    again = scene.refused(adopt, form, who="ben")
    assert "has these limits already" in again.reason
    back = scene.act(adopt, Limits(code="R04", limits=("times=2",), reason="too many"), who="ben")
    assert (back.result.opened, back.result.closed, len(scene.items("R04"))) == (0, 1, 3)
    scene.steady()
    kept = scene.db.rows("SELECT version, body, adopted_by FROM policy WHERE kind = 'detector:R04' ORDER BY version")
    assert kept == [(1, '{"times":"1.8"}', "ben"), (2, "{}", "ben")]


def test_so_many_of_a_hundred_are_written_either_way(scene: Scene) -> None:
    with scene.desk() as desk:
        for text in ("40%", "40"):
            told = desk.ask(what_if, "R05", {"estimated": text})
            assert [each.then for each in told.limits if each.name == "estimated"] == ["40"]


def test_a_scale_is_tried_and_adopted_by_size_and_by_class(scene: Scene) -> None:
    """Every customer uses 30 a year ago; one of them irrigates."""
    garden = scene.customer(customer_class="irrigation")
    scene.uses(garden, [30, *[40] * 5, 100])
    scene.refresh()
    with scene.desk() as desk:
        told = desk.ask(what_if, "R04", {"times": "4 below 31, 1.5", "times/irrigation": "300%"})
        assert (told.now, told.then) == (4, 2), "130 of the houses, 100 of the garden"
        assert [(each.name, each.now, each.then) for each in told.limits] == [
            ("times", "2", "4 below 31, 1.5"), ("least", "10", "10"), ("times/irrigation", "none", "3"),
        ]  # fmt: skip
    limits = ("times=4 below 31, 1.5", "times/irrigation=3")
    done = scene.act(adopt, Limits(code="R04", limits=limits, reason="by size"), who="ben").result
    assert (done.opened, done.closed, len(scene.items("R04"))) == (0, 2, told.then)
    scene.steady()
    with scene.desk() as desk:
        named = [(each.name, each.value) for each in desk.ask(explain, "R04").parameters]
        assert named == [("times", "4 below 31, 1.5"), ("times/irrigation", "3"), ("least", "10")]
        item = scene.db.value("SELECT MIN(id) FROM work_item WHERE code = 'R04' AND state = 'open'")
        lines = dict(desk.ask(of_item, item).lines)
        assert lines["times/irrigation"].startswith("3 × (not 2, the program's own)")
    scene.act(adopt, Limits(code="R04", limits=("times/irrigation=",), reason="as the others"), who="ben")
    body = scene.db.value("SELECT body FROM policy WHERE kind = 'detector:R04' ORDER BY version DESC LIMIT 1")
    assert body == '{"times":"4 below 31, 1.5"}'


def test_what_is_dismissed_counts_in_neither(scene: Scene) -> None:
    from tests.services.office import DAY

    scene.act(dismiss, Dismiss(item=scene.items("R04")[0], reason="a pool", until=DAY.replace(day=30)))
    with scene.desk() as desk:
        assert desk.ask(what_if, "R04", {}).now == 2


@pytest.mark.parametrize(
    ("code", "changes", "says"),
    [
        ("R99", {}, "is not on the worklist"),
        ("X05", {}, "has no limits"),
        ("R04", {"timez": "2"}, "has no limit 'timez': use "),
        ("R04", {"times": "two"}, "is not a number"),
        ("R04", {"times": "-1"}, "cannot be tried"),
        ("R04", {"times": "1/3"}, "cannot be tried"),
        ("R04", {"times": "1/0"}, "is not a number"),
        ("R04", {"times": "3 below 20, 2 below 10, 1"}, "do not rise"),
        ("R04", {"least": "3 below 20, 2"}, "one figure for all sizes"),
        ("R04", {"times/irigation": "2"}, "No service is of the class of 'times/irigation': classes are residential"),
        ("R04", {"least/residential": "2"}, "has no limit 'least/residential'"),
    ],
)
def test_what_cannot_be_tried_is_said(scene: Scene, code: str, changes: dict[str, str], says: str) -> None:
    with scene.desk() as desk, pytest.raises(BadValue, match=says):
        desk.ask(what_if, code, changes)
