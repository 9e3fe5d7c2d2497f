"""One decision for many held reads: each row by itself, as the act of its own would; what cannot be done is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import structs

from ubtui.act import Form, Refused, Work, act, linked, refusal
from ubtui.db.calendars import office
from ubtui.db.errors import RuleBroken
from ubtui.detectors.readings.summaries import CLEARS
from ubtui.detectors.registry import CODES
from ubtui.domain.holds import PRIOR
from ubtui.domain.register import BELOW, OVER
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services.reads import expecting
from ubtui.services.reads.estimating import Estimate, estimate
from ubtui.services.reads.held import ALL, LIVE, Named, wanted
from ubtui.services.reads.placing import reason
from ubtui.services.reads.review import Review, review

SOON: Final = 3  # office days in which a meter is read again
MOST: Final = 2000
EXTREMES: Final = (OVER, "R06")  # held for these, a read is extreme, whatever became of its item
_FIGURES: Final = 4


class Decide(Form, frozen=True, kw_only=True):
    """One decision on many held reads."""

    decision: Annotated[
        Literal["release", "estimate", "reread", "defer"],
        msgspec.Meta(description="release, estimate, reread or defer"),
    ]
    reason: Annotated[str, msgspec.Meta(description="why, for the record", min_length=3, max_length=200)]
    otherwise: Annotated[
        Literal["", "estimate", "reread"],
        msgspec.Meta(
            description="what becomes of a read that cannot be decided so: estimate or reread; empty: it stays"
        ),
    ] = ""
    filter: Annotated[
        str, msgspec.Meta(max_length=500, description="which: code:R04 route:101 units<40; ALL: every one")
    ] = ""
    reads: Annotated[
        list[str],
        msgspec.Meta(max_length=MOST, description="or the reads by name, POINT/DAY/NUMBER/REGISTER/METER"),
    ] = []
    until: Annotated[
        date | None,
        msgspec.Meta(description="the day a deferred read comes back; the day a meter is to be read again by"),
    ] = None
    extremes: Annotated[
        bool, msgspec.Meta(description="yes: a release of many takes reads of extreme use too; no: those stay held")
    ] = False


class Outcome(msgspec.Struct, frozen=True):
    """What became of one read, and by which decision; where nothing could be done, `told` is the reason and nothing of
    it was changed. `extreme` are the figures of one that is held for extreme use, "" of any other."""

    read: str
    point: str
    done: bool
    told: str
    by: str = ""
    extreme: str = ""


class Decided(msgspec.Struct, frozen=True):
    """How many reads were decided and how many not, how many by each decision, and what became of each; `spared` are
    the extreme ones that a release of many left held."""

    decision: str
    done: int
    left: int
    rows: list[Outcome]
    by: dict[str, int] = {}
    spared: int = 0


_HELD: Final = (
    "SELECT r.register_id, r.seq, r.status, r.held_code, r.period, COALESCE(s.rollover, 0), s.raw_use, r.value,"
    " COALESCE(r.usage, s.raw_use)"
    " FROM live_point p JOIN read r ON r.point_id = p.id JOIN register g ON g.id = r.register_id"
    " JOIN meter m ON m.id = g.meter_id LEFT JOIN read_summary s ON s.register_id = r.register_id"
    " AND s.read_on = r.read_on AND s.seq = r.seq WHERE p.number = ? AND r.read_on = ? AND r.seq = ? AND g.n = ?"
    " AND m.maker || '/' || m.serial = ?"
)


class _Held(NamedTuple):
    read: Named
    register_id: int
    status: str
    code: str
    period: str
    past_zero: bool
    below: bool
    value: int | None
    use: int | None


@act("read.decide")
def decide(work: Work, form: Decide) -> Decided:
    """Release, estimate, read again or defer held reads: each by itself as the act of its own would, the earliest
    first; what cannot be done is told and changes nothing of that read. Refused where nothing can be done at all.

    A release confirms a read for every code that holds it; one that stands below the one before is released only where
    the counter passed zero, else it is decided by itself, or as `otherwise` says, for the same reason. One of extreme
    use is released by its own name alone, or with others where `extremes` says so; else it stays held.
    """
    why = reason(form.reason)
    ways = list(filter(None, (form.decision, form.otherwise)))
    if len(ways) > 1 and form.otherwise not in _ELSE.get(form.decision, ()):
        raise Refused(
            f"{form.otherwise} is no way out of {form.decision}", rule="held reads",
            cure="leave it out; release goes before an estimate or a reread, an estimate before a reread",
            bad_input=True,
        )  # fmt: skip
    if form.decision == "defer" and (form.until is None or form.until <= work.today):
        raise Refused(
            "a deferred read comes back on a day", rule="waiting", cure="name a day after today", bad_input=True
        )
    if form.until is not None and not {"defer", "reread"} & set(ways):
        raise Refused("a day goes with a deferral or a reread", rule="held reads", cure="leave it out", bad_input=True)
    if bool(form.filter.strip()) == bool(form.reads):
        raise Refused(
            "say which reads", rule="held reads", cure=f"give a filter ({ALL}: every one), or reads by name",
            bad_input=True,
        )  # fmt: skip
    reads = form.reads or wanted(work, form.filter)
    if not reads:
        raise Refused(
            "no read is held that the filter lets through", rule="held reads",
            cure="look at `ubtui reads held`, with the filter or without",
        )  # fmt: skip
    if len(reads) > MOST:
        raise Refused(
            f"{len(reads):,} reads are held so", rule="held reads", cure=f"narrow the filter to {MOST:,} at most"
        )
    rows: dict[str, Outcome] = {}
    freed: dict[int, date] = {}  # the newest read of a register that was decided here
    within = expecting.expectations(work) if form.decision == "release" else None
    spared: dict[int, date] = {}  # the newest read of a register that is left held as extreme
    extremes = 0  # such reads
    for text in sorted(dict.fromkeys(reads), key=lambda each: (_named(each).on, each)):
        read, said, odd = _named(text), [], ""
        for way in ways:
            alone = structs.replace(work, subjects={}, facts={}, details={})
            try:
                with work.db.writing():  # within the act's own transaction: what fails is taken back by itself
                    found = _held(alone, read, freed)
                    follows = found.register_id in freed and (found.status != "held" or found.code == PRIOR)
                    odd = _extreme(work, found, within) if way == "release" and not follows else odd
                    if odd and not form.extremes and len(form.reads) != 1:
                        raise _Spared(f"extreme use, {odd}")
                    if way == "release" and found.code == PRIOR and found.register_id in spared:
                        raise _Spared(f"follows the extreme read of {spared[found.register_id]}, which stays held")
                    told = (
                        f"follows the read of {freed[found.register_id]}"
                        if follows and way in ("release", "estimate")
                        else _DO[way](alone, form, found, why)
                    )
            except _Spared as exc:
                spared[found.register_id], extremes, said = read.on, extremes + bool(odd), [str(exc)]
                break
            except (Refused, RuleBroken) as exc:
                no = refusal(exc)
                said.append(no.reason + (f": {no.cure}" if no.cure else ""))
                continue
            freed[found.register_id] = read.on
            rows[text] = Outcome(text, read.point, True, told, way, odd)
            for subject in alone.subjects:
                work.touch(subject.type, subject.key)
            work.touch("point", read.point)
            break
        if text not in rows:
            rows[text] = Outcome(text, read.point, False, "; ".join(dict.fromkeys(said)), extreme=odd)
    out = [rows[text] for text in dict.fromkeys(reads)]
    by = Counter(each.by for each in out if each.done)
    done = by.total()
    if not done:
        cure = "look at each, then say that extremes are meant too (--extremes)" if extremes else ""
        if len(out) == 1:
            raise Refused(f"{out[0].point} {out[0].told}", rule="held reads", cure=cure)
        first = "; ".join(f"{each.point} {each.told}" for each in out[:3])
        more = f"; and {len(out) - 3} more" if len(out) > 3 else ""
        raise Refused(f"nothing could be done: {first}{more}", rule="held reads", cure=cure)
    work.fact(
        decision=form.decision, reads=done, left=len(out) - done, otherwise=by[form.otherwise],
        extremes=sum(bool(each.extreme) for each in out if each.done),
    )  # fmt: skip
    work.detail(reason=why, rows=out)
    return Decided(form.decision, done, len(out) - done, out, {way: by[way] for way in ways}, extremes)


class _Spared(Exception):
    """A release of many leaves this read held: it is extreme, or stands on one that is."""


def _extreme(work: Work, found: _Held, within: expecting.Bounds | None) -> str:
    """The figures of a read that is held for extreme use; "" of any other."""
    if found.code not in EXTREMES and not any(key.code == "R06" for key in _items(work, found)):
        return ""
    known = expecting.of_read(work, found.register_id, found.read.on.isoformat(), found.read.seq, within)
    value, use = ("unknown" if n is None else f"{n:,}" for n in (found.value, found.use))
    return f"read {value}, use {use}, {str(known) or 'nothing is expected of it'}"


def _named(text: str) -> Named:
    parts = text.strip().split("/", 4)
    try:
        point, on, seq, register, meter = parts
        if len(seq) > _FIGURES or len(register) > _FIGURES:
            raise ValueError(text)
        return Named(point, date.fromisoformat(on), int(seq), int(register), meter)
    except ValueError:
        raise Refused(
            f"{text[:60]!r} names no read", rule="held reads", cure="give POINT/DAY/NUMBER/REGISTER/METER",
            bad_input=True,
        ) from None  # fmt: skip


def _held(work: Work, read: Named, freed: Mapping[int, date]) -> _Held:
    """The held read of that name, which this person may decide now; or one that was let go with the read before it."""
    from ubtui.services.worklist import held_by_other

    subject = Subject("point", read.point)
    if (no := linked(work, [subject]) or held_by_other(work, subject)) is not None:
        raise no
    row = work.db.one(_HELD, [read.point, read.on.isoformat(), read.seq, read.register, read.meter])
    if row is None:
        raise Refused("has no such read", rule="held reads")
    if row[2] != "held" and not (row[2] == "released" and row[0] in freed):
        raise Refused(f"is not held any more, it is {row[2]}", rule="held reads")
    return _Held(
        read, row[0], row[2], row[3] or "", row[4], bool(row[5]), row[3] == BELOW or row[6] is not None, *row[7:]
    )


def _codes(work: Work, found: _Held) -> list[str]:
    """What holds a read, the code that says so first: of its items those that hold, and what its status names."""
    live = [key.code for key in _items(work, found) if key.code != PRIOR]
    named = CLEARS.get(found.code, ())
    own = next((code for code in live if code in named), None) or next(iter((*named, *live, "R09")))
    return list(dict.fromkeys([own, *sorted(code for code in live if CODES[code].holds)]))


def _items(work: Work, found: _Held) -> Iterator[ItemKey]:
    """The items that stand about a read, those of the read behind it among them."""
    on = found.read.on.isoformat()
    for code, key, period, evidence in work.db.rows(
        "SELECT code, subject_key, period, evidence FROM work_item WHERE subject_type = 'point' AND subject_key = ?"
        f" AND period = ? AND grp = 'R' AND state IN {LIVE} ORDER BY priority DESC, code",
        [found.read.point, found.period],
    ):
        told = json.loads(evidence)
        if on in (told.get("prior_on"), told.get("read_on", on)) and code in CODES:
            yield ItemKey(code, Subject("point", key), period)


def _which(found: _Held) -> dict[str, Any]:
    read = found.read
    return {
        "point": read.point, "read_on": read.on, "seq": read.seq, "meter": read.meter, "register": read.register,
    }  # fmt: skip


def _release(work: Work, form: Decide, found: _Held, why: str) -> str:
    decision: Literal["confirmed", "rollover"] = "confirmed"
    codes = _codes(work, found)
    if found.below:
        if not found.past_zero:
            raise Refused("stands below the read before it", rule="held reads", cure="decide it by itself")
        decision, codes = "rollover", codes[:1]
    for code in codes:
        got = review(work, Review(code=code, decision=decision, reason=why, **_which(found)))
    use = "" if got.usage is None else f", use {got.usage:,}"
    return f"released{use}" + (", past zero" if decision == "rollover" else "")


def _estimate(work: Work, form: Decide, found: _Held, why: str) -> str:
    code = _codes(work, found)[0]
    review(work, Review(code=code, decision="void", reason=why, **_which(found)))
    got = estimate(work, Estimate(point=found.read.point, period=found.period, reason=why))
    return "estimated, " + ", ".join(f"use {each.usage:,}" for each in got.reads)


def _reread(work: Work, form: Decide, found: _Held, why: str) -> str:
    from ubtui.services.orders.acts import Create, create

    due = form.until or office(work.db, work.today, work.today).add(work.today, SOON)
    item = next(map(str, _items(work, found)), "")
    got = create(work, Create(point=found.read.point, kind="reread", due_on=due, instructions=why, item=item))
    return f"{got.order} to read again by {got.due_on}"


def _defer(work: Work, form: Decide, found: _Held, why: str) -> str:
    from ubtui.services.worklist.acts import Wait, wait

    assert form.until is not None
    keys = [str(key) for key in _items(work, found)]
    if not keys:
        raise Refused("no item is about it", rule="held reads", cure="look at the worklist again")
    for key in keys:
        wait(work, Wait(item=key, until=form.until, wait_for=why))
    return f"waits until {form.until}"


_ELSE: Final = {"release": ("estimate", "reread"), "estimate": ("reread",)}
_DO: Final = {"release": _release, "estimate": _estimate, "reread": _reread, "defer": _defer}
