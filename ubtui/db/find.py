"""The find index: which words and numbers of released rows are looked for, and the triggers that keep them."""
# Length: what is indexed, who keeps it and how it is asked must say the same; they are read together.

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from ubtui.db.dialect import Dialect, Kind, literal
from ubtui.db.errors import RecordError
from ubtui.db.session import Row, Session
from ubtui.domain.spoken import ACCENTED, APART, INSIDE, PLAIN, SILENT

END: Final = "\U0010ffff"
"""Sorts after every character of a key."""
MOST_TOLD = 20
_SAMPLE: Final[dict[Kind, int]] = {"sqlite": 500, "postgres": 3000}
_LEAST_GRAMS, _SELDOM, _SURE, _STEPS = 3, 600, 5, 12_000
_ROW_TO_STEP = 30  # to look at a row's text costs so many steps along a trigram's list


class Sql:
    """The words of `domain.spoken` in the SQL of one database."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def spoken(self) -> list[str]:
        """As `spoken` of the domain, in steps: each makes `x` from the `x` before it and from `said`, the text itself.

        One expression would nest deeper than SQLite's own shell could read before 3.46, and it could not open the file.
        """
        if self.kind == "postgres":
            said = f"translate(lower(said), {literal(ACCENTED + APART + INSIDE)}, {literal(PLAIN + ' ' * len(APART))})"
            return [f"btrim(regexp_replace({said}, '  +', ' ', 'g'), ' ')"]
        # Most texts have nothing to replace: to look is a tenth of the work.
        plain, ascii = "said NOT GLOB '*[^a-zA-Z0-9 ]*'", "said NOT GLOB '*[^ -~]*'"
        letters = list(zip(ACCENTED, PLAIN, strict=True))
        apart = dict.fromkeys(APART, " ") | dict.fromkeys(INSIDE, "")
        steps = [f"CASE WHEN {plain} THEN lower(said) ELSE {_replaced('lower(said)', apart)} END"]
        for first in range(0, len(letters), 18):
            some = dict(letters[first : first + 18])
            steps.append(f"CASE WHEN {ascii} THEN x ELSE {_replaced('x', some)} END")
        blanks = "x"
        for run in (32, 16, 8, 4, 2, 2):  # any run up to 2,000 becomes one
            blanks = f"replace({blanks}, '{' ' * run}', ' ')"
        return [*steps, f"trim(CASE WHEN x NOT GLOB '*  *' THEN x ELSE {blanks} END, ' ')"]

    def bare(self, x: str) -> str:
        """As `bare` of the domain."""
        if self.kind == "postgres":
            return f"translate(lower({x}), {literal(SILENT)}, '')"
        said = _replaced(f"lower({x})", dict.fromkeys(SILENT, ""))
        return f"CASE WHEN {x} NOT GLOB '*[^a-zA-Z0-9]*' THEN lower({x}) ELSE {said} END"


def _replaced(sql: str, letters: dict[str, str]) -> str:
    for old, new in letters.items():
        sql = f"replace({sql}, {literal(old)}, {literal(new)})"
    return sql


class Key(msgspec.Struct, frozen=True):
    """One way a row is found: `key` and `when` are SQL over its table under an alias, `watch` the columns they read.

    `subject` is what is found. A row is indexed when its batch is released: its own, or that of the `owner` row that
    `link` points at. `words` says that it is looked for by its words and not only by how it begins.
    """

    code: int
    name: str
    table: str
    watch: str
    key: Callable[[Sql, str], str]
    when: str = ""
    subject: str = "id"
    owner: str = ""
    link: str = ""
    row: str = "{t}.id"
    words: bool = False

    @property
    def view(self) -> str:
        """The view of these keys as the rows say them."""
        return f"find_of_{self.name.replace(' ', '_')}"

    def live(self, t: str) -> str:
        """Whether the row under alias `t` is to be found."""
        own = "({0}.batch_id IS NULL OR EXISTS(SELECT 1 FROM batch b WHERE b.id = {0}.batch_id AND b.released_at"
        own += " IS NOT NULL))"
        if self.owner:
            said = f"EXISTS(SELECT 1 FROM {self.owner} o WHERE o.id = {t}.{self.link} AND {own.format('o')})"
        else:
            said = own.format(t)
        return f"{said} AND {self.when.format(t=t)}" if self.when else said

    def select(self, sql: Sql, source: str, live: bool = True) -> str:
        """SELECT of kind, key, subject, the row's own name and its batch, from a table or what stands for it."""
        batch = f"(SELECT o.batch_id FROM {self.owner} o WHERE o.id = t.{self.link})" if self.owner else "t.batch_id"
        where = self.live("t") if live else self.when.format(t="t") or "true"
        rest = f"t.{self.subject} AS subject, {self.row.format(t='t')} AS row, {batch} AS batch FROM {source} t"
        if not self.words:
            return f"SELECT {self.code} AS kind, {self.key(sql, 't')} AS key, {rest} WHERE {where}"
        parts, last = [f"x0 AS (SELECT {self.key(sql, 't')} AS said, '' AS x, {rest} WHERE {where})"], "x0"
        for n, step in enumerate(sql.spoken(), 1):
            parts.append(f"x{n} AS (SELECT said, {step} AS x, subject, row, batch FROM {last})")
            last = f"x{n}"
        return f"WITH {', '.join(parts)} SELECT {self.code} AS kind, x AS key, subject, row, batch FROM {last}"


