"""The supervisor's board and the filter's completions on both databases, against counts made by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.services import items, office
from tests.services.test_listing import ALL
from ubtui.desk import Desk
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import FIELDS, parse
from ubtui.services import listing, worklist
from ubtui.services.listing import Query
from ubtui.services.worklist.board import AGES, DAYS, NOBODY, board
from ubtui.services.worklist.complete import MOST, complete

LIVE = [item for item in ALL if item["state"] in ("open", "claimed", "waiting") and not item["backlog"]]


@pytest.fixture
def at(backend: str) -> Iterator[Desk]:
    office.found(backend, 0)
    with office.desk(backend) as desk:
        items.put(desk.session, ALL)
        yield desk


def age(item: dict[str, object]) -> int:
    return (office.DAY - date.fromisoformat(str(item["detected_on"]))).days


def test_every_live_item_stands_once_by_kind_age_and_person(at: Desk) -> None:
    found = at.ask(board)
    assert found.live == len(LIVE) == sum(row.live for row in found.kinds) == sum(sum(p.ages) for p in found.people)
    assert found.backlog == sum(item["backlog"] for item in ALL)
    for row in found.kinds:
        mine = [item for item in LIVE if item["code"] == row.code]
        assert row.live == len(mine) == sum(row.ages)
        assert row.people == Counter(item["assignee"] or NOBODY for item in mine)
        assert row.oldest == max(map(age, mine), default=0)
        assert row.late == sum(bool(item["due_on"]) and item["due_on"] < office.DAY.isoformat() for item in mine)
        low = -1
        for count, (_, most) in zip(row.ages, AGES, strict=True):
            assert count == sum(low < age(item) <= most for item in mine)
            low = most
    for person in found.people:
        his = Counter(item["state"] for item in LIVE if (item["assignee"] or NOBODY) == person.name)
        assert (person.claimed, person.assigned, person.waiting) == (his["claimed"], his["open"], his["waiting"])


def test_each_day_has_its_work(at: Desk) -> None:
    ids = [row[0] for row in at.session.rows("SELECT id FROM work_item ORDER BY id LIMIT 6")]
    events = [
        (ids[0], "2026-11-23", "ana", "resolved", "paid"), (ids[1], "2026-11-23", "ana", "dismissed", ""),
        (ids[2], "2026-11-20", "ana", "resolved", ""),
        (ids[3], "2026-11-20", "service", "resolved", "cause gone (itself)"),
        (ids[4], "2026-11-10", "service", "raised", ""), (ids[5], "2026-11-09", "ana", "resolved", "too long ago"),
    ]  # fmt: skip
    with at.session.writing():
        for id, day, actor, kind, note in events:
            at.session.run(
                "INSERT INTO work_event(item_id, at, actor, kind, note) VALUES (?, ?, ?, ?, ?)",
                [id, f"{day}T18:00:00.000000Z", actor, kind, note],
            )
    found = at.ask(board)
    assert len(found.days) == DAYS and found.days[-1].day == office.DAY
    by_day = {row.day.isoformat(): row for row in found.days}
    assert (by_day["2026-11-23"].closed, by_day["2026-11-23"].dismissed) == (1, 1)
    assert (by_day["2026-11-20"].closed, by_day["2026-11-20"].by_itself) == (1, 1)
    assert by_day["2026-11-10"].raised == 1
    ana = next(row for row in found.people if row.name == "ana")
    assert (ana.today, ana.closed, ana.dismissed) == (2, 2, 1)


# -- completion ------------------------------------------------------------------------------------------------


def offered(at: Desk, text: str) -> list[str]:
    return [each.text for each in at.ask(complete, text, len(text)).candidates]


def test_what_a_filter_may_go_on_with(at: Desk) -> None:
    assert offered(at, "") == [f"{name}:" for name in FIELDS[:MOST]]
    assert offered(at, "cy") == ["cycle:"]
    assert offered(at, "code:r04") == ["code:R04"]
    assert offered(at, "R0")[0] == "role:" or offered(at, "R0")[0].startswith("code:R0")
    assert offered(at, "code:high")[:2] == ["code:R04", "code:R05"] or "code:R04" in offered(at, "code:high")
    assert offered(at, ">90 -state:w") == ["-state:waiting"]
    assert offered(at, "state:open,c") == ["state:open,claimed"]
    assert set(offered(at, "class:")) == {"class:residential", 'class:"Multi Family"', "class:multi"}
    assert offered(at, "assignee:m") == ["assignee:me"]
    assert offered(at, "backlog:y") == ["backlog:yes", "backlog:yes,no"]
    assert offered(at, "role:l") == ["role:lead"]
    assert all(each.startswith("account:120") for each in offered(at, "account:120"))


def test_taking_one_leaves_a_filter_that_reads(at: Desk) -> None:
    for text in ("cod", "code:R", "state:", "class:mul", "assignee:", "pri:", "age:", "due:", "group:", ">90 route:"):
        found = at.ask(complete, text, len(text))
        assert found.candidates, text
        for each in found.candidates:
            put, cursor = found.applied(text, each)
            assert cursor == len(put)
            if not put.endswith(":"):
                parse(put)
                at.ask(listing.count, worklist.WORKLIST, Query(put))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("cod:eR04,\" -<>stamué'%_1", max_size=14), st.integers(0, 14))
def test_any_text_has_its_completions(at: Desk, text: str, cursor: int) -> None:
    found = at.ask(complete, text, cursor)
    assert 0 <= found.start <= found.end <= len(text) and len(found.candidates) <= MOST
    for each in found.candidates:
        put, place = found.applied(text, each)
        assert put[: found.start] == text[: found.start] and 0 <= place <= len(put)


# -- without names ---------------------------------------------------------------------------------------------


def test_who_sees_no_names_finds_none_in_list_item_or_export(at: Desk, backend: str) -> None:
    from ubtui.services.worklist.export import records

    office.hire(at.session, "adm", "admin")
    with office.desk(backend, "adm") as admin:
        listed = admin.ask(
            lambda look: listing.rows(
                look, worklist.worklist_for(look.actor.role, look.district.kind), list(range(1, 240))
            )
        )
        told = "\n".join(" ".join(row.cells) for row in listed.values())
        exported = admin.ask(lambda look: [str(cells) for cells in records(look, Query("backlog:yes,no"))])
        view = admin.ask(lambda look: [worklist.item(look, id) for id in range(1, 40)])
        everything = told + "\n".join(exported) + repr(view)
        for item in ALL:
            for secret in (item["who"], item["place"]):
                if len(secret) > 3:
                    assert secret not in everything, secret
        assert "41, last year 12" not in everything and "R04" in told
        with pytest.raises(BadValue, match="sorted by"):
            admin.ask(listing.first, worklist.worklist_for("admin", "sample"), Query(sort="who"), 5)
        for word in ("Brien", "Main"):
            assert admin.ask(listing.count, worklist.worklist_for("admin", "sample"), Query(word)) == 0
