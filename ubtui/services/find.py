"""Find: one line of text, whatever it is, to the accounts, meters, payments and papers it may mean, the best first."""
# Length: one box; how each thing that may be typed is looked for, ranked and shown stands beside the others.

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from ubtui.act import Look
from ubtui.db import find as index
from ubtui.db.dialect import Kind
from ubtui.db.session import Row, Session
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.numbers import format_account, format_apn
from ubtui.domain.spoken import bare, spoken
from ubtui.domain.text import clean_text, fold

LONGEST: Final = 80
"""Characters that are looked at; more is a paste of something else."""
MOST_WORDS: Final = 6
SHOWN: Final = 6
"""Hits of one group; that there are more is said, never counted."""
EXACT, BEGINS, WORDS, INSIDE = range(4)
"""How well a hit fits: all of it, its beginning, beginnings of its words, something inside it."""
GROUPS: Final = ("accounts", "people", "places", "parcels", "meters", "payments", "bills", "papers")
_PHONE_DIGITS = 4
_NEAREST = 600
_RELEASED = (
    "({0}.batch_id IS NULL OR EXISTS(SELECT 1 FROM batch b WHERE b.id = {0}.batch_id AND b.released_at IS NOT NULL))"
)
_ROLES = 40  # of one person or place; who has more is not shown whole
_STRIDE = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: what matched (`kind`: owner, address, serial …) and its text, the account it belongs to with
    its holder and place, and what opens it: a screen's name and key, '' where nothing does."""

    kind: str
    text: str
    rank: int
    account: str = ""
    who: str = ""
    where: str = ""
    screen: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one sort, the best first; `more` says that not all are here."""

    name: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for and what was found; `cut` says that only the beginning of the text was looked at."""

    text: str
    groups: tuple[Group, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    said: str
    words: tuple[str, ...]
    number: str
    digits: str
    raw: str
    cents: int | None

    @classmethod
    def of(cls, text: str) -> _Asked:
        cents = None
        if text.startswith("$") or (text[-3:-2] == "." and text[:1].isdigit()):
            with suppress(BadValue):
                cents = parse_money(text)
        folded = fold(text)
        said = spoken(folded)[:LONGEST].strip()
        number = bare(folded) if any(c.isdigit() for c in folded) else ""
        digits = number.lstrip("1") if number.isascii() and number.isdigit() else ""
        return cls(said, tuple(said.split()[:MOST_WORDS]), number, digits, text.upper(), cents)


@dataclass(slots=True)
class _Pile:
    """The hits of one group as they come, once an account and opener."""

    most: int
    hits: list[tuple[Hit, int | None]] = field(default_factory=list)
    seen: set[tuple[object, ...]] = field(default_factory=set)
    more: bool = False

    @property
    def full(self) -> bool:
        return len(self.hits) > self.most

    def add(self, hit: Hit, account_id: int | None, once: tuple[object, ...]) -> None:
        if once not in self.seen:
            self.seen.add(once)
            self.hits.append((hit, account_id))


def find(look: Look, text: str, most: int = SHOWN) -> Found:
    """What `text` may mean, at most `most` hits a group, the group with the best hit first.

    A name or an address by the beginnings of its words, in any order, or by three letters or more inside them (a
    house number by its beginning); a number by its beginning, with or without what stands between its parts; money as
    `$123.45`. Nothing of a batch that is not released is found. Who may search is asked by the caller (`find.search`).
    """
    shown = " ".join(clean_text(text[: 4 * LONGEST]).split())
    asked = _Asked.of(shown[:LONGEST])
    cut = len(shown) > LONGEST or len(text) > 4 * LONGEST or len(asked.said.split()) > MOST_WORDS
    piles = {name: _Pile(most) for name in GROUPS}
    if asked.said or asked.number:
        look.db.steady()
        _Search(look, asked, most, piles).all()
    held = _accounts(look, {id for pile in piles.values() for _, id in pile.hits if id is not None})
    groups = []
    for name, pile in piles.items():
        hits = [_placed(hit, held[id] if id is not None else None) for hit, id in pile.hits if id is None or id in held]
        if hits:
            groups.append(Group(name, tuple(hits[:most]), pile.more or len(hits) > most))
    groups.sort(key=lambda group: group.hits[0].rank)
    return Found(shown[:LONGEST], tuple(groups), cut)


class _Search:
    """One search: every sort of thing is asked for, each in bounded work."""

    def __init__(self, look: Look, asked: _Asked, most: int, piles: dict[str, _Pile]) -> None:
        self.db, self.asked, self.most, self.piles = look.db, asked, most, piles

    def all(self) -> None:
        """Fill the piles."""
        asked = self.asked
        if asked.cents is not None:
            self.money(asked.cents)
        begun = self.begun()
        if asked.number:
            self.numbers(begun)
            self.papers()
        if asked.said:
            self.words(begun)

    def begun(self) -> dict[str, list[tuple[str, int]]]:
        """Every key that begins with what was typed: words as they are said, numbers bare, phones without the 1."""
        asked = self.asked
        wanted: dict[str, list[str]] = {}
        if asked.said:
            wanted[asked.said] = [key.name for key in index.WORDS]
        if asked.number:
            wanted.setdefault(asked.number, []).extend(
                ("account", "old account", "old point", "apn", "serial", "radio", "point")
            )
        if len(asked.digits) >= _PHONE_DIGITS:
            wanted.setdefault(asked.digits, []).extend(("phone", "line"))
        out: dict[str, list[tuple[str, int]]] = {key.name: [] for key in index.KEYS}
        for name, key, subject in index.begins(self.db, wanted, self.most + 1):
            out[name].append((key, subject))
        return out

    def rank(self, key: str, typed: str) -> int:
        """How well a key fits that begins with what was typed."""
        return EXACT if key.partition("\t")[0] == typed else BEGINS

    # words

    def worded(
        self, begun: dict[str, list[tuple[str, int]]], names: Sequence[str]
    ) -> dict[str, list[tuple[int, int, str]]]:
        """Rows of some kinds by their words, the best of each first: (rank, subject, text), one more than is shown."""
        enough, asked = self.most + 1, self.asked
        hits = {
            name: {subject: (self.rank(key, asked.said), subject, key) for key, subject in begun[name]}
            for name in names
        }
        inside = [word if len(word) > 2 and not word.isdigit() else f" {word}" for word in asked.words]
        heads = [f" {word}" for word in asked.words]
        nearest = []
        # Twice what is shown: where it is full and few of it are WORDS, enough of it are INSIDE.
        more = index.holding(self.db, [name for name in names if len(hits[name]) < enough], inside, 2 * enough)
        for name, rows in more.items():
            for key, subject in rows:
                rank = WORDS if all(head in f" {key}" for head in heads) else INSIDE
                hits[name].setdefault(subject, (rank, subject, key))
            if len(rows) == 2 * enough and sum(hit[0] <= WORDS for hit in hits[name].values()) < enough:
                nearest.append(name)
        # There are more than are shown, and that is said: which of them come first may be left at the nearest.
        for name, rows in index.holding(self.db, nearest, heads, enough, _NEAREST).items():
            for key, subject in rows:
                hits[name].setdefault(subject, (WORDS, subject, key))
        out = {}
        for name in names:
            order = {subject: place for place, (_, subject) in enumerate(begun[name])}
            best = sorted(hits[name].values(), key=lambda hit: (hit[0], order.get(hit[1], len(order)), hit[1]))
            out[name] = best[:enough]
        return out

    def words(self, begun: dict[str, list[tuple[str, int]]]) -> None:
        """People by name; served addresses, parcels' own, and where mail goes, in this order where they fit alike."""
        found = self.worded(begun, ("name", *_PLACES))
        self.parties([(rank, party) for rank, party, _ in found["name"]])
        took = [(rank, order, subject) for order, name in enumerate(_PLACES) for rank, subject, _ in found[name]]
        self.places(sorted(took, key=lambda hit: hit[:2])[: self.most + 1])

    def parties(self, found: Sequence[tuple[int, int]], phone: bool = False) -> None:
        """Parties (rank, id), each on its accounts: what it holds now, else what it held."""
        pile, ids = self.piles["people"], [party for _, party in found]
        told = {row[0]: row for row in _by_id(self.db, "SELECT id, name, phone FROM party WHERE id IN ({})", ids)}
        held: dict[int, list[Row]] = {party: [] for party in ids}
        for row in _each(
            self.db,
            "SELECT r.party_id, r.account_id, r.role, r.to_on FROM account_role r WHERE r.party_id = ?"
            f" AND {_RELEASED.format('r')}",
            ids,
            _ROLES,
        ):
            held[row[0]].append(row)
        for rank, party in found:
            roles = sorted(held[party], key=lambda row: (row[3] is not None, row[1]))
            pile.more |= len(roles) == _ROLES
            now = {row[1] for row in roles if row[3] is None}
            text = f"{told[party][2]} {told[party][1]}" if phone else told[party][1]
            for account in dict.fromkeys(row[1] for row in roles):
                mine = [row[2] for row in roles if row[1] == account and (row[3] is None) == (account in now)]
                said = ", ".join(dict.fromkeys(mine)).replace("_", " ")
                hit = Hit(said if account in now else f"was {said}", _clean(text), rank, screen="account")
                pile.add(hit, account, (account, party))

    def places(self, took: Sequence[tuple[int, int, int]]) -> None:
        """Places (rank, which of _PLACES, id), each on its accounts."""
        for order, (name, (kind, sql, accounts)) in enumerate(_PLACES.items()):
            ids = [subject for _, at, subject in took if at == order]
            texts = {row[0]: ", ".join(filter(None, row[1:])) for row in _by_id(self.db, sql, ids)}
            on = self.on_parcels(ids) if name == "situs" else self.on(accounts, ids)
            for rank, at, subject in took:
                for account in on[subject] if at == order else ():
                    hit = Hit(kind, _clean(texts[subject]), rank, screen="account")
                    self.piles["places"].add(hit, account, (account,))

    def on(self, sql: str, ids: Sequence[int]) -> dict[int, list[int]]:
        """The accounts of each subject, those of today first."""
        out: dict[int, list[int]] = {subject: [] for subject in ids}
        rows = _each(self.db, sql, ids, _ROLES)
        for subject, account, _ in sorted(rows, key=lambda row: (row[2] is not None, row[1])):
            if account not in out[subject]:
                out[subject].append(account)
        return out

    def on_parcels(self, ids: Sequence[int]) -> dict[int, list[int]]:
        """Accounts of parcels: those they stand on, else those served on their land."""
        out = self.on("SELECT parcel_id, account_id, NULL FROM account_parcel WHERE parcel_id = ?", ids)
        bare_land = [parcel for parcel in ids if not out[parcel]]
        return out | self.on(_SERVED.format("m.parcel_id"), bare_land)

    # numbers

    def numbers(self, begun: dict[str, list[tuple[str, int]]]) -> None:
        """Accounts, parcels, meters and phones by what they begin with."""
        number = self.asked.number
        pile = self.piles["accounts"]
        for key, account in begun["account"]:
            pile.add(Hit("account", format_account(key), self.rank(key, number), screen="account"), account, (account,))
        for key, account in begun["old account"]:
            _, system, kind, value = key.split("\t", 3)
            hit = Hit(f"old {kind}", _clean(f"{value} ({system})"), self.rank(key, number), screen="account")
            pile.add(hit, account, (account,))
        parcels = [parcel for _, parcel in begun["apn"]]
        apns: dict[int, str] = dict(_by_id(self.db, "SELECT id, apn FROM parcel WHERE id IN ({})", parcels))
        on = self.on_parcels(parcels)
        for key, parcel in begun["apn"]:
            hit = Hit("APN", format_apn(_clean(apns[parcel])), self.rank(key, number))
            for account in on[parcel]:
                self.piles["parcels"].add(replace(hit, screen="account"), account, (account, parcel))
            if not on[parcel]:
                self.piles["parcels"].add(hit, None, (parcel,))
        for name, sql in _METERS.items():
            if self.piles["meters"].full:
                break
            rows = {row[0]: row[1:] for row in _by_id(self.db, sql, [subject for _, subject in begun[name]])}
            for key, subject in begun[name]:
                text, opens, account = rows[subject]
                text = key.split("\t")[-1] if name == "old point" else text
                hit = Hit(name, _clean(text), self.rank(key, number), screen="meter", key=opens)
                self.piles["meters"].add(hit, account, (name, subject))
        phones = [
            (self.rank(key, self.asked.digits), party) for name in ("phone", "line") for key, party in begun[name]
        ]
        self.parties(sorted({party: (rank, party) for rank, party in reversed(phones)}.values()), phone=True)

    # money and papers

    def papers(self) -> None:
        """Receipts by number, trace or a tender's reference, bills by number; proposals, field orders and plans by
        their numbers, as they are printed."""
        sql, pages = _numbered(self.db.kind, self.most + 1)
        number, raw = self.asked.number, self.asked.raw
        asked = [raw if printed else number for _, _, printed in pages]
        params = [value for said in asked for value in (said, said + index.END)]
        for n, found, said, cents, on, account, how in self.db.rows(sql, params):
            pile, kind, printed = pages[n]
            if printed:
                rank, opens = self.rank(said, raw), said if kind == "adjustment" else ""
                screen = "approval" if opens else "account"
                self.piles[pile].add(Hit(kind, said, rank, screen=screen, key=opens), account, (said,))
                continue
            text = f"{_clean(said)}  {format_money(cents)}  {on}"
            hit = Hit(kind or how, text, self.rank(found, number), screen="account" if account else "")
            self.piles[pile].add(hit, account, (kind, said, on, account))

    def money(self, cents: int) -> None:
        """Payments, bills and charges of just this amount, the newest first."""
        sql = " UNION ALL ".join(
            f"SELECT * FROM (SELECT {n}, {each} ORDER BY r.id DESC LIMIT {self.most + 1}) AS e{n}"
            for n, (_, _, each) in enumerate(_OF_CENTS)
        )
        for n, said, on, account in self.db.rows(sql, [cents] * len(_OF_CENTS)):
            pile, kind, _ = _OF_CENTS[n]
            text = f"{_clean(said)}  {format_money(cents)}  {on}"
            hit = Hit(kind, text, EXACT, screen="account" if account else "")
            self.piles[pile].add(hit, account, (kind, said, on, account))


_NONE, _UNSAID = "CAST(NULL AS bigint)", "CAST(NULL AS date)"
_OF_CENTS: Final = (
    ("payments", "payment", "r.number, r.received_on, r.account_id FROM receipt r WHERE r.cents = ?"),
    (
        *("payments", "in suspense"),
        f"r.payer, r.received_on, {_NONE} FROM suspense_line r WHERE r.state = 'suspense' AND r.cents = ?",
    ),
    ("bills", "bill", "r.number, r.billed_on, r.account_id FROM bill r WHERE r.total_cents = ?"),
    (
        *("bills", "charge"),
        "c.title, r.effective_on, r.account_id FROM receivable_item r"
        " JOIN charge_code c ON c.id = r.charge_code_id WHERE r.cents = ?",
    ),
)


@lru_cache(maxsize=8)
def _numbered(kind: Kind, most: int) -> tuple[str, tuple[tuple[str, str, bool], ...]]:
    """One statement over all papers that have a number, and of each its pile, what it is called, and whether its
    number is looked for as it is printed."""
    bares = index.Sql(kind)
    parts: list[str] = []
    pages: list[tuple[str, str, bool]] = []
    for pile, name, table, key, columns in (
        ("payments", "receipt", "receipt t", "number", "t.cents, t.received_on, t.account_id, ''"),
        ("payments", "confirmation", "receipt t", "trace", "t.cents, t.received_on, t.account_id, ''"),
        (
            *("payments", "", "tender t JOIN receipt r ON r.id = t.receipt_id", "reference"),
            "r.cents, r.received_on, r.account_id, t.kind",
        ),
        ("payments", "in suspense", "suspense_line t", "reference", f"t.cents, t.received_on, {_NONE}, ''"),
        ("payments", "in suspense", "suspense_line t", "trace", f"t.cents, t.received_on, {_NONE}, ''"),
        ("bills", "bill", "bill t", "number", "t.total_cents, t.billed_on, t.account_id, ''"),
        ("papers", "adjustment", "proposal t", "", f"0, {_UNSAID}, t.account_id, ''"),
        (
            *("papers", "order", "field_order t", ""),
            f"0, {_UNSAID}, COALESCE(t.account_id, (SELECT MAX(s.account_id) FROM service s"
            " WHERE s.point_id = t.point_id)), ''",
        ),
        ("papers", "plan", "arrangement t", "", f"0, {_UNSAID}, t.account_id, ''"),
    ):
        by, said = (bares.bare(f"t.{key}"), f"t.{key}") if key else ("t.number", "t.number")
        still = "t.state = 'suspense' AND " if name == "in suspense" else ""
        parts.append(
            f"SELECT * FROM (SELECT {len(pages)}, {by} AS k, {said}, {columns} FROM {table} WHERE {still}{said}"
            f" IS NOT NULL AND {by} >= ? AND {by} < ? ORDER BY {by}, t.id LIMIT {most}) AS e{len(pages)}"
        )
        pages.append((pile, name, not key))
    return " UNION ALL ".join(parts), tuple(pages)


_SERVED = (
    "SELECT {0}, s.account_id, s.to_on FROM premise m JOIN service_point p ON p.premise_id = m.id"
    f" JOIN service s ON s.point_id = p.id AND {_RELEASED.format('s')} WHERE {{0}} = ?"
)
_MAILED = (
    "SELECT r.party_id, r.account_id, NULL FROM account_role r WHERE r.party_id = ? AND r.to_on IS NULL"
    f" AND {_RELEASED.format('r')}"
)
# What a place is called, its text, and the accounts there.
_PLACES: Final = {
    "place": ("address", "SELECT id, address, city FROM premise WHERE id IN ({})", _SERVED.format("m.id")),
    "situs": ("parcel", "SELECT id, situs FROM parcel WHERE id IN ({})", ""),
    "mail": ("mail goes to", "SELECT id, mail_line1, mail_city FROM party WHERE id IN ({})", _MAILED),
}
_INSTALLED = (
    "(SELECT i.point_id FROM install i WHERE i.meter_id = m.id ORDER BY i.off_date IS NOT NULL, i.on_date DESC LIMIT 1)"
)
_ACCOUNT = (
    f"(SELECT s.account_id FROM service s WHERE s.point_id = p.id AND {_RELEASED.format('s')}"
    " ORDER BY s.to_on IS NOT NULL, s.id DESC LIMIT 1)"
)
_HUNG = f"COALESCE(p.number, m.maker || '/' || m.serial), {_ACCOUNT} FROM"
_POINT = f"SELECT p.id, p.number, p.number, {_ACCOUNT} FROM service_point p WHERE p.id IN ({{}})"
# Of a key of the index: its text, what the meter screen opens, and the account.
_METERS: Final = {
    "serial": f"SELECT m.id, m.maker || '/' || m.serial, {_HUNG} meter m LEFT JOIN service_point p"
    f" ON p.id = {_INSTALLED} WHERE m.id IN ({{}})",
    "radio": f"SELECT e.id, e.radio, {_HUNG} endpoint e JOIN meter m ON m.id = e.meter_id LEFT JOIN service_point p"
    f" ON p.id = {_INSTALLED} WHERE e.id IN ({{}})",
    "point": _POINT,
    "old point": _POINT,
}


def _by_id(db: Session, sql: str, ids: Sequence[int]) -> list[Row]:
    """The rows of these ids; few forms of one statement, so that it is planned once."""
    if not ids:
        return []
    if db.kind == "postgres":
        return db.rows(sql.replace("IN ({})", "= ANY(?)"), [list(ids)])
    padded = [*ids, *[ids[-1]] * (-len(ids) % _STRIDE)]
    return db.rows(sql.format(", ".join("?" * len(padded))), padded)


def _each(db: Session, sql: str, ids: Sequence[int], most: int) -> list[Row]:
    """At most so many rows for each id, in one statement: no subject with thousands hides the others."""
    if not ids:
        return []
    if db.kind == "postgres":
        each = sql.replace("?", "w.id")
        return db.rows(
            f"SELECT e.* FROM unnest(CAST(? AS bigint[])) AS w(id) CROSS JOIN LATERAL ({each} LIMIT {most}) AS e",
            [list(ids)],
        )
    padded = [*ids, *[0] * (-len(ids) % _STRIDE)]
    return db.rows(
        " UNION ALL ".join(f"SELECT * FROM ({sql} LIMIT {most}) AS e{n}" for n in range(len(padded))), padded
    )


def _clean(text: str) -> str:
    return text if text.isascii() and text.isprintable() else clean_text(text)


def _accounts(look: Look, ids: set[int]) -> dict[int, Row]:
    """Number, holder and place of accounts; one that is not released is not here."""
    if not ids:
        return {}
    rows = _by_id(
        look.db,
        "SELECT a.id, a.number, (SELECT q.name FROM account_role r JOIN party q ON q.id = r.party_id"
        " WHERE r.account_id = a.id AND r.role = 'owner' ORDER BY r.to_on IS NOT NULL, r.id LIMIT 1),"
        " (SELECT m.address FROM service s JOIN service_point p ON p.id = s.point_id JOIN premise m"
        " ON m.id = p.premise_id WHERE s.account_id = a.id ORDER BY s.to_on IS NOT NULL, s.id LIMIT 1)"
        " FROM live_account a WHERE a.id IN ({})",
        sorted(ids),
    )
    return {row[0]: row for row in rows}


def _placed(hit: Hit, account: Row | None) -> Hit:
    if account is None:
        return hit
    number = format_account(account[1])
    who, where = (_clean(text or "") for text in account[2:4])
    return replace(hit, account=number, who=who, where=where, key=hit.key or number)