def _phone(sql: Sql, t: str) -> str:
    return f"ltrim({sql.bare(f'{t}.phone')}, '1')"


_PARTY, _TOLD = ("party", "search_name"), "{t}.phone IS NOT NULL AND length({t}.phone) >= 7"
# An old number is known with who gave it: one account may have the same from two systems.
_OLD = "{t}.system || '\t' || {t}.kind || '\t' || {t}.value"


def _old(sql: Sql, t: str) -> str:
    return f"{sql.bare(f'{t}.value')} || '\t' || {_OLD.format(t=t)}"


KEYS: Final = (
    Key(1, "name", *_PARTY, lambda _, t: f"{t}.search_name", words=True),
    Key(2, "place", "premise", "address, city", lambda _, t: f"{t}.address || ' ' || {t}.city", words=True),
    Key(
        *(3, "mail", "party", "mail_line1, mail_city"),
        lambda _, t: f"{t}.mail_line1 || ' ' || COALESCE({t}.mail_city, '')",
        "{t}.mail_line1 IS NOT NULL",
        words=True,
    ),
    Key(4, "situs", "parcel", "situs", lambda _, t: f"{t}.situs", "{t}.situs <> ''", words=True),
    Key(11, "account", "account", "number", lambda q, t: q.bare(f"{t}.number")),
    Key(
        *(12, "old account", "external_id", "value", _old, "{t}.subject_type = 'account'", "subject_id"),
        *("account", "subject_id", _OLD),
    ),
    Key(
        *(13, "old point", "external_id", "value", _old, "{t}.subject_type = 'point'", "subject_id"),
        *("service_point", "subject_id", _OLD),
    ),
    Key(14, "apn", "parcel", "apn", lambda q, t: q.bare(f"{t}.apn")),
    Key(15, "serial", "meter", "serial, placeholder", lambda q, t: q.bare(f"{t}.serial"), "{t}.placeholder = 0"),
    Key(16, "radio", "endpoint", "radio", lambda q, t: q.bare(f"{t}.radio"), owner="meter", link="meter_id"),
    Key(17, "phone", "party", "phone", _phone, _TOLD),
    Key(18, "line", "party", "phone", lambda q, t: f"substr({_phone(q, t)}, 4)", _TOLD),
    Key(19, "point", "service_point", "number", lambda q, t: q.bare(f"{t}.number")),
)
CODES: Final = {key.name: key for key in KEYS}
WORDS: Final = tuple(key for key in KEYS if key.words)
# Batches that bring rows of these tables; reads and money bring none, and are not searched for them.
_BRINGS = "NEW.kind NOT IN ('reads', 'receipts', 'bills')"
_INTO = "INSERT INTO find_key(kind, key, subject) SELECT kind, key, subject"
_GRAMS = "find_grams(' ' || key)"
_RELEASED = f"OLD.released_at IS NULL AND NEW.released_at IS NOT NULL AND {_BRINGS}"


