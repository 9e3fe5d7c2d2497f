"""Held reads: the list says what they are held by, and one decision for many of them stands or falls row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.detectors.scene import PERIODS, Customer, Scene, read_day
from tests.services.office import DAY
from ubtui.act import Done, Refused
from ubtui.cli import run_command
from ubtui.db.session import Session
from ubtui.domain.errors import BadValue
from ubtui.services import listing
from ubtui.services.listing import Query
from ubtui.services.reads import deciding, held
from ubtui.services.reads.deciding import Decide, Decided, decide
from ubtui.services.reads.held import HELD

LAST = PERIODS[-1]


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


def history(scene: Scene, value: int, start: int = 1000, **columns: Any) -> Customer:
    """Five billed periods of 30, then a held read."""
    c = scene.customer()
    scene.uses(c, [30] * 6, start=start, last=PERIODS[-2])
    scene.read(c, LAST, value, status="held", **columns)
    return c


def below(scene: Scene, value: int = 1100) -> Customer:
    return history(scene, value, held_code="below-previous")


def extreme(scene: Scene) -> Customer:
    return history(scene, 1980, usage=800, held_code="over-limit")


def zero(scene: Scene) -> Customer:
    return history(scene, 20, start=999_810, held_code="below-previous")


def cells(scene: Scene, filter: str = "") -> list[dict[str, str]]:
    """The list in its order: cells by column."""
    with scene.desk() as desk:
        page = desk.ask(listing.first, HELD, Query(filter), 50)
        found = [page.rows[id].cells for id in page.ids]
    return [{c.key: cell for c, cell in zip(HELD.columns, row, strict=True)} for row in found]


def rows(scene: Scene, filter: str = "") -> dict[str, dict[str, str]]:
    """The same by point."""
    return {row["point"]: row for row in cells(scene, filter)}


def decided(scene: Scene, decision: Any, filter: str = "ALL", **more: Any) -> dict[str, tuple[bool, str]]:
    """What became of each point's read, after which a full look adds and closes nothing."""
    got: Done[Decided] = scene.act(decide, Decide(decision=decision, filter=filter, reason="looked at", **more))
    scene.steady()
    assert (got.result.done, got.result.left) == (
        sum(each.done for each in got.result.rows), sum(not each.done for each in got.result.rows),
    )  # fmt: skip
    return {each.point: (each.done, each.told) for each in got.result.rows}


def stands(scene: Scene, c: Customer) -> list[tuple[Any, ...]]:
    """Value, use, status and what holds them, of the reads of the last period."""
    return scene.db.rows(
        "SELECT value, usage, status, held_code FROM read WHERE register_id = ? AND period = ? ORDER BY seq",
        [c.register_id, LAST],
    )


def test_the_list_says_what_each_read_is_held_by_and_what_was_expected(scene: Scene) -> None:
    low, high = below(scene), extreme(scene)
    scene.refresh()
    found = rows(scene)
    assert list(found) == [low.point, high.point]
    assert (found[low.point]["for"], found[high.point]["for"]) == ("R09", "R06")
    assert (found[low.point]["use"], found[high.point]["use"]) == ("-80", "800")
    assert found[high.point]["expected"] in ("30", "31") and found[high.point]["account"] == high.account
    assert found[high.point]["why"] == "Extreme use" and found[high.point]["bill"]
    assert list(rows(scene, "code:R06")) == [high.point]
    assert list(rows(scene, "units>100 class:residential route:R07")) == [high.point]
    assert list(rows(scene, f"account:{low.account}")) == [low.point]
    with scene.desk() as desk:
        assert desk.ask(held.tally) == (2, 2 if read_day(LAST) < DAY - timedelta(days=31) else 0)
        [id] = desk.ask(listing.ids, HELD, Query("code:R06"))
        assert desk.ask(held.item_of, id) == scene.db.value("SELECT id FROM work_item WHERE code = 'R06'")
        told = dict(desk.ask(held.explained, id))
    assert told["use"].startswith("800 ccf") and told["before"].startswith("1,180 on") and "R06" in told


