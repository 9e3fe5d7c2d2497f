"""The find index says at every moment what the released rows say, on both databases, whatever changes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.db.places import connected
from ubtui.db import find
from ubtui.db.migrate import migrate
from ubtui.db.session import Session
from ubtui.domain.spoken import ACCENTED, APART, INSIDE, bare, spoken
from ubtui.services import verify

NOW = "2026-11-23T16:00:00.000000Z"
TEXT = st.text(st.sampled_from("aBñÉzß王 1" + APART[:6] + INSIDE + ACCENTED[:9]), max_size=14)
PHONES = st.one_of(st.none(), st.sampled_from(["(530) 555-0114", "+1 530.555.0199", "5550142", "none", "530 555 0114"]))
BATCH = st.sampled_from([None, "waits", "released"])


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, postgres_server: Any) -> Iterator[dict[str, str]]:
    name = postgres_server.create()
    yield {"sqlite": str(tmp_path_factory.mktemp("find") / "district"), "postgres": postgres_server.url(name)}
    postgres_server.drop(name)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def session(request: pytest.FixtureRequest, places: dict[str, str]) -> Iterator[Session]:
    with connected(places[request.param]) as made:
        migrate(made, NOW)
        with made.writing():
            for n in (1, 2):
                made.run(
                    "INSERT INTO batch(id, kind, source, profile, sha256, created_by, created_at)"
                    " VALUES (?, 'accounts', 'x', 'x', ?, 'ana', ?)",
                    [n, str(n), NOW],
                )
            made.run("UPDATE batch SET released_at = ?, released_by = 'ana' WHERE id = 2", [NOW])
            made.run(
                "INSERT INTO cycle(id, code, title, months, first_month, read_day, bill_day)"
                " VALUES (1, 'B1', 'B1', 2, 1, 1, 1)"
            )
        yield made


class Undone(Exception):
    """Every example begins with an empty record."""


def keys(db: Session) -> set[tuple[str, str, int]]:
    names = {key.code: key.name for key in find.KEYS}
    return {(names[row[0]], row[1], row[2]) for row in db.rows("SELECT kind, key, subject FROM find_key")}


STEP = st.one_of(
    st.tuples(st.just("party"), st.integers(1, 4), TEXT, PHONES, st.one_of(st.none(), TEXT), BATCH),
    st.tuples(st.just("premise"), st.integers(1, 4), TEXT, TEXT, BATCH),
    st.tuples(st.just("parcel"), st.integers(1, 4), st.sampled_from(["012-345-678-000", "x/9"]), TEXT, BATCH),
    st.tuples(st.just("account"), st.integers(1, 4), BATCH),
    st.tuples(st.just("old"), st.integers(1, 4), st.sampled_from(["a", "b"]), TEXT),
    st.tuples(st.just("meter"), st.integers(1, 4), TEXT, st.integers(0, 1), BATCH),
    st.tuples(st.just("endpoint"), st.integers(1, 4), st.integers(1, 4), TEXT),
    st.tuples(st.just("drop"), st.sampled_from(["party", "premise", "parcel"]), st.integers(1, 4)),
    st.tuples(st.just("release")),
)


class Oracle:
    """What is to be found, by plain Python over plain rows."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, dict[str, Any]]] = {
            name: {} for name in ("party", "premise", "parcel", "account", "old", "meter", "endpoint")
        }
        self.waits = True

    def live(self, row: dict[str, Any]) -> bool:
        return row["batch"] in (None, "released") or not self.waits

    def keys(self) -> set[tuple[str, str, int]]:
        out: set[tuple[str, str, int]] = set()
        for n, row in self.rows["party"].items():
            if self.live(row):
                out.add(("name", spoken(row["name"]), n))
                if row["mail"] is not None:
                    out.add(("mail", spoken(row["mail"] + " "), n))
                if row["phone"] and len(row["phone"]) >= 7:
                    digits = bare(row["phone"]).lstrip("1")
                    out |= {("phone", digits, n), ("line", digits[3:], n)}
        for n, row in self.rows["premise"].items():
            if self.live(row):
                out.add(("place", spoken(row["address"] + " " + row["city"]), n))
        for n, row in self.rows["parcel"].items():
            if self.live(row):
                out.add(("apn", bare(row["apn"]), n))
                if row["situs"]:
                    out.add(("situs", spoken(row["situs"]), n))
        for n, row in self.rows["account"].items():
            if self.live(row):
                out.add(("account", row["number"], n))
        for (system, value, n), _ in self.rows["old"].items():
            if n in self.rows["account"] and self.live(self.rows["account"][n]):
                out.add(("old account", f"{bare(value)}\t{system}\taccount\t{value}", n))
        for n, row in self.rows["meter"].items():
            if self.live(row) and not row["placeholder"]:
                out.add(("serial", bare(row["serial"]), n))
        for n, row in self.rows["endpoint"].items():
            if self.live(self.rows["meter"][row["meter"]]):
                out.add(("radio", bare(row["radio"]), n))
        return out


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=14))
def test_it_follows_every_change(session: Session, steps: list[tuple[Any, ...]]) -> None:
    oracle = Oracle()
    with pytest.raises(Undone), session.writing():
        for step in steps:
            take(session, oracle, *step)
            assert keys(session) == oracle.keys()
        assert list(verify.found(session)) == []
        before = keys(session)
        assert find.rebuild(session) == len(before) and keys(session) == before
        assert list(verify.found(session)) == []
        raise Undone


