"""Rows that could not go in: listed, shown, mended, kept or dropped, each decision an act that heals the worklist."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.makers import named, spellings
from ubtui.db.models.office import LinkedRow, StagedRow
from ubtui.detectors.billing import staged_account
from ubtui.detectors.meters import meters_of_row
from ubtui.detectors.quality import released_on
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account
from ubtui.domain.text import clean_text
from ubtui.exchange.fields import convert
from ubtui.exchange.profile import FIELDS, Kind, load
from ubtui.services.imports.between import written
from ubtui.services.imports.links import remember
from ubtui.services.imports.reads import ReadTaker
from ubtui.services.imports.stage import taker
from ubtui.services.imports.taking import STRANGE, Line, Taker, Verdict, stranger
from ubtui.services.reads import Review, reason, review, summarise

_SHOWN = (
    "SELECT s.id, s.batch_id, b.source, b.profile, s.row_no, s.kind, s.reason, s.sentence, s.state, p.number, s.period,"
    " s.cents, s.fields, s.decided_by, s.why, s.point_id, s.register_id, s.account_id, s.stranger FROM staged_row s"
    " JOIN batch b ON b.id = s.batch_id AND b.released_at IS NOT NULL LEFT JOIN service_point p ON p.id = s.point_id"
)


class Staged(msgspec.Struct, frozen=True):
    """A staged row: where it came from, why it stays, its fields as the file has them, what was decided."""

    row: int
    batch: int
    source: str
    profile: str
    row_no: int
    kind: str
    reason: str
    sentence: str
    state: str
    point: str | None
    period: str | None
    money_cents: int
    fields: dict[str, str]
    decided_by: str | None
    why: str | None


def staged(
    look: Look, kind: str = "", reason: str = "", state: str = "staged", batch: int | None = None, after: int = 0,
    most: int = 1000,
) -> tuple[Staged, ...]:  # fmt: skip
    """Staged rows of released batches in order of their numbers, from the one behind `after`."""
    wanted = {"s.kind": kind, "s.reason": reason, "s.state": state, "s.batch_id": batch}
    asked = {column: value for column, value in wanted.items() if value not in ("", None)}
    where = " AND ".join([f"{column} = ?" for column in asked] + ["s.id > ?"])
    rows = look.db.rows(f"{_SHOWN} WHERE {where} ORDER BY s.id LIMIT ?", [*asked.values(), after, most])
    return tuple(_shown(row) for row in rows)


def one(look: Look, row: int) -> Staged:
    """One staged row; BadValue if there is none of that number."""
    found = look.db.one(f"{_SHOWN} WHERE s.id = ?", [row])
    if found is None:
        raise BadValue(f"Staged row {row} is not there: see `ubtui import staged list`.")
    return _shown(found)


def _shown(row: tuple[Any, ...]) -> Staged:
    names = Staged.__struct_fields__
    return msgspec.convert(
        dict(zip(names, [*row[:12], msgspec.json.decode(row[12]), *row[13:15]], strict=True)), Staged
    )


class Mend(Form, frozen=True, kw_only=True):
    """Fields of a staged row put right; the row goes in if it is right then."""

    row: Annotated[int, msgspec.Meta(description="number of the staged row")]
    set: Annotated[tuple[str, ...], msgspec.Meta(description="fields put right, field=value", min_length=1)]


class Decide(Form, frozen=True, kw_only=True):
    """Keep a staged row (it goes in; a second read takes the place of the first) or drop it."""

    row: Annotated[int, msgspec.Meta(description="number of the staged row")]
    decision: Annotated[Literal["keep", "drop"], msgspec.Meta(description="keep or drop")]
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
    alike: Annotated[bool, msgspec.Meta(description="yes: every waiting row that names the same unknown meter")] = False


class Link(Form, frozen=True, kw_only=True):
    """Rows of a meter that nothing fits are those of a meter of the record."""

    row: Annotated[int, msgspec.Meta(description="number of a staged row; all that name its meter go with it")]
    meter: Annotated[str, msgspec.Meta(description="the meter it is, maker/serial", min_length=3, max_length=81)]
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=500)]
    always: Annotated[bool, msgspec.Meta(description="yes: files to come mean this meter by that serial too")] = True
    instead: Annotated[bool, msgspec.Meta(description="yes: until now that serial stood for another meter")] = False


class Decided(msgspec.Struct, frozen=True):
    """What became of the row: mended, kept or dropped; `held` with its code when it went in held.

    `also` counts rows of the same unknown meter that went the same way; `stay` those that wait on, for `because`.
    """

    row: int
    state: str
    held: str = ""
    also: int = 0
    stay: int = 0
    because: str = ""


@act("staged.mend")
def mend(work: Work, form: Mend) -> Decided:
    """Put fields of a staged row right and take it in."""
    row = _open(work, form.row)
    fields: dict[str, str] = msgspec.json.decode(row[12])
    before = dict(fields)
    kind: Kind = row[5]
    for pair in form.set:
        name, equals, text = pair.partition("=")
        if not equals or name not in FIELDS[kind]:
            raise Refused(
                f"{pair[:60]!r} sets no field of {kind}",
                rule="staged rows",
                cure=f"write field=value with one of {', '.join(FIELDS[kind])}",
                bad_input=True,
            )
        fields[name] = clean_text(text, 200).strip()
    work.detail(before=before, after=fields)
    taking, verdict = _judged(work, row, fields)
    if verdict.state == "staged" and verdict.reason == _SECOND and fields != before:
        return _waits(work, row, verdict, fields)
    return _settle(work, row, "mended", "fields put right", _in(work, row, taking, verdict))


@act("staged.decide")
def decide(work: Work, form: Decide) -> Decided:
    """Keep or drop a staged row. A kept duplicate voids the read that is in, if that is not billed."""
    row, why = _open(work, form.row), reason(form.reason)
    work.detail(reason=why)
    rows = [row, *(_alike(work, row) if form.alike else ())]
    if form.decision == "drop":
        return _told([_settle(work, each, "dropped", why, None) for each in rows])
    if row[6] == "bad-row":
        raise Refused(
            f"row {form.row} has columns too many or too few: its fields are a guess",
            rule="bad-row",
            cure="mend it, naming the fields you looked at, or drop it",
        )
    if form.alike and row[18] is not None:
        return _told([_placed(work, each, why, msgspec.json.decode(each[12])) for each in rows])
    if row[6] == _SECOND:
        _make_room(work, row, why)
    return _settle(work, row, "kept", why, _taken(work, row, msgspec.json.decode(row[12])))


@act("staged.link")
def link(work: Work, form: Link) -> Decided:
    """Say which meter the rows of an unknown one are of: they go in, or wait on for what else is wrong with them.

    Unless it is for this time alone the serial is kept beside the meter's own, so that the next file is understood.
    """
    row, why = _open(work, form.row), reason(form.reason)
    if row[18] is None or row[5] != "reads":
        raise Refused(
            f"row {form.row} waits for another reason, {row[6]}", rule="staged rows", cure="mend it, keep it or drop it"
        )
    maker, serial = named(work.db, form.meter)
    made, makers = spellings(work.db, maker, serial)
    meter = work.db.one(
        f"SELECT m.id, m.maker, m.serial FROM meter m WHERE m.serial = ? AND m.maker{made}"
        " AND EXISTS(SELECT 1 FROM live_install i WHERE i.meter_id = m.id)",
        [serial, *makers],
    )
    if meter is None:
        raise Refused(f"no meter {form.meter[:60]} hangs or hung here", rule="meters", cure="write maker/serial")
    said = msgspec.json.decode(row[12]).get("serial", "").strip()
    if form.always and said and said != meter[2]:
        remember(work.db, said, meter[0], form.instead)
    work.detail(reason=why)
    work.fact(meter=f"{meter[1]}/{meter[2]}", always=form.always)
    done = []
    for each in (row, *_alike(work, row)):
        given: dict[str, str] = msgspec.json.decode(each[12])
        said = given.get("serial", "").strip()
        texts = {name: "" if name in _NAMES else text for name, text in given.items()}
        texts |= {_FILES + name: given[name] for name in _NAMES if name in given}
        done.append(_placed(work, each, why, {**texts, "maker": meter[1], "serial": meter[2]}))
        if said not in ("", meter[2]) and done[-1].state != _STRANGE:
            work.db.insert(LinkedRow, batch_id=each[1], row_no=each[4], serial=said)
    return _told(done)


_NAMES: Final = ("maker", "serial", "radio", "point", "account")
"""What a row of reads names its meter by."""
_FILES: Final = "file's "  # before the name of a field as the file has it, where a link put another in its place
_STRANGE: Final = "strange"
_SECOND: Final = "duplicate-read"


def _alike(work: Work, row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The other rows that wait for the same unknown meter, as their file has them."""
    if row[18] is None:
        return []
    sql = f"{_SHOWN} WHERE s.stranger = ? AND s.state = 'staged' AND s.id <> ? ORDER BY s.id"
    return list(work.db.rows(sql, [row[18], row[0]]))


