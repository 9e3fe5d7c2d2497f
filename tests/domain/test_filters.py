"""The filter language: every form it has, every field, and words for what it cannot read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ubtui.domain.errors import BadValue
from ubtui.domain.filters import FIELDS, SAYS, Clause, Filter, Open, matches, open_at, parse

ROW: dict[str, object] = {
    "priority": 74,
    "code": "R04",
    "group": "R",
    "account": "1204403",
    "who": "José Díaz",
    "where": "12 Main St",
    "title": "High use against last year",
    "subject": "point:SP-00073",
    "cycle": "B2",
    "route": "R07",
    "state": "open",
    "assignee": None,
    "role": "technician",
    "class": "single",
    "due": "2026-11-23",
    "age_days": 3,
    "money_cents": 12_550,
    "units": 41,
    "backlog": "no",
}


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", ()),
        ("code:r04,R05", (Clause("code", "in", ("R04", "R05")),)),
        ("-cycle:B2", (Clause("cycle", "in", ("b2",), True),)),
        (">90", (Clause("pri", ">", (90,)),)),
        ("<=40", (Clause("pri", "<=", (40,)),)),
        ("pri:90", (Clause("pri", "in", (90,)),)),
        ("age>=5", (Clause("age", ">=", (5,)),)),
        ("money:>1,000.50", (Clause("money", ">", (100_050,)),)),
        ("money:10..20.5", (Clause("money", "range", (1000, 2050)),)),
        ("money:-5..", (Clause("money", ">=", (-500,)),)),
        ("units:..8", (Clause("units", "<=", (8,)),)),
        ("due:2026-11-01..2026-11-30", (Clause("due", "range", (date(2026, 11, 1), date(2026, 11, 30))),)),
        ("account:120440-3", (Clause("account", "in", ("1204403",)),)),
        ('"Main  St"', (Clause("text", "search", ("main st",)),)),
        ("-díaz", (Clause("text", "search", ("diaz",), True),)),
        ('-"a b"', (Clause("text", "search", ("a b",), True),)),
        ('class:"Multi Family"', (Clause("class", "in", ("multi family",)),)),
        ("STATE:Waiting", (Clause("state", "in", ("waiting",)),)),
        ("12:30", (Clause("text", "search", ("12:30",)),)),
        (
            "code:R04 cycle:B2 >90",
            (Clause("code", "in", ("R04",)), Clause("cycle", "in", ("b2",)), Clause("pri", ">", (90,))),
        ),
    ],
)
def test_what_a_filter_means(text: str, clauses: tuple[Clause, ...]) -> None:
    assert parse(text) == Filter(clauses)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour:red", "'colour:red' has no such field: use a field of code, group"),
        ("foo>3", "no such field"),
        ("R04:point:1", "no such field"),
        ("code:", "'code:' lacks a value"),
        ("code:R04,", "lacks a value"),
        ("code:R4", "a letter and two digits"),
        ("group:RB", "one letter"),
        ("state:lost", "open, claimed, waiting"),
        ("cycle>B2", "has no order"),
        ("code:R01..R09", "has no order: list the values"),
        ("pri:high", "a whole number"),
        (">", "lacks a value"),
        ("age>1.5", "a whole number"),
        ("money>1e3", "is not money"),
        ("due:11/23/2026", "type year-month-day"),
        ("due:..", "without ends"),
        ("pri:9..1", "backwards"),
        ('who"', "not closed"),
        ('""', "searches for nothing"),
        ("x" * 501, "too long"),
        ("pri:" + "9" * 400, "a whole number"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, says: str) -> None:
    with pytest.raises(BadValue, match=r"^Filter ") as caught:
        parse(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code:R04",
        "code:R05,R04",
        "r04",
        "R04 -R05",
        "-code:R05",
        ">73",
        "<75",
        "pri:74..74",
        "cycle:b2",
        "account:120440-3",
        "due:2026-11-23",
        "due<2026-11-24",
        "money>125",
        "money:125.50",
        "money<=125.50",
        "units>=41",
        "age:1..3",
        "diaz",
        '"main st"',
        "120440-3",
        "1204403",
        "SP-00073",
        "sp-00073",
        "73",
        "-assignee:ana",
        "group:R state:open role:Technician -smith",
    ],
)
def test_rows_that_pass(text: str) -> None:
    assert matches(ROW, parse(text))
    assert matches(ROW | {"due": date(2026, 11, 23), "account": "120440-3"}, parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "code:R05",
        "R05",
        "-r04",
        "-code:R04",
        ">74",
        "<74",
        "pri:75..80",
        "cycle:B1",
        "due>2026-11-23",
        "money>125.50",
        "units<41",
        "assignee:ana",
        "smith",
        "-diaz",
        "technician",
        "point",
        "SP-00074",
        "code:R04 smith",
        "age:..2",
    ],
)
def test_rows_that_do_not(text: str) -> None:
    assert not matches(ROW, parse(text))


def test_a_key_that_nobody_knows_is_not_searched() -> None:
    row = ROW | {"subject": "text:a3b1c2d4-73e5-5f60-8a9b-0c1d2e3f4a5b", "title": "Call back", "where": "Main St"}
    assert not any(matches(row, parse(word)) for word in ("a3", "73", "5b", "text"))
    assert matches(row, parse("-73 call"))


ORDERED = {"pri": "priority", "age": "age_days", "units": "units"}


@given(st.sampled_from(sorted(ORDERED)), st.integers(-99, 99), st.integers(-99, 99), st.integers(0, 60))
def test_comparisons_agree_with_arithmetic(name: str, found: int, low: int, more: int) -> None:
    row = {ORDERED[name]: found}
    assert matches(row, parse(f"{name}>{low}")) == (found > low)
    assert matches(row, parse(f"{name}>={low}")) == (found >= low)
    assert matches(row, parse(f"{name}<{low}")) == (found < low)
    assert matches(row, parse(f"{name}<={low}")) == (found <= low)
    assert matches(row, parse(f"{name}:{low}..{low + more}")) == (low <= found <= low + more)
    assert matches(row, parse(f"{name}:{low},{low + more}")) == (found in (low, low + more))
    assert matches(row, parse(f"-{name}>{low}")) != matches(row, parse(f"{name}>{low}"))


@given(
    st.text(max_size=40) | st.from_regex(r"-?(code|pri|money|due|state)?[:<>=.,]{1,3}[a-z0-9.\"-]{0,8}", fullmatch=True)
)
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        filter = parse(text)
    except BadValue:
        return
    assert all(clause.field in (*FIELDS, "text") and clause.values for clause in filter.clauses)
    assert isinstance(matches(ROW, filter), bool)
    assert matches({}, filter) == all(clause.negated for clause in filter.clauses)


@pytest.mark.parametrize(
    ("text", "cursor", "found"),
    [
        ("", 0, Open(0, 0, False, "", "", "")),
        ("co", 2, Open(0, 2, False, "", "", "co")),
        ("code:R0", 7, Open(0, 7, False, "code", "", "R0")),
        (">90 -Cycle:B1,b", 15, Open(4, 15, True, "cycle", "B1,", "b")),
        ('class:"multi fa', 15, Open(0, 15, False, "class", "", "multi fa")),
        ("code:R04 ", 9, Open(9, 9, False, "", "", "")),
        ("code:R04 >9", 6, Open(0, 6, False, "code", "", "R")),
        ("colour:r", 8, Open(0, 8, False, "", "", "colour:r")),
        ("ab", 99, Open(0, 2, False, "", "", "ab")),
    ],
)
def test_what_is_being_typed(text: str, cursor: int, found: Open) -> None:
    assert open_at(text, cursor) == found


@given(st.text(max_size=30), st.integers(-2, 40))
def test_what_is_being_typed_is_part_of_the_text(text: str, cursor: int) -> None:
    found = open_at(text, cursor)
    assert 0 <= found.start <= found.end <= len(text)
    assert found.field in ("", *FIELDS)
    assert found.typed in text[found.start : found.end].replace('"', "")


def test_every_field_says_what_it_is() -> None:
    assert tuple(SAYS) == FIELDS and all(SAYS.values())
