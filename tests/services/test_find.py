"""What is found is what a plain search through all rows finds, in the same order, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.db.places import connected
from tests.services import office
from ubtui.act import Actor, Look
from ubtui.db.migrate import migrate
from ubtui.db.session import Session
from ubtui.domain.numbers import account_number, format_account
from ubtui.domain.spoken import spoken
from ubtui.domain.text import fold
from ubtui.services import verify
from ubtui.services.find import Found, Group, find
from ubtui.settings import District

NOW = "2026-11-23T16:00:00.000000Z"
WORD = st.text("abñc", min_size=1, max_size=4)
NAME = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
ADDRESS = st.tuples(st.sampled_from(["1", "12", "123"]), NAME).map(" ".join)
PERSON = st.tuples(NAME, ADDRESS, st.booleans(), st.booleans(), st.integers(0, 12))
"""Name, address, whether its batch is released, whether it holds its account still, another account it is agent of."""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def db(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres_server: Any
) -> Iterator[Session]:
    name = postgres_server.create() if request.param == "postgres" else ""
    with connected(postgres_server.url(name) if name else str(tmp_path_factory.mktemp("find") / "district")) as made:
        migrate(made, NOW)
        with made.writing():
            made.run(
                "INSERT INTO batch(id, kind, source, profile, sha256, created_by, created_at)"
                " VALUES (1, 'accounts', 'x', 'x', 'x', 'ana', ?)",
                [NOW],
            )
            made.run(
                "INSERT INTO cycle(id, code, title, months, first_month, read_day, bill_day)"
                " VALUES (1, 'B1', 'B1', 2, 1, 1, 1)"
            )
            made.run("INSERT INTO staff(id, name, full_name, role) VALUES (1, 'ana', 'Ana', 'technician')")
        yield made
    if name:
        postgres_server.drop(name)


class Undone(Exception):
    """Every example begins with an empty record."""


def look(db: Session) -> Look:
    return Look(db, date(2026, 11, 23), NOW, NOW, cast(District, None), Actor("ana", "technician", "test"))


def number(n: int) -> str:
    return account_number(120_440 + n)


def settle(db: Session, people: list[tuple[str, str, bool, bool, int]]) -> None:
    """Person n holds account n, which is served at address n."""
    for n, (name, address, live, holds, _) in enumerate(people, 1):
        batch = None if live else 1
        db.run("INSERT INTO party(id, name, search_name, batch_id) VALUES (?, ?, ?, ?)", [n, name, fold(name), batch])
        db.run("INSERT INTO premise(id, address, batch_id) VALUES (?, ?, ?)", [n, address, batch])
        db.run("INSERT INTO service_point(id, number, premise_id) VALUES (?, ?, ?)", [n, f"SP-{n:05d}", n])
        db.run(
            "INSERT INTO account(id, number, cycle_id, opened_on, batch_id) VALUES (?, ?, 1, '2020-01-01', ?)",
            [n, number(n), batch],
        )
        db.run(
            "INSERT INTO service(account_id, point_id, kind, rate_code, unit, customer_class, from_on)"
            " VALUES (?, ?, 'flat', 'F', 'ccf', 'residential', '2020-01-01')",
            [n, n],
        )
        db.run(
            "INSERT INTO account_role(account_id, party_id, role, from_on, to_on, batch_id) VALUES (?, ?, 'owner',"
            " '2020-01-01', ?, ?)",
            [n, n, None if holds else "2024-01-01", batch],
        )
    for n, (_, _, _, _, other) in enumerate(people, 1):
        if 0 < other <= len(people) and other != n:
            db.run(
                "INSERT INTO account_role(account_id, party_id, role, from_on) VALUES (?, ?, 'agent', '2021-01-01')",
                [other, n],
            )


def fits(key: str, asked: str) -> int | None:
    """How well a text fits what is asked, by the words of the service's own promise; None: not at all."""
    if key == asked:
        return 0
    if key.startswith(asked):
        return 1
    words, within = asked.split(), f" {key}"
    if all(len(word) < 2 for word in words):
        return None
    if all(f" {word}" in within for word in words):
        return 2
    inside = all((word if len(word) > 2 and not word.isdigit() else f" {word}") in within for word in words)
    return 3 if inside else None


def fitting(texts: dict[int, str], asked: str, most: int) -> list[tuple[int, int]]:
    """(rank, id) of the best texts, one more than is shown."""
    keys = {n: spoken(fold(text)) for n, text in texts.items()}
    ranks = {n: rank for n, key in keys.items() if (rank := fits(key, asked)) is not None}
    order = sorted(ranks, key=lambda n: (ranks[n], keys[n] if ranks[n] < 2 else "", n))
    return [(ranks[n], n) for n in order][: most + 1]