def statements(d: Dialect) -> list[str]:
    """The index, what keeps it, and its first filling; the record's own numbers of money are indexed where they are."""
    sql = Sql(d.kind)
    out = d.ddl(
        "CREATE TABLE find_key(kind {int} NOT NULL, key {text} NOT NULL, subject {int} NOT NULL,"
        " PRIMARY KEY(kind, key, subject)) {clustered}"
    )
    out += [f"CREATE VIEW {key.view} AS {key.select(sql, key.table)}" for key in KEYS]
    every = " UNION ALL ".join(f"SELECT kind, key, subject FROM {key.view}" for key in KEYS)
    out.append(f"CREATE VIEW find_keys(kind, key, subject) AS {every}")
    out += _sqlite() if d.kind == "sqlite" else _postgres(d, sql)
    fill = " ".join(f"{_INTO} FROM {key.view} WHERE batch = NEW.id ORDER BY key, subject;" for key in KEYS)
    if d.kind == "sqlite":
        fill += "".join(f" {_merge(key, 'NEW.accepted')};" for key in WORDS)
        out.append(f"CREATE TRIGGER find_release AFTER UPDATE ON batch WHEN {_RELEASED} BEGIN {fill} END")
    else:
        out += [
            "CREATE FUNCTION find_release() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN IF {_RELEASED} THEN {fill} END IF; RETURN NULL; END $$",
            "CREATE TRIGGER find_release AFTER UPDATE ON batch FOR EACH ROW EXECUTE FUNCTION find_release()",
        ]
    out += [
        f"CREATE INDEX receipt_find_number ON receipt(({sql.bare('number')}))",
        f"CREATE INDEX receipt_find_trace ON receipt(({sql.bare('trace')})) WHERE trace IS NOT NULL",
        f"CREATE INDEX tender_find ON tender(({sql.bare('reference')})) WHERE reference IS NOT NULL",
        f"CREATE INDEX bill_find ON bill(({sql.bare('number')}))",
        f"CREATE INDEX suspense_find_reference ON suspense_line(({sql.bare('reference')})) WHERE state = 'suspense'",
        f"CREATE INDEX suspense_find_trace ON suspense_line(({sql.bare('trace')})) WHERE state = 'suspense'",
        "CREATE INDEX suspense_cents ON suspense_line(cents) WHERE state = 'suspense'",
        "CREATE INDEX receipt_cents ON receipt(cents)",
        "CREATE INDEX bill_cents ON bill(total_cents)",
        "CREATE INDEX item_cents ON receivable_item(cents)",
        f"{_INTO} FROM find_keys ORDER BY kind, key, subject",
    ]
    return out


def _tables() -> Iterator[tuple[str, list[Key]]]:
    for table, keys in groupby(sorted(KEYS, key=lambda key: key.table), lambda key: key.table):
        yield table, list(keys)