def _placed(work: Work, row: tuple[Any, ...], why: str, texts: dict[str, str]) -> Decided:
    """Take a row in whose meter is known now; where something else is wrong with it, it waits for that."""
    taking, verdict = _judged(work, row, texts)
    if verdict.state in ("accepted", "held"):
        return _settle(work, row, "kept", why, _written(work, row, taking, verdict))
    if verdict.reason in STRANGE:
        return Decided(row[0], _STRANGE, stay=1, because=verdict.sentence)
    return _waits(work, row, verdict, texts)


def _waits(
    work: Work, row: tuple[Any, ...], verdict: Verdict, texts: dict[str, str], unknown: str | None = None
) -> Decided:
    """A row waits on with these fields, for what the record says of it: understood now, or of an `unknown` meter."""
    head, _, _ = row[7].partition(": ")
    work.db.update(
        StagedRow, row[0], reason=verdict.reason, sentence=f"{head}: {verdict.sentence}", stranger=unknown,
        fields=msgspec.json.encode(texts).decode(), point_id=verdict.point_id, account_id=verdict.account_id,
        register_id=verdict.register_id, period=verdict.period,
    )  # fmt: skip
    for key in filter(None, (row[18], unknown)):
        work.touch("text", key)
    if verdict.point_id is not None:
        work.touch("point", work.db.value("SELECT number FROM service_point WHERE id = ?", [verdict.point_id]))
    return Decided(row[0], "staged", stay=1, because=verdict.sentence)