def test_the_list_asks_as_much_for_many_rows_as_for_two(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("rows", "one", "value"):
        whole = getattr(Session, name)

        def counted(self: Session, sql: str, *more: Any, whole: Any = whole) -> Any:
            asked.append(sql)
            return whole(self, sql, *more)

        monkeypatch.setattr(Session, name, counted)

    def cost() -> int:
        with scene.desk() as desk:
            ids = desk.ask(listing.ids, HELD, Query())
            asked.clear()
            assert len(desk.ask(listing.rows, HELD, ids)) == len(desk.ask(held.named, ids)) == len(ids)
        return len(asked)

    below(scene), extreme(scene)
    scene.refresh()
    few = cost()
    for _ in range(3):
        below(scene), extreme(scene), zero(scene)
    scene.refresh()
    assert cost() == few and len(rows(scene)) == 11


@given(st.integers(1, 9_000_000), st.dates(date(1900, 1, 1)), st.integers(1, 9999))
def test_a_rows_id_goes_back_to_its_read(register: int, on: date, seq: int) -> None:
    id = register * 1_000_000_000_000 + int(f"{on:%Y%m%d}") * 10_000 + seq
    assert held.at(id) == (register, on.isoformat(), seq) and id < 2**63


def test_the_use_of_a_counter_past_zero_is_told_from_there(scene: Scene) -> None:
    low, past = below(scene), zero(scene)
    scene.refresh()
    shown = rows(scene)
    assert (shown[past.point]["use"], shown[past.point]["why"]) == ("30", "Counter past zero?")
    assert shown[low.point]["use"] == "-80"
    assert list(rows(scene, "units:30")) == [past.point] and list(rows(scene, "units<0")) == [low.point]
    with scene.desk() as desk:
        told = [dict(desk.ask(held.explained, id))["use"] for id in desk.ask(listing.ids, HELD, Query(sort="use"))]
    assert told == ["-80 ccf in 61 days", "30 ccf in 61 days, if past zero"]


def test_the_shell_says_in_words_what_holds_a_read(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    low = below(scene)
    scene.refresh()
    assert run_command(["meter", "history", low.point, "--data", scene.data, "--as", "ana"]) == 0
    said = capsys.readouterr().out
    assert "held, below the read before" in said and "below-previous" not in said


def test_a_release_goes_for_each_that_it_fits_and_changes_nothing_of_the_others(scene: Scene) -> None:
    low, high, past = below(scene), extreme(scene), zero(scene)
    scene.refresh()
    got = decided(scene, "release", extremes=True)
    assert got[high.point] == (True, "released, use 800")
    assert got[past.point] == (True, "released, use 30, past zero")
    assert got[low.point] == (False, "stands below the read before it: decide it by itself")
    assert stands(scene, low) == [(1100, None, "held", "below-previous")]
    assert stands(scene, high)[0][1:3] == (800, "released") and stands(scene, past)[0][1:3] == (30, "released")
    assert scene.db.value("SELECT COUNT(*) FROM read_review WHERE register_id = ?", [low.register_id]) == 0
    assert list(rows(scene)) == [low.point]


def test_a_release_of_many_leaves_extremes_held_until_they_are_meant_or_named(scene: Scene) -> None:
    low, plain, first, then = below(scene), zero(scene), extreme(scene), extreme(scene)
    scene.refresh()
    form = Decide(decision="release", otherwise="estimate", filter="ALL", reason="looked at")
    got = scene.act(decide, form).result
    by = {each.point: each for each in got.rows}
    assert (got.by, got.left, got.spared) == ({"release": 1, "estimate": 1}, 2, 2)
    assert by[low.point].by == "estimate" and by[plain.point].by == "release" and by[plain.point].extreme == ""
    for c in (first, then):
        assert not by[c.point].done and by[c.point].extreme.startswith("read 1,980, use 800, expected 30, ")
        assert by[c.point].told == f"extreme use, {by[c.point].extreme}"
        assert stands(scene, c) == [(1980, 800, "held", "over-limit")]
    by_itself = Decide(decision="release", reads=[by[first.point].read], reason="a burst main, seen")
    done = scene.act(decide, by_itself)
    assert done.result.rows[0].extreme == by[first.point].extreme and stands(scene, first)[0][2] == "released"
    both = structs.replace(by_itself, reads=[each.read for each in (by[first.point], by[then.point])])
    assert "extreme use" in scene.refused(decide, both).reason and stands(scene, then)[0][2] == "held"
    assert scene.act(decide, structs.replace(both, extremes=True)).result.done == 1
    scene.steady()
    assert stands(scene, then)[0][2] == "released" and rows(scene) == {}


def test_a_read_on_a_held_one_goes_with_it_and_not_before_it(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 5, last=PERIODS[-3])
    scene.read(c, PERIODS[-2], 1950, usage=800, status="held", held_code="over-limit")
    scene.read(c, LAST, 1980, usage=30)
    scene.refresh()
    found = {each["on"]: each["for"] for each in cells(scene)}
    assert list(found.values()) == ["R06", "R17"]
    late = scene.refused(decide, Decide(decision="release", filter="code:R17", reason="looked at"))
    assert "before it is held" in late.reason
    form = Decide(decision="release", otherwise="estimate", filter="ALL", reason="looked at")
    no = scene.refused(decide, form)
    assert "extreme use, read 1,950, use 800" in no.reason and "follows the extreme read of" in no.reason
    assert "--extremes" in no.cure and len(cells(scene)) == 2, "what stands on it is not estimated in its stead"
    got: Done[Decided] = scene.act(decide, structs.replace(form, extremes=True))
    assert [(each.done, each.told) for each in got.result.rows] == [
        (True, "released, use 800"), (True, f"follows the read of {read_day(PERIODS[-2])}"),
    ]  # fmt: skip
    scene.steady()
    assert cells(scene) == [] and stands(scene, c) == [(1980, 30, "released", None)]


def test_an_estimate_takes_the_place_of_a_held_read(scene: Scene) -> None:
    low = below(scene)
    scene.refresh()
    done, told = decided(scene, "estimate")[low.point]
    assert done and told.startswith("estimated, use ")
    assert {row[2] for row in stands(scene, low)} == {"void", "released"} and rows(scene) == {}


def test_what_cannot_be_released_is_estimated_for_the_same_reason(scene: Scene) -> None:
    low, high = below(scene), extreme(scene)
    new = scene.customer()
    scene.read(new, LAST, 50, status="held", held_code="below-previous")
    scene.refresh()
    form = Decide(decision="release", otherwise="estimate", filter="ALL", reason="looked at", extremes=True)
    with scene.desk() as desk:
        shown = desk.perform(decide, form, dry_run=True)
    assert isinstance(shown, Done) and shown.result.by == {"release": 1, "estimate": 1} and shown.result.left == 1
    assert stands(scene, low) == [(1100, None, "held", "below-previous")], "a dry run keeps nothing"
    got = scene.act(decide, form).result
    assert got == shown.result
    by = {each.point: each for each in got.rows}
    assert (by[high.point].by, by[high.point].told) == ("release", "released, use 800")
    assert by[low.point].by == "estimate" and by[low.point].told.startswith("estimated, use ")
    first, then = by[new.point].told.split("; ")
    assert not by[new.point].done and first.startswith("stands below the read") and "estimated" in then
    scene.steady()
    assert {row[2] for row in stands(scene, low)} == {"void", "released"} and list(rows(scene)) == [new.point]
    assert scene.db.rows("SELECT DISTINCT reason FROM read_review") == [("looked at",)]


def test_what_cannot_be_estimated_is_read_again_by_the_day_said(scene: Scene) -> None:
    high, new, day = extreme(scene), scene.customer(), DAY + timedelta(days=4)
    scene.read(new, LAST, 50, status="held", held_code="over-limit", usage=50)
    scene.refresh()
    got = decided(scene, "estimate", otherwise="reread", until=day)
    assert got[high.point][1].startswith("estimated, use ") and got[new.point][1].endswith(f"to read again by {day}")
    assert stands(scene, new) == [(50, 50, "held", "over-limit")]


def test_a_read_that_cannot_be_estimated_stays_held(scene: Scene) -> None:
    high = extreme(scene)
    new = scene.customer()
    scene.read(new, LAST, 50, status="held", held_code="over-limit", usage=50)
    scene.refresh()
    got = decided(scene, "estimate")
    assert got[high.point][0] and not got[new.point][0] and "estimated" in got[new.point][1]
    assert stands(scene, new) == [(50, 50, "held", "over-limit")], "the void of its first half is taken back"


def test_reread_orders_and_deferrals_leave_the_reads_held(scene: Scene) -> None:
    low, high = below(scene), extreme(scene)
    scene.refresh()
    got = decided(scene, "reread", "code:R09", until=DAY + timedelta(days=4))
    order = scene.db.rows("SELECT number, kind, due_on, item, instructions FROM field_order")[0]
    assert got == {low.point: (True, f"{order[0]} to read again by {DAY + timedelta(days=4)}")}
    assert order[1:] == ("reread", str(DAY + timedelta(days=4)), f"R09:point:{low.point}@{LAST}", "looked at")
    again = scene.act(decide, Decide(decision="reread", filter="ALL", reason="both")).result
    assert [(each.point, each.done) for each in again.rows] == [(low.point, False), (high.point, True)]
    assert "is open for the same" in again.rows[0].told
    until = DAY + timedelta(days=7)
    assert decided(scene, "defer", until=until)[high.point] == (True, f"waits until {until}")
    waits = scene.db.rows("SELECT DISTINCT state, wait_for, wake_on FROM work_item WHERE code IN ('R06', 'R09')")
    assert waits == [("waiting", "looked at", str(until))]
    assert [row[2] for c in (low, high) for row in stands(scene, c)] == ["held", "held"]


def test_ones_own_account_and_another_persons_item_are_left_alone(scene: Scene) -> None:
    mine, theirs, free = extreme(scene), extreme(scene), extreme(scene)
    scene.refresh()
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'own')",
            [mine.account.replace("-", "")],
        )
        scene.db.run(
            "UPDATE work_item SET state = 'claimed', assignee = 'ben', lease_until = '2999-01-01T00:00:00.000000Z'"
            " WHERE subject_key = ? AND code = 'R06'", [theirs.point],
        )  # fmt: skip
    got = scene.act(decide, Decide(decision="release", filter="ALL", reason="looked at", extremes=True)).result
    by = {each.point: each for each in got.rows}
    assert by[free.point].done and not by[mine.point].done and not by[theirs.point].done
    assert "your own account" in by[mine.point].told and "ben has" in by[theirs.point].told
    assert [row[2] for c in (mine, theirs) for row in stands(scene, c)] == ["held", "held"]