def _sqlite() -> list[str]:
    """An FTS5 table of trigrams for each key that is looked for by its words, and triggers a row.

    A row's keys are read from the view of them: before it changes to take the old ones out, after it for the new.
    """
    out = ["CREATE TABLE find_held(one INTEGER PRIMARY KEY CHECK(one = 1)) STRICT"]
    for key in WORDS:
        gram = f"find_{key.name}"
        out += [
            f"CREATE VIEW {gram}_text(id, text) AS SELECT subject, ' ' || key FROM find_key WHERE kind = {key.code}",
            f"CREATE VIRTUAL TABLE {gram} USING fts5(text, content='{gram}_text', content_rowid='id',"
            " tokenize='trigram case_sensitive 1', detail='none', columnsize=0)",
            f"CREATE TRIGGER {gram}_in AFTER INSERT ON find_key WHEN NEW.kind = {key.code} BEGIN"
            f" INSERT INTO {gram}(rowid, text) VALUES (NEW.subject, ' ' || NEW.key); END",
            f"CREATE TRIGGER {gram}_out AFTER DELETE ON find_key WHEN OLD.kind = {key.code} BEGIN"
            f" INSERT INTO {gram}({gram}, rowid, text) VALUES ('delete', OLD.subject, ' ' || OLD.key); END",
        ]
    for table, keys in _tables():
        put, drop = "", ""
        for key in keys:
            own = f"FROM {key.view} WHERE row = {key.row} AND subject = {{t}}.{key.subject}"
            put += f" {_INTO} {own.format(t='NEW')};"
            drop += " DELETE FROM find_key WHERE (kind, key, subject) IN (SELECT kind, key, subject"
            drop += f" {own.format(t='OLD')});"
        watch = ", ".join(dict.fromkeys(f"{key.watch}, {key.subject}" for key in keys))
        out += [
            f"CREATE TRIGGER find_in_{table} AFTER INSERT ON {table} WHEN {_now(keys)} BEGIN{put} END",
            f"CREATE TRIGGER find_off_{table} BEFORE UPDATE OF {watch} ON {table} BEGIN{drop} END",
            f"CREATE TRIGGER find_on_{table} AFTER UPDATE OF {watch} ON {table} BEGIN{put} END",
            f"CREATE TRIGGER find_out_{table} BEFORE DELETE ON {table} BEGIN{drop} END",
        ]
    return out


def _now(keys: Sequence[Key]) -> str:
    """Whether a row that comes in is to be found at once: not before its release, not one by one in a bulk load."""
    conditions = ["(NEW.batch_id IS NULL OR EXISTS(SELECT 1 FROM batch b WHERE b.id = NEW.batch_id AND b.released_at"]
    conditions[0] += " IS NOT NULL))"
    if any(key.owner for key in keys):
        conditions = ["true"]
    if any(key.words for key in keys):
        conditions.append("NOT EXISTS(SELECT 1 FROM find_held)")
    return " AND ".join(conditions)


def _postgres(d: Dialect, sql: Sql) -> list[str]:
    """For each key that is looked for by its words an index of its trigrams and one in the order of what is found;
    and triggers a statement, so that a COPY is indexed as a set."""
    out = [
        "CREATE FUNCTION find_grams(said text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS"
        " $$ DECLARE grams text[] := '{}'; BEGIN FOR n IN 1 .. length(said) - 2 LOOP"
        " grams := grams || substr(said, n, 3); END LOOP; RETURN grams; END $$"
    ]
    for key in WORDS:
        some = f"WHERE kind = {key.code}"
        # No list of what is still to be indexed: every search would read through it.
        out += [
            f"CREATE INDEX find_{key.name}_grams ON find_key USING gin(({_GRAMS})) WITH (fastupdate = off) {some}",
            f"CREATE INDEX find_{key.name}_order ON find_key(subject) INCLUDE (key) {some}",
        ]
    for table, keys in _tables():
        put = " ".join(f"{_INTO} FROM ({key.select(sql, 'fresh')}) AS f;" for key in keys)
        drop = " ".join(
            f"DELETE FROM find_key k USING ({key.select(sql, 'stale', live=False)}) AS o"
            " WHERE k.kind = o.kind AND k.key = o.key AND k.subject = o.subject;"
            for key in keys
        )
        out += d.after(f"find_in_{table}", "INSERT", table, put)
        out += d.after(f"find_new_{table}", "UPDATE", table, f"{drop} {put}")
        out += d.after(f"find_out_{table}", "DELETE", table, drop)
    return out