def asked_again(work: Work, serial: str, meter_id: int) -> list[int]:
    """Rows that wait as reads of a meter by a serial that is its no more: they name again what their file did, and
    wait for whose it is. Their numbers."""
    sql = (
        f"{_SHOWN} WHERE s.state = 'staged' AND s.kind = 'reads' AND s.register_id IN"
        " (SELECT g.id FROM register g WHERE g.meter_id = ?) ORDER BY s.id"
    )
    found = []
    for row in work.db.rows(sql, [meter_id]):
        texts: dict[str, str] = msgspec.json.decode(row[12])
        files = {name: texts[_FILES + name] for name in _NAMES if _FILES + name in texts}
        ours = _NAMES if files else ()
        given = {n: text for n, text in texts.items() if not n.startswith(_FILES) and n not in ours} | files
        if given.get("serial", "").strip() != serial:
            continue
        verdict = _judged(work, (*row[:15], None, *row[16:]), given)[1]
        _waits(work, row, verdict, given, stranger(row[5], verdict.reason, given))
        work.db.run("DELETE FROM linked_row WHERE batch_id = ? AND row_no = ?", [row[1], row[4]])
        if row[9] is not None:
            work.touch("point", row[9])
        found.append(int(row[0]))
    return found


def _told(done: list[Decided]) -> Decided:
    """One answer for rows that were decided together; Refused where not one of them went anywhere."""
    gone = sorted((each for each in done if each.state != _STRANGE), key=lambda each: each.stay)
    because = next((each.because for each in done if each.stay), "")
    if not gone:
        raise Refused(because, rule="staged rows", cure="name another meter, mend the row, or drop it")
    also = sum(not each.stay for each in done[1:])
    return Decided(done[0].row, gone[0].state, gone[0].held, also, sum(each.stay for each in done), because)


def _open(work: Work, number: int) -> tuple[Any, ...]:
    row = work.db.one(f"{_SHOWN} WHERE s.id = ?", [number])
    if row is None:
        raise Refused(
            f"there is no staged row {number}",
            rule="staged rows",
            cure="see ubtui import staged list",
            bad_input=True,
        )
    if row[8] != "staged":
        raise Refused(
            f"row {number} was {row[8]} by {row[13]}",
            rule="a decision stands",
            cure="import the read again if it is needed",
        )
    return row


