"""The fix table: which acts take away the cause of an item, their fields filled in from its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec import structs

from ubtui.act import Act, Form, Look, Work, linked, permissions
from ubtui.detectors.registry import CODES
from ubtui.domain.errors import BadValue
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.services.fixes import (
    any_item,
    arrivals,
    collecting,
    coming,
    connecting,
    field,
    people,
    proposals,
    readings,
    requests,
    settings,
    takings,
    twice,
)
from ubtui.services.fixes.draft import Draft, Maker
from ubtui.services.forms import FieldSpec, act_named, fields
from ubtui.services.triage import triaged
from ubtui.services.worklist import ItemView, ended, held_by_other
from ubtui.services.worklist.export import fixes_of

# An area is a file with the TITLES of its acts and, where evidence fills their fields in, their MAKERS.
_AREAS: Final = (
    any_item,
    arrivals,
    collecting,
    coming,
    connecting,
    field,
    people,
    proposals,
    readings,
    requests,
    settings,
    takings,
    twice,
)
TITLES: Final[dict[str, str]] = {act: title for area in _AREAS for act, title in area.TITLES.items()}
MAKERS: Final[dict[str, Maker]] = {act: maker for area in _AREAS for act, maker in area.MAKERS.items()}


@dataclass(frozen=True)
class Offer:
    """One way to act on an item: the act, its fields as far as they are known, and what speaks for it.

    `likely`: the evidence points here; `odds`, where causes were weighed: likely, possible or unlikely.
    """

    act: str
    title: str
    fields: tuple[FieldSpec, ...]
    likely: bool = False
    why: str = ""
    odds: str = ""

    def values(self) -> dict[str, str]:
        """What the fields start with, by name."""
        return {each.name: each.value for each in self.fields}


@dataclass(frozen=True)
class Standing:
    """What must be known before an item is acted on.

    `barred`: why this person may do nothing here, "" where he may; `waits`: proposals from this item that are not
    decided yet, and orders that are out there; `reads`: of two reads in a period, the one that is in and each that is
    staged; `ruled_out`: causes of a read below the one before that give no use.
    """

    barred: str
    waits: tuple[str, ...]
    reads: tuple[str, ...]
    ruled_out: tuple[str, ...] = ()


def standing(look: Look, item: ItemView) -> Standing:
    """What stands in the way of acting on an item, and what else waits on it."""
    weighed = triaged(look, item)
    return Standing(
        _barred(look, item),
        (*proposals.proposed(look, item), *field.out_there(look, item)),
        tuple(each.said() for each in twice.two_reads(look, item)),
        tuple(f"{each.name}: {each.said()}" for each in weighed.causes if each.use is None and not each.point)
        if weighed
        else (),
    )


def _barred(look: Look, item: ItemView) -> str:
    subjects = [item.key.subject, *([Subject("account", item.account)] if item.account else [])]
    no = linked(look, subjects)
    return "" if no is None else no.sentence()


def table(code: str) -> tuple[str, ...]:
    """The acts that may be done from an item of this code."""
    return tuple(dict.fromkeys((*fixes_of(code), *any_item.ALWAYS)))


def offers(look: Look, item: ItemView) -> tuple[Offer, ...]:
    """What this person may do about an item, the likely first, with fields filled in from its evidence.

    Nothing on his own or a linked account; taking a proposal back is never the first.
    """
    if _barred(look, item):
        return ()
    allowed = permissions()
    found: list[Offer] = []
    for act in table(item.key.code):
        if look.actor.role in allowed.get(act, frozenset()):
            found += [_offer(look, item, draft) for draft in _drafts(look, item, act)]
    return tuple(sorted(found, key=_order))


def _order(each: Offer) -> tuple[int, bool]:
    """Causes by their odds, and what is likely, before what is always there."""
    odds = "likely" if each.likely else each.odds
    return ("likely", "possible", "unlikely", "").index(odds), each.act == "adjust.withdraw"


def offer(look: Look, item: ItemView, act: str, values: dict[str, str] | None = None) -> Offer:
    """The offer of one act that fits `values` best (a decision named there picks its offer); BadValue when none."""
    if act not in table(item.key.code):
        raise BadValue(f"{act[:40]} is no fix of {item.key.code}: use {', '.join(table(item.key.code))}.")
    several = [each for each in offers(look, item) if each.act == act]
    if not several:  # this role may not: the act itself says so, in its own words
        several = [_offer(look, item, draft) for draft in _drafts(look, item, act)] or [
            _offer(look, item, Draft(act, {}))
        ]
    wanted = values or {}
    fitting = [each for each in several if each.values().get("decision") == wanted.get("decision")] or several
    if "read_on" not in wanted:  # another read than the item's own is changed by name alone
        own = str(item.evidence.get("read_on"))
        fitting = [each for each in fitting if each.values().get("read_on", own) == own] or fitting
    named = [name for name in _TELLING if name in wanted]
    return max(fitting, key=lambda each: sum(each.values().get(name) == wanted[name] for name in named))


# Fields that tell one offer of an act from its others.
_TELLING: Final = ("row", "point", "meter", "register", "read_on", "other", "kind", "value")


def named(key: ItemKey) -> str:
    """An item in words, with its key: `High against last year (R04:point:SP-00012@B1/2026-11)`."""
    return f"{CODES[key.code].title} ({key})" if key.code in CODES else str(key)


def guarded(act: Act[Any, Any], item: ItemView) -> Act[Any, Any]:
    """The same act, refused in its own transaction while another has the subject's item, or once that was closed."""
    if act.name.startswith("worklist."):
        return act  # those look at the item's holder and version themselves

    def body(work: Work, form: Form) -> Any:
        if (no := held_by_other(work, item.key.subject) or ended(work, item)) is not None:
            raise no
        return act.body(work, form)

    return structs.replace(act, body=body)


def _offer(look: Look, item: ItemView, draft: Draft) -> Offer:
    known = {**_common(item), **draft.known}
    if draft.act.startswith("worklist."):
        known.setdefault("version", item.version)
    filled = []
    for each in fields(act_named(draft.act)):
        if each.name == "reason" and draft.act in ("adjust.propose", "adjust.revise"):
            each = replace(each, kind="choice", choices=tuple((r.code, r.title) for r in look.district.reasons))
        each = replace(each, **draft.shown.get(each.name, {}))
        filled.append(each.starting(known[each.name]) if each.name in known else each)
    return Offer(
        draft.act, draft.title or TITLES.get(draft.act, draft.act), tuple(filled), draft.likely, draft.why, draft.odds
    )


def _common(item: ItemView) -> dict[str, object]:
    """What an item says of any form's fields by their names."""
    subject = item.key.subject
    known: dict[str, object] = {"item": str(item.key), "code": item.key.code}
    if item.account:
        known["account"] = item.account
    if subject.type in ("point", "proposal", "meter", "payment", "run", "route", "order", "parcel"):
        known[subject.type] = subject.key
    if "order" in item.evidence:
        known.setdefault("order", item.evidence["order"])
    return known


def _drafts(look: Look, item: ItemView, act: str) -> Iterator[Draft]:
    make = MAKERS.get(act)
    if make is None:
        yield Draft(act, {})
    else:
        yield from make(look, item)