BULK: Final = frozenset(key.table for key in WORDS)
"""Tables whose bulk loads are indexed as a set: a trigram index taken row by row costs ten times as much."""


def _merge(key: Key, rows: str) -> str:
    """Put the parts of a trigram index together, with work that grows with the rows that came and not with the rest.

    Each part that is left costs every search a look.
    """
    return f"INSERT INTO find_{key.name}(find_{key.name}, rank) VALUES ('merge', -1 - {rows} / 20)"


def hold(db: Session, table: str) -> int | None:
    """On SQLite, before a bulk load into a table of BULK: its last id. `settle` must follow in the same transaction.

    None where the index is held already: whoever did so makes it anew.
    """
    if db.value("SELECT 1 FROM find_held"):
        return None
    last = int(db.value(f"SELECT COALESCE(MAX(id), 0) FROM {table}"))
    db.run("INSERT INTO find_held(one) VALUES (1)")
    return last


def settle(db: Session, table: str, last: int, count: int) -> None:
    """After a bulk load of `count` rows: index them in one go."""
    db.run("DELETE FROM find_held")
    where = f"s.row > {last}"
    if db.value(f"SELECT COUNT(*) FROM {table} WHERE id > ?", [last]) != count:  # some filled gaps among the ids
        where = "NOT EXISTS(SELECT 1 FROM find_key k WHERE k.kind = s.kind AND k.key = s.key AND k.subject = s.subject)"
    for key in KEYS:
        if key.table == table and count:
            db.run(f"{_INTO} FROM {key.view} s WHERE {where} ORDER BY key, subject")
            if key.words:
                db.run(_merge(key, str(count)))


def rebuild(db: Session) -> int:
    """Make the index anew from the rows it is of; how many keys stand. The caller writes."""
    same = "kind = {0}.kind AND o.key = {0}.key AND o.subject = {0}.subject"
    db.execute(f"DELETE FROM find_key WHERE NOT EXISTS(SELECT 1 FROM find_keys o WHERE o.{same.format('find_key')})")
    db.execute(f"{_INTO} FROM find_keys s WHERE NOT EXISTS(SELECT 1 FROM find_key o WHERE o.{same.format('s')})")
    if db.kind == "sqlite":
        for key in WORDS:
            db.execute(f"INSERT INTO find_{key.name}(find_{key.name}) VALUES ('rebuild')")
    return int(db.value("SELECT COUNT(*) FROM find_key"))


def differences(db: Session) -> Iterator[tuple[str, str]]:
    """Where the index differs from the rows it is of: a place of it, and what is wrong there.

    As no key stands twice, all that should stand and as many as should is all that stands.
    """
    same = "o.kind = s.kind AND o.key = s.key AND o.subject = s.subject"
    count = "SELECT kind, COUNT(*) FROM {} GROUP BY kind ORDER BY kind"
    missing = _lacking(db, "find_keys", f"NOT EXISTS(SELECT 1 FROM find_key o WHERE {same})")
    if missing or db.rows(count.format("find_key")) != db.rows(count.format("find_keys")):
        stale = _lacking(db, "find_key", f"NOT EXISTS(SELECT 1 FROM find_keys o WHERE {same})")
        yield from _told(stale, "stands for a row that is not to be found")
        yield from _told(missing, "is missing")


def _lacking(db: Session, table: str, where: str) -> list[Row]:
    return db.rows(f"SELECT s.kind, s.key, s.subject FROM {table} s WHERE {where} ORDER BY 1, 2, 3 LIMIT {MOST_TOLD}")


def _told(rows: Sequence[Row], wrong: str) -> Iterator[tuple[str, str]]:
    for code, text, subject in rows:
        yield f"{_NAMES.get(code, code)} {subject}", f"{text.partition(chr(9))[0]!r} {wrong}"