def _make_room(work: Work, row: tuple[Any, ...], why: str) -> None:
    """Void the regular reads that the register has for the period of the row that takes their place."""
    sql = (
        "SELECT read_on, seq FROM live_read WHERE register_id = ? AND period = ? AND kind = 'regular'"
        " AND status <> 'void' ORDER BY read_on, seq"
    )
    which = work.db.one(
        "SELECT m.maker, m.serial, g.n FROM register g JOIN meter m ON m.id = g.meter_id WHERE g.id = ?", [row[16]]
    )
    if which is None:
        return
    for on, seq in work.db.rows(sql, [row[16], row[10]]):
        form = Review(
            point=row[9], read_on=parse_day(on), seq=seq, code="R15", decision="void", reason=why,
            meter=f"{which[0]}/{which[1]}", register=which[2],
        )  # fmt: skip
        review(work, form)


def _taken(work: Work, row: tuple[Any, ...], fields: dict[str, str]) -> Verdict:
    """Judge the row alone, as the record now stands, and write it into its own batch; Refused if it cannot go in."""
    return _in(work, row, *_judged(work, row, fields))


def _in(work: Work, row: tuple[Any, ...], taking: Taker, verdict: Verdict) -> Verdict:
    """Write a row as it was judged; Refused if it cannot go in."""
    if verdict.state in ("staged", "passed"):
        raise Refused(verdict.sentence, rule=verdict.reason, cure="mend the row, or drop it with a reason")
    return _written(work, row, taking, verdict)


def _judged(work: Work, row: tuple[Any, ...], fields: dict[str, str]) -> tuple[Taker, Verdict]:
    """The verdict on a row alone, as the record now stands; Refused where its fields cannot be read."""
    kind: Kind = row[5]
    try:
        profile = load(row[3], kind)
    except (OSError, BadValue) as exc:
        raise Refused(
            f"profile {row[3]} of batch {row[1]} cannot be used: {exc}", rule="profiles", cure="put the profile back"
        ) from exc
    if row[6] == "card-number" and (starred := [name for name, text in fields.items() if "****" in text]):
        raise Refused(f"{starred[0]} held a card number", rule="card-number", cure=f"mend it: {starred[0]}=…")
    values, faults = convert(profile, fields)
    if faults:
        first = faults[0]
        raise Refused(first.sentence, rule=first.reason, cure="mend the field", bad_input=first.reason == "bad-value")
    taking = taker(work, kind, profile)
    taking.batch_id = row[1]
    if isinstance(taking, ReadTaker):
        taking.between = True
    return taking, _alone(taking, Line(1, 1, list(fields.values()), fields, values), row[15])


def _written(work: Work, row: tuple[Any, ...], taking: Taker, verdict: Verdict) -> Verdict:
    """Write a verdict on one row into the row's own batch."""
    written(work, taking, verdict, row[1], row[4])
    if verdict.register_id is not None and row[5] in ("reads", "usage"):
        summarise(work.db, [verdict.register_id])
    if taking.placeholders and (day := released_on(work.db, row[1])):
        work.touch("run", f"import/{day}")
    return verdict


def _alone(taking: Taker, line: Line, point_id: int | None) -> Verdict:
    if taking.looks_ahead:
        taking.survey([line])
    taking.surveyed()
    if point_id is not None:
        taking.pin(line, point_id)
    return taking.judge([line])[0]


def _settle(work: Work, row: tuple[Any, ...], state: str, why: str, verdict: Verdict | None) -> Decided:
    point_id = verdict.point_id if verdict and verdict.point_id else row[15]
    work.db.update(
        StagedRow, row[0], state=state, decided_by=work.actor.name, decided_at=work.now, why=why,
        point_id=point_id, period=verdict.period if verdict and verdict.period else row[10],
    )  # fmt: skip
    if point_id is not None:
        work.touch("point", work.db.value("SELECT number FROM service_point WHERE id = ?", [point_id]))
    if row[18] is not None:
        work.touch("text", row[18])
    if (account_id := (verdict.account_id if verdict else None) or row[17]) is not None:
        number = work.db.value("SELECT number FROM account WHERE id = ?", [account_id])
        work.touch("account", format_account(number))
    if row[5] == "meters":  # the meter that has the row's serial already, and the year's meters
        for subject in meters_of_row(work.db, row[12], work.today):
            work.touch(subject.type, subject.key)
    if row[5] == "accounts":  # the item of a row that was kept back, by its number or its import
        day = released_on(work.db, row[1])
        if (number := staged_account(row[12])) is not None:
            work.touch("account", number)
        elif day is not None:
            work.touch("run", f"import/{day}")
    work.fact(row=row[0], batch=row[1], state=state, kind=row[5])
    return Decided(row[0], state, verdict.reason if verdict and verdict.state == "held" else "")
