"""Lists on both databases: what SQL finds is what the oracle of the filter language lets through, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.services import items, office
from ubtui.desk import Desk
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import matches, parse
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import listing
from ubtui.services.listing import Query
from ubtui.services.worklist import WORKLIST

NAMES = ["José Díaz", "O'Brien", "STRASSE 5", "Straße 5", "100% W", "a_b", "a  b", "Kelvin \u212a", "ﬁsh", "", "x!y"]
PLACES = ["12 Main St", "12 main  st", "Lot 7", "ÅNGSTRÖM 1", "%", "_", "\\", "東京 1"]
CYCLES = ["B1", "B2", "b2", "É1", None]
CLASSES = ["residential", "Multi Family", "multi", None]
PEOPLE = ["ana", "ben", None]
STATES = ["open", "waiting", "resolved", "dismissed", "claimed"]


def spread(n: int) -> list[dict[str, Any]]:
    """n items that differ in every field, in steps that are prime to each other."""
    found = []
    for i in range(n):
        state = STATES[i % 5]
        found.append(
            items.made(
                i,
                **({"subject_type": "text", "subject_key": str(uuid5(NAMESPACE_OID, f"{i}"))} if i % 4 == 3 else {}),
                code=["R04", "R05", "P07", "A01", "X05"][(i // 2) % 5],
                account=account_number(120_000 + i % 40) if i % 6 else None,
                cycle=CYCLES[i % 5],
                route=["R07", "r08", None][i % 3],
                customer_class=CLASSES[i % 4],
                title=["High use against last year", "Credit waits", "Lire l'été"][i % 3],
                who=NAMES[i % len(NAMES)],
                place=PLACES[i % len(PLACES)],
                money_cents=[0, 12_550, -310, 99][i % 4],
                units=(i * 7) % 23,
                due_on=(office.DAY + timedelta(days=i % 9 - 4)).isoformat() if i % 5 else None,
                detected_on=(office.DAY - timedelta(days=i % 13)).isoformat(),
                priority=(i * 37) % 101,
                assignee=PEOPLE[i % 3],
                role=["technician", "lead"][i % 2],
                state=state,
                backlog=int(i % 7 == 3 and state == "open"),
                lease_until="2026-11-23T17:00:00.000000Z" if state == "claimed" else None,
            )
        )
    return found


def exported(item: dict[str, Any]) -> dict[str, object]:
    """The item under the keys of an export, which the oracle reads."""
    return {
        "priority": item["priority"], "code": item["code"], "group": item["grp"],
        "subject": f"{item['subject_type']}:{item['subject_key']}",
        "account": format_account(item["account"]) if item["account"] else None, "who": item["who"],
        "where": item["place"], "title": item["title"], "why": item["why"],
        "cycle": item["cycle"], "route": item["route"],
        "state": item["state"], "assignee": item["assignee"], "role": item["role"], "class": item["customer_class"],
        "due": item["due_on"], "age_days": (office.DAY - date.fromisoformat(item["detected_on"])).days,
        "money_cents": item["money_cents"], "units": item["units"],
        "backlog": "yes" if item["backlog"] else "no",
    }  # fmt: skip


ALL = spread(240)


@pytest.fixture
def at(backend: str) -> Iterator[Desk]:
    office.found(backend, 0)
    with office.desk(backend) as desk:
        items.put(desk.session, ALL)
        yield desk


def expected(text: str) -> set[tuple[str, str]]:
    asked = parse(text)
    named, stored = (
        any(clause.field == field and not clause.negated for clause in asked.clauses) for field in ("state", "backlog")
    )
    return {
        (item["code"], item["subject_key"])
        for item in ALL
        if matches(exported(item), asked)
        and (named or item["state"] in ("open", "claimed", "waiting"))
        and (stored or not item["backlog"])
    }


def found(desk: Desk, query: Query) -> list[tuple[str, str]]:
    return [
        (row[1], row[2])
        for row in desk.ask(lambda look: list(listing.stream(look, WORKLIST, query, "w.code, w.subject_key")))
    ]


WORDS = st.one_of(
    st.sampled_from(
        [*NAMES, *PLACES, "díaz", "main st", "1200", "120000-9", "-", "0-", "jose", "fi", "k", "SS", "r04", "P07", "a3"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"'), min_size=1, max_size=4),
)
FIXED = [
    "code:R04,P07", "group:R", "group:p,x", "cycle:B2", "cycle:é1", "cycle:b1,b2", "route:r07", "class:multi",
    'class:"multi family"', "state:open", "state:resolved,dismissed", "state:claimed", "assignee:ANA", "role:lead",
    ">50", "pri:37", "pri:10..60", "<=5", "age>3", "age:0", "age<=3", "age<3", "age>=3", "age:2..5", "age<=-5",
    "age>=999999999", "age<999999999", "age>-999999999", "due:2026-11-20..2026-11-25", "due>2026-11-23",
    "due<=2026-11-22", "due:2026-11-24", "money>1", "money:125.50", "money<0", "money:-3.10..0.99", "units:3",
    "units>20", "backlog:yes", "backlog:no", "backlog:yes,no",
    f"account:{format_account(account_number(120_003))}", "account:1",
]  # fmt: skip
CLAUSES = st.one_of(
    st.sampled_from(FIXED),
    WORDS.filter(lambda word: word.strip() and any(c.isalnum() or c in "%_!-\\" for c in word)).map(lambda w: f'"{w}"'),
)  # fmt: skip
TEXTS = st.lists(st.tuples(st.booleans(), CLAUSES), min_size=0, max_size=3).map(
    lambda parts: " ".join(("-" if negated else "") + clause for negated, clause in parts)
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, reverse=st.booleans(), sort=st.sampled_from([None, *WORKLIST.sorts]))
@example(text='"-"', reverse=False, sort=None)
@example(text='-"0-" "a b"', reverse=True, sort="due")
def test_the_list_holds_what_the_oracle_lets_through(at: Desk, text: str, reverse: bool, sort: str | None) -> None:
    try:
        parse(text)
    except BadValue:
        return  # a word of nothing but accents searches for nothing
    query = Query(text, sort, reverse)
    got = found(at, query)
    assert len(got) == len(set(got))
    assert set(got) == expected(text)
    ids = at.ask(listing.ids, WORKLIST, query)
    first = at.ask(listing.first, WORKLIST, query, 7)
    assert list(first.ids) == list(ids[:7])
    assert at.ask(listing.count, WORKLIST, query) == len(ids) == len(got)
    assert list(at.ask(listing.ids, WORKLIST, query.reversed())) == list(reversed(ids))


def test_each_clause_alone_and_negated_is_the_oracles(at: Desk) -> None:
    for clause in FIXED:
        for text in (clause, f"-{clause}"):
            assert set(found(at, Query(text))) == expected(text), text


def test_the_list_comes_by_priority_code_and_subject_and_shows_what_is_live(at: Desk) -> None:
    live = [item for item in ALL if item["state"] in ("open", "claimed", "waiting") and not item["backlog"]]
    live.sort(key=lambda item: (-item["priority"], item["code"], item["subject_type"], item["subject_key"]))
    assert found(at, Query()) == [(item["code"], item["subject_key"]) for item in live]
    assert at.ask(listing.total, WORKLIST) == len(live)


def test_sorting_puts_rows_without_a_value_last_and_turns_round(at: Desk) -> None:
    query = Query(sort="due")
    dues = at.ask(lambda look: [row[1] for row in listing.stream(look, WORKLIST, query, "w.due_on")])
    known = [due for due in dues if due]
    assert known == sorted(known)
    assert dues == known + [None] * (len(dues) - len(known))
    turned = at.ask(lambda look: [row[1] for row in listing.stream(look, WORKLIST, query.reversed(), "w.due_on")])
    assert turned == dues[::-1]


def test_a_row_shows_its_cells_and_its_version(at: Desk) -> None:
    wanted = ALL[1]
    id = at.session.value("SELECT id FROM work_item WHERE subject_key = ?", [wanted["subject_key"]])
    row = at.ask(listing.rows, WORKLIST, [id, 10**9])[id]
    cells = dict(zip([column.key for column in WORKLIST.columns], row.cells, strict=True))
    assert cells["pri"] == str(wanted["priority"])
    assert cells["account"] == format_account(wanted["account"])
    assert (cells["state"], cells["money"], cells["age"]) == ("w", "125.50", "1d")
    assert cells["who"] == "O'Brien · 12 main  st"
    assert row.version == 1


@pytest.mark.parametrize(
    ("query", "says"),
    [(Query("colour:red"), "no such field"), (Query(sort="colour"), "cannot be sorted by"), (Query("due:x"), "Filter")],
)
def test_what_cannot_be_asked_is_said(at: Desk, query: Query, says: str) -> None:
    with pytest.raises(BadValue, match=says):
        at.ask(listing.first, WORKLIST, query, 5)


def test_a_key_that_nobody_knows_is_not_searched(at: Desk) -> None:
    for item in ALL:
        if item["subject_type"] == "text":
            assert not found(at, Query(f'"{item["subject_key"][:13]}" state:{item["state"]}'))


def test_a_word_of_why_finds_the_item(at: Desk) -> None:
    at.session.run("UPDATE work_item SET why = 'SR-000110, new: 45,558 below the read of Sep 17' WHERE id = 1")
    code, subject = at.session.rows("SELECT code, subject_key FROM work_item WHERE id = 1")[0]
    for word in ("sr-000110", '"below the read"', "45,558"):
        got = found(at, Query(f"{word} state:open,claimed,waiting,resolved,dismissed backlog:yes,no"))
        assert got == [(code, subject)], word


def test_user_text_is_never_a_pattern(at: Desk) -> None:
    for word in ("%", "_", "!", "\\"):
        got = found(at, Query(f'"{word}"'))
        assert set(got) == expected(f'"{word}"')
        assert len(got) < 60