def torn(db: Session, key: Key) -> Iterator[tuple[str, str]]:
    """On SQLite: where the trigrams of a key differ from it. FTS5 compares by a command that counts as writing."""
    try:
        db.execute(f"INSERT INTO find_{key.name}(find_{key.name}, rank) VALUES ('integrity-check', 1)")
    except RecordError as fault:
        if fault.cause != "corrupt":
            raise
        yield f"find_{key.name}", "its trigrams are not those of the keys"


def begins(db: Session, wanted: Mapping[str, Sequence[str]], most: int) -> list[tuple[str, str, int]]:
    """Keys of the names in `wanted` that begin with the text they stand under, at most so many of each name.

    (name, key, subject), each name's in the order of its keys.
    """
    asked = [(CODES[name].code, text) for text, names in wanted.items() for name in names]
    if not asked:
        return []
    sql = _begins(tuple(code for code, _ in asked), most)
    rows = sorted(db.rows(sql, [value for _, text in asked for value in (text, text + END)]))
    return [(_NAMES[code], key, subject) for code, key, subject in rows]


_NAMES: Final = {key.code: key.name for key in KEYS}


@lru_cache(maxsize=64)
def _begins(codes: tuple[int, ...], most: int) -> str:
    # Numbers as such and not as parameters: SQLite plans a statement anew each time one of these is bound.
    return " UNION ALL ".join(
        f"SELECT kind, key, subject FROM (SELECT kind, key, subject FROM find_key WHERE kind = {code} AND key >= ?"
        f" AND key < ? ORDER BY key, subject LIMIT {most}) AS k{n}"
        for n, code in enumerate(codes)
    )


def holding(
    db: Session, names: Sequence[str], words: Sequence[str], most: int, looked_at: int | None = None
) -> dict[str, list[tuple[str, int]]]:
    """Of each of `names` the rows with every one of `words` in them: (key, subject), the longest known first.

    On SQLite of `looked_at` rows at most. A word with a blank before it begins a word there. A word under three
    characters, its blank with it, only chooses among what the others found; where all are so short, nothing is found.
    """
    out: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
    # Padded with what every text holds: few forms of the statement, so that each is planned once.
    padded = [*words, *[""] * ((2 if len(words) <= 2 else max(6, len(words))) - len(words))]
    asked: dict[str, list[str]] = {}
    every = [gram for word in words for gram in trigrams(word)]
    for name in names if every else ():
        known = sampled(db, name)
        grams = _rarest(known, words)
        if db.kind == "sqlite":
            given = " AND ".join('"' + each.replace('"', '""') + '"' for each in grams)
            bound = -1 if looked_at is None else looked_at
            out[name] = [row[:2] for row in db.rows(_sqlite_holding(name, len(padded), most, bound), [given, *padded])]
            continue
        if known.common(words):
            out[name] = [row[1:] for row in db.rows(_postgres_holding((name,), len(padded), most, walk=True), padded)]
        if len(out[name]) < most:
            asked[name] = grams
    if asked:
        for name in asked:
            out[name] = []
        params = [value for grams in asked.values() for value in (grams, *padded)]
        for code, said, subject in db.rows(_postgres_holding(tuple(asked), len(padded), most), params):
            out[_NAMES[code]].append((said, subject))
    return out


@lru_cache(maxsize=256)
def _sqlite_holding(name: str, words: int, most: int, bound: int) -> str:
    gram = f"find_{name}"
    # A LIMIT inside: the text is spelt once a row, not once a word.
    said = (
        f"SELECT v.key AS k, {gram}.rowid AS s FROM {gram} CROSS JOIN {CODES[name].view} v ON v.row = {gram}.rowid"
        f" WHERE {gram} MATCH ? ORDER BY {gram}.rowid LIMIT {bound}"
    )
    holds = " AND ".join(["instr(' ' || k, ?) > 0"] * words)
    return f"SELECT k, s FROM ({said}) AS said WHERE {holds} LIMIT {most}"