def test_what_can_never_be_right_is_refused_whole(scene: Scene) -> None:
    low = below(scene)
    scene.refresh()
    name = f"{low.point}/{read_day(LAST)}/1/1/badger/90001"
    for form, said in (
        (Decide(decision="release", reason="why"), "say which reads"),
        (Decide(decision="release", reason="why", filter="ALL", reads=[name]), "say which reads"),
        (Decide(decision="release", reason="why", filter="code:R04"), "no read is held that the filter lets through"),
        (Decide(decision="defer", reason="why", filter="ALL"), "comes back on a day"),
        (Decide(decision="defer", reason="why", filter="ALL", until=date(2020, 1, 1)), "comes back on a day"),
        (Decide(decision="release", reason="why", filter="ALL", until=DAY), "goes with a deferral"),
        (Decide(decision="estimate", otherwise="estimate", reason="why", filter="ALL"), "is no way out of estimate"),
        (Decide(decision="defer", otherwise="reread", reason="why", filter="ALL", until=DAY), "no way out of defer"),
        (Decide(decision="release", reason="why", reads=["\x1b[31m"]), "names no read"),
        (Decide(decision="release", reason="why", reads=[name.replace("/1/1/", f"/{10**30}/1/")]), "names no read"),
        (Decide(decision="release", reason="why", reads=[name.replace("90001", "7")]), "has no such read"),
        (Decide(decision="release", reason="why", reads=[name]), "stands below the read before it"),
    ):
        assert said in scene.refused(decide, form).reason
    with scene.desk() as desk, pytest.raises(BadValue):
        desk.perform(decide, Decide(decision="release", reason="why", filter="cide:R04"))
    assert stands(scene, low) == [(1100, None, "held", "below-previous")]