def group(found: Found, name: str) -> list[tuple[int, str, str, str]]:
    return [(h.rank, h.kind, h.text, h.account) for g in found.groups if g.name == name for h in g.hits]


def more(found: Found, name: str) -> bool:
    return any(g.more for g in found.groups if g.name == name)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(PERSON, max_size=12),
    asked=st.lists(st.one_of(NAME, ADDRESS, st.text("ab1 '-", max_size=6)), min_size=1, max_size=6),
    most=st.integers(1, 4),
)
def test_words_find_what_a_search_through_everything_finds(
    db: Session, people: list[tuple[str, str, bool, bool, int]], asked: list[str], most: int
) -> None:
    with pytest.raises(Undone), db.writing():
        settle(db, people)
        live = {n: person for n, person in enumerate(people, 1) if person[2]}
        for text in asked:
            said = spoken(fold(" ".join(text.split())))
            found = find(look(db), text, most)
            names = fitting({n: p[0] for n, p in live.items()}, said, most) if said else []
            hits = []
            for rank, n in names:
                other = live[n][4]
                roles = [(not live[n][3], n, "owner" if live[n][3] else "was owner")]
                if other in live and other != n:
                    roles.append((False, other, "agent"))
                hits += [(rank, role, people[n - 1][0], format_account(number(a))) for _, a, role in sorted(roles)]
            assert group(found, "people") == hits[:most]
            assert more(found, "people") == (len(hits) > most)
            addresses = fitting({n: p[1] for n, p in live.items()}, said, most) if said else []
            there = [(r, "address", people[n - 1][1], format_account(number(n))) for r, n in addresses]
            assert group(found, "places") == there[:most]
            assert more(found, "places") == (len(there) > most)
        raise Undone


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(0, 12), released=st.sets(st.integers(1, 12)), asked=st.integers(1, 7), most=st.integers(1, 4))
def test_numbers_find_what_begins_so(db: Session, count: int, released: set[int], asked: int, most: int) -> None:
    people = [(f"p{n}", f"{n} Oak", n in released, True, 0) for n in range(1, count + 1)]
    with pytest.raises(Undone), db.writing():
        settle(db, people)
        typed = number(1)[:asked]
        begin = sorted(number(n) for n in range(1, count + 1) if n in released and number(n).startswith(typed))
        found = find(look(db), format_account(typed), most)
        assert [(rank, account) for rank, _, _, account in group(found, "accounts")] == [
            (0 if each == typed else 1, format_account(each)) for each in begin[:most]
        ]
        assert more(found, "accounts") == (len(begin) > most)
        raise Undone


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ['"', "NEAR(a b)", "a OR b", "*", "a* NOT b", "\0", "'; DROP TABLE party; --", "%_", "^a", "王" * 40]
    ),
    st.text(min_size=5, max_size=12).map(lambda text: text * 2_000),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large])
@given(text=HOSTILE)
def test_whatever_is_typed_is_a_search(db: Session, text: str) -> None:
    with pytest.raises(Undone), db.writing():
        settle(db, [("Ana Ortiz", "114 Alder Ct", True, True, 0)])
        found = find(look(db), text)
        assert len(found.text) <= 80
        if len(text) > 4 * 80:
            assert found.cut
        elif len(text) <= 12:
            assert not found.cut or len(spoken(fold(text)).split()) > 6
        raise Undone


@pytest.fixture
def desk_of_one(db: Session) -> Iterator[Look]:
    """One account with everything on it that is looked for; nothing of it is left behind."""
    with pytest.raises(Undone), db.writing():
        settle(db, [("José O'Brien-Peña", "114 Alder Ct.", True, True, 0), ("Wei Park", "9 Quarry Rd", True, True, 0)])
        db.run(
            "UPDATE party SET phone = '+1 (530) 555-0114', mail_line1 = 'PO Box 12', mail_city = 'Truckee' WHERE id = 1"
        )
        db.run("INSERT INTO parcel(id, apn, county, situs) VALUES (1, '012345678000', 'Nevada', 'Lot 7 Flume')")
        db.run("INSERT INTO account_parcel(account_id, parcel_id) VALUES (1, 1)")
        db.run("INSERT INTO external_id VALUES ('old', 'account', '04-00123-00', 'account', 1)")
        db.run("INSERT INTO meter(id, maker, serial, size) VALUES (1, 'Acme', 'A-9911', '5/8')")
        db.run("INSERT INTO endpoint(meter_id, radio, from_on) VALUES (1, '0158 77', '2020-01-01')")
        db.run("INSERT INTO install(meter_id, point_id, on_date) VALUES (1, 1, '2020-01-01')")
        yield look(db)
        raise Undone