@lru_cache(maxsize=256)
def _postgres_holding(names: tuple[str, ...], words: int, most: int, walk: bool = False) -> str:
    """By trigrams, or (`walk`) one after the other: where many rows have all of them, the first are soon met."""
    holds = " AND ".join(["strpos(' ' || k, ?) > 0"] * words)
    parts = []
    for n, name in enumerate(names):
        said = f"SELECT kind, key AS k, subject AS s FROM find_key WHERE kind = {CODES[name].code}"
        if walk:
            said = f"SELECT kind, k, s FROM ({said} ORDER BY s LIMIT {_STEPS}) AS said"
        else:
            # Apart, so that no plan walks through the rows in their order where few of them are meant.
            said = f"WITH said AS MATERIALIZED ({said} AND {_GRAMS} @> ?) SELECT kind, k, s FROM said"
        parts.append(f"SELECT kind, k, s FROM ({said} WHERE {holds} ORDER BY s LIMIT {most}) AS k{n}")
    return " UNION ALL ".join(parts)


class Sample(msgspec.Struct, frozen=True):
    """Some hundred texts, and which of them have each trigram, a bit a text; to choose by, never to answer with."""

    texts: Sequence[str]
    having: Mapping[str, int]

    def count(self, gram: str) -> int:
        return self.having.get(gram, 0).bit_count()

    def common(self, words: Sequence[str]) -> bool:
        """Whether one in some hundred rows has all of the words: to meet enough of them one after the other then
        takes less than to fetch all that a trigram index names, each from a page of its own."""
        both = (1 << len(self.texts)) - 1
        for gram in (gram for word in words for gram in trigrams(word)):
            both &= self.having.get(gram, 0)
        seen, enough = 0, max(len(self.texts), _SURE * _SELDOM)
        while both and seen * _SELDOM < enough:
            text = self.texts[both.bit_length() - 1]
            seen += all(word in text for word in words)
            both &= ~(1 << both.bit_length() - 1)
        return seen * _SELDOM >= enough


_known: WeakKeyDictionary[Session, dict[str, Sample]] = WeakKeyDictionary()


def sampled(db: Session, name: str) -> Sample:
    """How often each trigram is met; asked once a session."""
    known = _known.setdefault(db, {})
    if name not in known:
        key = CODES[name]
        last = int(db.value(f"SELECT COALESCE(MAX(id), 0) FROM {key.table}"))
        ids = ", ".join(str(n) for n in range(1, last + 1, max(1, last // _SAMPLE[db.kind]))) or "0"
        texts = f"SELECT key FROM {key.view} WHERE row IN ({ids})"
        if db.kind == "postgres":
            texts = f"SELECT key FROM find_key WHERE kind = {key.code} AND subject IN ({ids})"
        having: dict[str, int] = {}
        said = [f" {text}" for (text,) in db.rows(texts) if text]
        for n, text in enumerate(said):
            for gram in trigrams(text):
                having[gram] = having.get(gram, 0) | 1 << n
        known[name] = Sample(said, having)
    return known[name]


def trigrams(text: str) -> list[str]:
    """The runs of three characters, each once, in order."""
    return list(dict.fromkeys(text[n : n + 3] for n in range(len(text) - 2)))


def _rarest(known: Sample, words: Sequence[str]) -> list[str]:
    """The trigrams to look by, the rarest first: one of each word unless far more rows have it, three in all.

    A trigram costs its list to walk through, a row that has them all its text to look at.
    """
    each = [sorted(trigrams(word), key=known.count) for word in words]
    pool = sorted((gram for grams in each for gram in grams), key=known.count)
    worth = _ROW_TO_STEP * max(1, known.count(pool[0])) if pool else 0
    chosen = [grams[0] for grams in each if grams and known.count(grams[0]) <= worth]
    most = max(_LEAST_GRAMS, len(chosen))
    return sorted(list(dict.fromkeys([*chosen, *pool]))[:most], key=known.count)