def test_one_key_decides_once(scene: Scene) -> None:
    extreme(scene)
    scene.refresh()
    form = Decide(decision="release", filter="ALL", reason="looked at", extremes=True)
    with scene.desk() as desk:
        first, again = desk.perform(decide, form, "key-of-this"), desk.perform(decide, form, "key-of-this")
    assert isinstance(first, Done) and isinstance(again, Done)
    assert again.replayed and again.result == first.result and not isinstance(again, Refused)


def test_more_than_one_act_decides_is_narrowed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    below(scene), extreme(scene)
    scene.refresh()
    monkeypatch.setattr(deciding, "MOST", 1)
    no = scene.refused(decide, Decide(decision="release", reason="looked at", filter="ALL"))
    assert (no.reason, no.cure) == ("2 reads are held so", "narrow the filter to 1 at most")


def test_from_the_shell(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    low, high = below(scene), extreme(scene)
    with scene.db.writing():
        scene.db.run("UPDATE premise SET address = ?", ["\x1b[2J9 Alder"])
    scene.refresh()
    at = ["--data", scene.data, "--as", "ana"]
    assert run_command(["reads", "held", "code:R06", *at]) == 0
    out = capsys.readouterr().out
    assert high.point in out and low.point not in out and "\x1b" not in out
    for reason in ("ok", "\x1b ok \x07", "x" * 201):
        assert run_command(["reads", "decide", "release", "ALL", "--reason", reason, *at]) == 2
        assert "say why in a few words, 3 to 200 characters" in capsys.readouterr().err
    assert run_command(["reads", "decide", "release", "code:R04", "--reason", "looked at", *at]) == 1
    said = capsys.readouterr().err
    assert "no read is held that the filter lets through" in said and "look at `ubtui reads held`" in said
    figures = "read 1,980, use 800, expected 30, "
    assert run_command(["reads", "decide", "release", "ALL", "--reason", "looked at", *at]) == 1
    said = capsys.readouterr().err
    assert f"{high.point} extreme use, {figures}" in said and "(--extremes)" in said and len(rows(scene)) == 2
    release = ["reads", "decide", "release", "ALL", "--extremes", "--reason", "looked at", *at]
    assert run_command([*release, "--dry-run"]) == 1
    assert len(rows(scene)) == 2 and f"released, use 800; extreme: {figures}" in capsys.readouterr().out
    assert run_command(release) == 1
    told = capsys.readouterr()
    assert told.out.startswith(f"{high.point}  released, use 800; extreme: {figures}") and told.out.count("\n") == 1
    assert f"{low.point}: stands below the read before it" in told.err and "release: 1 of 2 held reads" in told.err
    assert run_command(["reads", "decide", "defer", "code:R09", "--until", "2030-01-02", "--reason", "owner", *at]) == 0
