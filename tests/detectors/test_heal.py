"""What becomes of items as their causes come, stay, go and come back; and what re-detection must leave alone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.detectors.scene import DAY, NOW, PERIODS, Customer, Scene, read_day
from ubtui.detectors import heal
from ubtui.detectors.registry import CODES, DETECTORS, as_markdown
from ubtui.domain.ranking import BASE
from ubtui.domain.subjects import Subject
from ubtui.services.reads import Review, review

LAST = PERIODS[-1]


def row(scene: Scene, columns: str) -> Any:
    return scene.db.one(f"SELECT {columns} FROM work_item")


def change(scene: Scene, **columns: object) -> None:
    with scene.db.writing():
        sets = ", ".join(f"{name} = ?" for name in columns)
        scene.db.run(f"UPDATE work_item SET {sets}", list(columns.values()))


def high(scene: Scene) -> Customer:
    c = scene.customer()
    scene.uses(c, [30, *[40] * 5, 90])
    return c


def fix(scene: Scene, c: Customer, use: int, seq: int = 1) -> None:
    """Put the use of the read under judgement right (or wrong again)."""
    form = Review(
        point=c.point, read_on=read_day(LAST), seq=seq, code="R04", decision="corrected", value=1230 + use,
        reason="misread",
    )  # fmt: skip
    scene.act(review, form)


def test_an_item_says_who_where_and_why(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    assert row(scene, "who, place, account, cycle, route, customer_class, due_on, due_source, units, role, state") == (
        "Owner 1", "1 Alder Ct", c.account.replace("-", ""), "B2", "R07", "residential", "2026-10-23", "bill date", 60,
        "technician", "open",
    )  # fmt: skip
    assert row(scene, "title, why") == (
        "High against last year",
        "90 against 30 expected from Oct 20, 2025, 3 × expected",
    )
    evidence = json.loads(row(scene, "evidence")[0])
    assert evidence["use"] == 90 and evidence["last_year"] == 30 and evidence["limit"] == "2"
    assert evidence["reads"] == [
        {"on": "2026-10-20", "use": 90, "value": 1320},
        {"on": "2026-08-20", "use": 40, "value": 1230},
        {"on": "2025-10-20", "use": 30, "value": None},
    ]
    assert scene.db.rows("SELECT kind, actor FROM work_event") == [("raised", "service")]


def test_detected_again_a_claim_stays(scene: Scene) -> None:
    high(scene)
    scene.refresh()
    change(scene, state="claimed", lease_until="2026-11-23T16:30:00.000000Z", assignee="ana")
    scene.refresh()
    assert row(scene, "state, assignee, lease_until, seen_count, version") == (
        "claimed", "ana", "2026-11-23T16:30:00.000000Z", 2, 1,
    )  # fmt: skip
    change(scene, state="waiting", lease_until=None, wait_for="field", wake_on="2026-12-01")
    scene.refresh()
    assert row(scene, "state, wait_for, wake_on, seen_count") == ("waiting", "field", "2026-12-01", 3)


def test_a_claimed_item_that_closes_gives_its_lease_back(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    change(scene, state="claimed", lease_until="2026-11-23T16:30:00.000000Z", assignee="ana")
    fix(scene, c, 40)
    state, lease, assignee, by, version = row(scene, "state, lease_until, assignee, resolved_by, version")
    assert (state, lease, assignee, version) == ("resolved", None, None, 2)
    assert by in ("read.review", "itself")
    scene.steady()


def test_an_item_that_comes_back_is_nobodys(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    change(scene, state="claimed", lease_until="2026-11-23T16:30:00.000000Z", assignee="ana")
    fix(scene, c, 40)
    fix(scene, c, 90, seq=2)
    assert row(scene, "state, assignee, lease_until, reopen_count") == ("open", None, None, 1)


def test_a_median_moves_once_a_business_day(scene: Scene) -> None:
    """A read that came in by an act moves it with the first refresh of a later day, not the next of this one."""
    crowd = [scene.customer() for _ in range(30)]
    for c in crowd[:29]:
        scene.uses(c, [30, *[40] * 5, 90])
    scene.uses(crowd[29], [30, *[40] * 5], last=PERIODS[-2])
    scene.refresh()
    assert len(scene.items("R04")) == 29
    scene.read(crowd[29], LAST, 1320, usage=90)
    with scene.db.writing():
        heal.heal(scene.db, [Subject("point", crowd[29].point)], DAY, NOW)
    assert len(scene.items("R04")) == 30
    scene.steady()
    tomorrow = scene.refresh(DAY + timedelta(days=1))
    assert tomorrow == heal.Healed(), "all used three times last year's, but what is held waits for a person"
    assert scene.refresh(DAY + timedelta(days=1)) == heal.Healed()


def test_the_cause_comes_back_in_the_same_period(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    fix(scene, c, 40)
    fix(scene, c, 95, seq=2)
    assert row(scene, "state, reopen_count, resolved_by, resolved_at") == ("open", 1, None, None)
    assert [k for (k,) in scene.db.rows("SELECT kind FROM work_event ORDER BY id")] == [
        "raised",
        "resolved",
        "reopened",
    ]
    scene.steady()


def test_the_next_period_is_another_item(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    scene.read(c, "B2/2026-12", 1320 + 95, usage=95)
    healed = scene.refresh()
    assert healed.closed == ()
    assert [(k.code, k.period) for k in healed.opened] == [("R04", "B2/2026-12"), ("R17", "B2/2026-12")]
    assert row(scene, "COUNT(*)") == (3,)


def test_closed_by_a_refresh_is_closed_by_itself(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [*[12] * 5, 0, 0])
    scene.refresh()
    assert row(scene, "code, state") == ("R08", "open")
    scene.policy("R08", before="13")
    scene.refresh()
    assert row(scene, "state, resolved_by") == ("resolved", "itself")


def test_heal_keeps_the_name_of_the_act(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [*[12] * 5, 0, 0])
    scene.refresh()
    scene.policy("R08", before="13")
    with scene.db.writing():
        heal.heal(scene.db, [Subject("point", c.point)], DAY, NOW, "read.review", "ana")
    assert row(scene, "resolved_by") == ("read.review",)
    assert scene.db.rows("SELECT actor FROM work_event WHERE kind = 'resolved'") == [("ana",)]


def test_a_dismissal_is_silence_for_code_and_subject_until_its_end(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    change(scene, state="dismissed", dismissed_until=(DAY + timedelta(days=90)).isoformat())
    assert [k.code for k in scene.refresh().opened] == ["R25"], "a dismissal lets go of nothing that is held"
    scene.read(c, "B2/2026-12", 1320 + 95, usage=95)
    healed = scene.refresh()  # another period of the same code and subject
    assert [k.code for k in (*healed.opened, *healed.closed)] == ["R17"]
    later = scene.refresh(DAY + timedelta(days=91))
    assert [k.period for k in later.opened] == [LAST, "B2/2026-12"]


def test_the_end_of_a_dismissal_reopens(scene: Scene) -> None:
    high(scene)
    scene.refresh()
    change(scene, state="dismissed", dismissed_until=DAY.isoformat())
    assert [k.code for k in scene.refresh().opened] == ["R25"], "nothing else tells of the bill"
    healed = scene.refresh(DAY + timedelta(days=1))
    assert ([k.code for k in healed.opened], [k.code for k in healed.closed]) == (["R04"], ["R25"])
    sql = "SELECT state, reopen_count, dismissed_until FROM work_item WHERE code = 'R04'"
    assert scene.db.rows(sql) == [("open", 1, None)]


def test_an_override_of_the_priority_stays(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    assert row(scene, "priority, priority_calc") == (90, 90)  # its bill waits for it
    change(scene, priority=20, override_reason="known leak")
    scene.read(c, LAST, 1325, seq=2, usage=95)
    scene.refresh()
    sql = "SELECT priority, units FROM work_item WHERE code = 'R04'"
    assert scene.db.rows(sql) == [(20, 65)]


def test_a_held_read_near_its_bill_date_is_lifted(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2], start=8000)
    scene.read(c, LAST, 8100, status="held", held_code="below-previous")
    days = {DAY.replace(month=10, day=21): 90, DAY.replace(month=10, day=20): 75}
    for day, priority in days.items():  # bill date October 25, a Sunday
        scene.refresh(day)
        assert row(scene, "priority_calc") == (priority,), day


def test_items_of_one_point_and_period_have_a_parent(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [*[40] * 6, 400])
    scene.refresh()
    parents = dict(scene.db.rows("SELECT code, parent_id FROM work_item"))
    top = scene.db.value("SELECT id FROM work_item WHERE parent_id IS NULL")
    assert sorted(parents) == ["R04", "R06"] and list(parents.values()).count(top) == 1


def test_heal_looks_at_what_was_touched_alone(scene: Scene) -> None:
    first, second = high(scene), high(scene)
    with scene.db.writing():
        healed = heal.heal(scene.db, [Subject("point", first.point)], DAY, NOW)
    assert [str(k) for k in healed.opened] == [f"R04:point:{first.point}@{LAST}"]
    with scene.db.writing():
        assert heal.heal(scene.db, [Subject("route", "R07")], DAY, NOW) == heal.Healed()
        healed = heal.heal(scene.db, [Subject("point", c.point) for c in (first, second)], DAY, NOW)
    assert [str(k) for k in healed.opened] == [f"R04:point:{second.point}@{LAST}"]


def test_an_item_typed_by_hand_is_left_alone(scene: Scene) -> None:
    high(scene)
    scene.refresh()
    change(scene, code="X05", grp="X", subject_type="text", subject_key="9c1", period="")
    assert len(scene.refresh().opened) == 1
    assert scene.db.value("SELECT state FROM work_item WHERE code = 'X05'") == "open"


def test_hostile_names_lose_what_a_terminal_acts_on(scene: Scene) -> None:
    c = high(scene)
    with scene.db.writing():
        scene.db.run("UPDATE party SET name = ? WHERE id = ?", ["\x1b[31m[b]Ortiz\u202e", c.party_id])
    scene.refresh()
    assert row(scene, "who") == ("[31m[b]Ortiz",)


def test_a_heal_of_one_subject_asks_few_questions(scene: Scene) -> None:
    c = high(scene)
    scene.refresh()
    asked: list[str] = []
    scene.db.on_statement = asked.append
    with scene.db.writing():
        heal.heal(scene.db, [Subject("point", c.point)], DAY, NOW)
    scene.db.on_statement = None
    about = sum(1 for d in DETECTORS if {"point", "route"} & set(d.subject_types))
    # A server is asked together what does not wait for another answer; SQLite answers without a way to go.
    assert len(asked) <= (16 if scene.db.kind == "postgres" else 18 + about)


def test_the_registry_is_whole() -> None:
    assert len(CODES) == len(DETECTORS)
    readings = [d.code for d in DETECTORS if d.group == "R"]
    assert readings == [f"R{n:02d}" for n in range(1, 29)]
    assert all(code == "X05" or code in BASE for code in CODES)
    page = as_markdown()
    assert all(f"### {d.code} {d.title}" in page for d in DETECTORS)


def test_all_rows_under_judgement_are_gone_through_as_they_lie(scene: Scene) -> None:
    high(scene)
    asked: list[str] = []
    scene.db.on_statement = asked.append
    scene.refresh()
    scene.db.on_statement = None
    over = {sql for sql in asked if "FROM read_summary r CROSS JOIN service_point p" in sql}
    assert len(over) > 10
    if scene.db.kind == "sqlite":  # by their points each would be looked up once more
        for sql in over:
            plan = [row[3] for row in scene.db.rows(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))]
            assert "SCAN r USING INDEX read_summary_point" not in plan, sql