def take(db: Session, oracle: Oracle, what: str, *said: Any) -> None:
    """Do one step to both."""
    if what == "release":
        if oracle.waits:
            db.run("UPDATE batch SET released_at = ?, released_by = 'ana' WHERE id = 1", [NOW])
        oracle.waits = False
        return
    if what == "drop":
        table, n = said
        row = oracle.rows[table].get(n)
        if row is not None and row["batch"] == "waits" and oracle.waits:
            db.run(f"DELETE FROM {table} WHERE id = ?", [n])
            del oracle.rows[table][n]
        return
    n, rest = said[0], said[1:]
    batch = {None: None, "waits": 1, "released": 2}
    table = oracle.rows[what]
    if what == "old":
        system, value = rest
        if n in oracle.rows["account"] and (system, value, n) not in table:
            db.run("INSERT INTO external_id VALUES (?, 'account', ?, 'account', ?)", [system, value, n])
            table[system, value, n] = {}
        return
    if what == "endpoint":
        meter, radio = rest
        if n not in table and meter in oracle.rows["meter"]:
            db.run(
                "INSERT INTO endpoint(id, meter_id, radio, from_on) VALUES (?, ?, ?, '2026-01-01')", [n, meter, radio]
            )
            table[n] = {"meter": meter, "radio": radio}
        return
    columns: dict[str, tuple[str, ...]] = {
        "party": ("name", "phone", "mail"),
        "premise": ("address", "city"),
        "parcel": ("apn", "situs"),
        "account": (),
        "meter": ("serial", "placeholder"),
    }
    row = {**dict(zip(columns[what], rest, strict=False)), "batch": rest[-1]}
    stored = {
        "party": {"search_name": row.get("name"), "phone": row.get("phone"), "mail_line1": row.get("mail")},
        "premise": {"address": row.get("address"), "city": row.get("city")},
        "parcel": {"situs": row.get("situs")},
        "account": {},
        "meter": {"serial": row.get("serial"), "placeholder": row.get("placeholder")},
    }[what]
    if n in table:
        if stored:
            sets = ", ".join(f"{name} = ?" for name in stored)
            db.run(f"UPDATE {what} SET {sets} WHERE id = ?", [*stored.values(), n])
            table[n] |= {name: row[name] for name in columns[what] if name != "apn"}
        return
    row["apn"] = f"{rest[0]}{n}"
    row["number"] = f"120440{n}"
    more = {
        "party": {"name": row.get("name")},
        "premise": {},
        "parcel": {"apn": row["apn"], "county": "Nevada"},
        "account": {"number": row["number"], "cycle_id": 1, "opened_on": "2020-01-01"},
        "meter": {"maker": "Acme", "size": "5/8"},
    }[what]
    values = {"id": n, **stored, **more, "batch_id": batch[row["batch"]]}
    db.run(f"INSERT INTO {what}({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", [*values.values()])
    table[n] = row


@given(text=st.text(st.sampled_from("aB \t\u00a0'’`王" + ACCENTED + APART), max_size=40))
def test_words_are_spelt_alike_in_sql_and_in_python(session: Session, text: str) -> None:
    sql = find.Sql(session.kind)
    column = "CAST(? AS text)" + (' COLLATE "C"' if session.kind == "postgres" else "")
    steps = [f"x0 AS (SELECT {column} AS said, '' AS x)"]
    steps += [f"x{n + 1} AS (SELECT said, {step} AS x FROM x{n})" for n, step in enumerate(sql.spoken())]
    assert session.value(f"WITH {', '.join(steps)} SELECT x FROM x{len(steps) - 1}", [text]) == spoken(text)
    assert session.value(f"SELECT {sql.bare('x')} FROM (SELECT {column} AS x) AS one", [text]) == bare(text)


def test_verify_finds_an_index_that_differs_and_names_the_cure(session: Session) -> None:
    with pytest.raises(Undone), session.writing():
        session.run("INSERT INTO party(id, name, search_name) VALUES (1, 'Ana Ortiz', 'ana ortiz')")
        session.run("INSERT INTO find_key(kind, key, subject) VALUES (1, 'nobody', 9)")
        session.run("DELETE FROM find_key WHERE subject = 1")
        found = {(f.table, f.row): f for f in verify.found(session)}
        assert set(found) == {("find_key", "name 1"), ("find_key", "name 9")}
        assert found["find_key", "name 1"].wrong == "'ana ortiz' is missing"
        assert all("doctor --reindex" in f.cure for f in found.values())
        assert find.rebuild(session) == 1 and list(verify.found(session)) == []
        raise Undone


def test_verify_finds_trigrams_that_differ(session: Session) -> None:
    if session.kind == "postgres":
        pytest.skip("there they are an index of the keys, which nobody writes to")
    with pytest.raises(Undone), session.writing():
        session.run("INSERT INTO party(id, name, search_name) VALUES (1, 'Ana Ortiz', 'ana ortiz')")
        session.run("INSERT INTO find_name(find_name, rowid, text) VALUES ('delete', 1, ' ana')")
        assert [f.wrong for f in verify.found(session)] == ["its trigrams are not those of the keys"]
        find.rebuild(session)
        assert list(verify.found(session)) == []
        raise Undone


def test_older_shells_can_read_the_schema(tmp_path: Path) -> None:
    """SQLite before 3.46 reads expressions a hundred symbols deep, and opens no file that has a deeper one."""
    with connected(str(tmp_path / "district")) as made:
        migrate(made, NOW)
        for (sql,) in made.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"):
            depths = accumulate(1 if c == "(" else -1 if c == ")" else 0 for c in re.sub("'[^']*'", "", sql))
            assert max(depths) < 48, sql[:200]