SAID = [
    ("josé obrien", "people", "owner", "account"),
    ("PENA jo", "people", "owner", "account"),
    ("(530)555.0114", "people", "owner", "account"),
    ("1-530-555-0114", "people", "owner", "account"),
    ("555 0114", "people", "owner", "account"),
    ("114 ald", "places", "address", "account"),
    ("ct alder", "places", "address", "account"),
    ("flume lot 7", "places", "parcel", "account"),
    ("po box 12", "places", "mail goes to", "account"),
    ("120441-1", "accounts", "account", "account"),
    ("1204411", "accounts", "account", "account"),
    ("04-00123", "accounts", "old account", "account"),
    ("0400123", "accounts", "old account", "account"),
    ("012-345-678-000", "parcels", "APN", "account"),
    ("012345", "parcels", "APN", "account"),
    ("a9911", "meters", "serial", "meter"),
    ("015877", "meters", "radio", "meter"),
    ("sp-00001", "meters", "point", "meter"),
]


@pytest.mark.parametrize(("text", "name", "kind", "screen"), SAID)
def test_everything_that_names_an_account_finds_it(
    desk_of_one: Look, text: str, name: str, kind: str, screen: str
) -> None:
    groups: dict[str, Group] = {g.name: g for g in find(desk_of_one, text).groups}
    account = format_account(number(1))
    hit = groups[name].hits[0]
    assert (hit.kind, hit.account, hit.screen) == (kind, account, screen)
    assert hit.key == (account if screen == "account" else "SP-00001")


def test_nothing_typed_finds_nothing(desk_of_one: Look) -> None:
    for text in ("", "   ", "'", "-", "\t\n"):
        assert find(desk_of_one, text).groups == ()


MONEY = [
    (
        "payments",
        "SELECT r.number, a.number FROM receipt r JOIN account a ON a.id = r.account_id ORDER BY r.id LIMIT 5",
    ),
    (
        "payments",
        "SELECT t.reference, a.number FROM tender t JOIN receipt r ON r.id = t.receipt_id"
        " JOIN account a ON a.id = r.account_id WHERE t.reference IS NOT NULL ORDER BY t.id LIMIT 5",
    ),
    ("bills", "SELECT b.number, a.number FROM bill b JOIN account a ON a.id = b.account_id ORDER BY b.id LIMIT 5"),
    ("papers", "SELECT p.number, a.number FROM proposal p JOIN account a ON a.id = p.account_id ORDER BY p.id LIMIT 5"),
    (
        "papers",
        "SELECT o.number, a.number FROM field_order o JOIN account a ON a.id = o.account_id ORDER BY o.id LIMIT 5",
    ),
]


def test_money_and_papers_by_their_numbers(sample: str) -> None:
    with office.desk(sample) as desk:
        for name, sql in MONEY:
            for typed, number in desk.session.rows(sql):
                groups = {g.name: g for g in desk.ask(find, typed.lower(), 200).groups}
                best = [hit.account for hit in groups[name].hits if hit.rank == 0]
                assert format_account(number) in best, (name, typed)


def test_money_by_its_amount(sample: str) -> None:
    with office.desk(sample) as desk:
        cents = desk.session.value("SELECT cents FROM receipt ORDER BY id LIMIT 1")
        for typed in (f"${cents // 100}.{cents % 100:02d}", f"{cents // 100}.{cents % 100:02d}"):
            payments = next(g for g in desk.ask(find, typed, 2_000).groups if g.name == "payments")
            of = "SELECT number FROM receipt WHERE cents = ?"
            told = {hit.text.split()[0] for hit in payments.hits if hit.kind == "payment"}
            assert told == {row[0] for row in desk.session.rows(of, [cents])}
        bill = desk.session.value("SELECT total_cents FROM bill WHERE total_cents > 0 ORDER BY id LIMIT 1")
        assert "bills" in {g.name for g in desk.ask(find, f"${bill // 100}.{bill % 100:02d}").groups}
        assert desk.ask(find, "$0.01").groups == ()


def test_the_sample_s_index_is_whole(sample: str) -> None:
    with office.desk(sample) as desk, desk.session.writing():
        assert list(verify.found(desk.session)) == []
