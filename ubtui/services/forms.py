"""Forms made from an act's own form: its fields with words and kinds, and text turned into what the act takes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import msgspec
import msgspec.inspect as shape

from ubtui.act import ACTS, Act, Form
from ubtui.domain.dates import parse_day
from ubtui.domain.errors import BadValue
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.text import clean_text
from ubtui.services import documents

Kind = Literal["text", "money", "day", "choice", "int", "bool", "multiline"]

# Where the acts of each area stand; a room is opened when one of its acts is asked for.
ROOMS: Final[dict[str, str]] = {
    "adjust": "ubtui.services.adjustments",
    "arrangement": "ubtui.services.collections",
    "autopay": "ubtui.services.enrolment",
    "backup": "ubtui.services.worklist.desks",
    "billing": "ubtui.services.billing",
    "contact": "ubtui.services.contacts",
    "credit": "ubtui.services.payments",
    "deposit": "ubtui.services.deposits",
    "document": "ubtui.services.documents",
    "drawer": "ubtui.services.drawers",
    "duty": "ubtui.services.duties",
    "ebill": "ubtui.services.enrolment",
    "escrow": "ubtui.services.escrow",
    "intertie": "ubtui.services.interties",
    "ladder": "ubtui.services.ladder",
    "ledger": "ubtui.services.adjustments",
    "lien": "ubtui.services.liens",
    "mail": "ubtui.services.mail",
    "meter": "ubtui.services.installs",
    "meter.face": "ubtui.services.faces",
    "meter.stock": "ubtui.services.bought",
    "meter.test": "ubtui.services.meter_tests",
    "order": "ubtui.services.rounds",
    "owner": "ubtui.services.owners",
    "party": "ubtui.services.parties",
    "payment": "ubtui.services.payments",
    "payment.take": "ubtui.services.counter",
    "point": "ubtui.services.locations",
    "protection": "ubtui.services.collections",
    "read": "ubtui.services.reads",
    "read.control": "ubtui.services.reads.audit",
    "read.decide": "ubtui.services.reads.deciding",
    "request": "ubtui.services.service_requests",
    "right": "ubtui.services.rights",
    "route": "ubtui.services.billing",
    "seal": "ubtui.services.seals",
    "service": "ubtui.services.points",
    "settings": "ubtui.services.district",
    "staged": "ubtui.services.imports.staged",
    "staged.unlink": "ubtui.services.imports.links",
    "view": "ubtui.services.worklist.desks",
    "worklist": "ubtui.services.worklist.acts",
}
_PAPER = "path of the file"
_MANY = (shape.ListType, shape.VarTupleType)  # one a line


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: `choices` are (value, label) pairs; `value` is what it starts with, as text."""

    name: str
    label: str
    kind: Kind = "text"
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False
    help: str = ""
    value: str = ""

    def starting(self, value: object) -> FieldSpec:
        """The same field, starting with a value of the act's own type (money in cents)."""
        return replace(self, value=as_text(value, self.kind))


def act_named(name: str) -> Act[Any, Any]:
    """The act of this name; BadValue when there is none."""
    room = ROOMS.get(name) or ROOMS.get(name.partition(".")[0])
    if room is not None and name not in ACTS:
        importlib.import_module(room)
    if name not in ACTS:
        raise BadValue(f"No act is named {name[:40]!r}.")
    return ACTS[name]


def fields(act: str | Act[Any, Any]) -> tuple[FieldSpec, ...]:
    """The fields of an act's form in order, starting with their defaults."""
    made = act if isinstance(act, Act) else act_named(act)
    info = shape.type_info(made.form)
    assert isinstance(info, shape.StructType)
    return tuple(_field(each) for each in info.fields)


def form(act: str | Act[Any, Any], values: Mapping[str, str]) -> Form:
    """The act's form from texts by field: money as dollars, days as ISO, yes and no, papers as paths of files.

    An empty text leaves a field at its default; `amount` is short for `amount_cents`. BadValue names the field.
    """
    made = act if isinstance(act, Act) else act_named(act)
    info = shape.type_info(made.form)
    assert isinstance(info, shape.StructType)
    by_name = {each.name: each for each in info.fields}
    given: dict[str, Any] = {}
    for name, text in values.items():
        full = name if name in by_name else f"{name}_cents"
        if full not in by_name:
            known = ", ".join(each.removesuffix("_cents") for each in by_name)
            raise BadValue(f"{made.name} has no field {name[:40]!r}: use {known}.")
        if text.strip():
            given[full] = _read(by_name[full], text)
    for each in info.fields:
        if each.required and each.name not in given:
            raise BadValue(f"{_label(each.name)} is needed: {_about(each)}.")
    try:
        read: Form = msgspec.convert(given, made.form)
        return read
    except msgspec.ValidationError as exc:
        raise BadValue(plain(str(exc), made.form)) from exc


def as_text(value: object, kind: Kind = "text") -> str:
    """A value as it is typed into a field of `kind`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "money" and isinstance(value, int):
        return format_money(value)
    if isinstance(value, list | tuple):
        return "\n".join(as_text(each) for each in value)
    return str(value)


def _field(each: shape.Field) -> FieldSpec:
    inner, meta = _unwrapped(each.type)
    kind, choices = _kind(each.name, inner, meta)
    default = "" if each.default is msgspec.NODEFAULT else as_text(each.default, kind)
    return FieldSpec(each.name, _label(each.name), kind, choices, each.required, _about(each), default)


def _unwrapped(kind: shape.Type) -> tuple[shape.Type, Mapping[str, Any]]:
    """The type inside annotations and `| None`, and what the annotations say."""
    meta: dict[str, Any] = {}
    while True:
        if isinstance(kind, shape.Metadata):
            meta = {**(kind.extra_json_schema or {}), **(kind.extra or {}), **meta}
            kind = kind.type
        elif isinstance(kind, shape.UnionType):
            kind = next(each for each in kind.types if not isinstance(each, shape.NoneType))
        else:
            return kind, meta


def _kind(name: str, inner: shape.Type, meta: Mapping[str, Any]) -> tuple[Kind, tuple[tuple[str, str], ...]]:
    if isinstance(inner, shape.IntType):
        return ("money" if meta.get("kind") == "money" or name.endswith("_cents") else "int"), ()
    if isinstance(inner, shape.DateType):
        return "day", ()
    if isinstance(inner, shape.BoolType):
        return "bool", ()
    if isinstance(inner, shape.LiteralType):
        return "choice", tuple((str(value), str(value).replace("_", " ")) for value in inner.values)
    return ("multiline" if isinstance(inner, _MANY) else "text"), ()


def _read(each: shape.Field, text: str) -> Any:
    inner, meta = _unwrapped(each.type)
    kind, choices = _kind(each.name, inner, meta)
    text = text.strip()
    try:
        if kind == "money":
            return parse_money(text)
        if kind == "day":
            return parse_day(text)
        if kind == "int":
            return whole(text)
        if kind == "bool":
            if text.casefold() not in ("yes", "no", "y", "n", "true", "false"):
                raise BadValue(f"{text[:40]!r} is neither yes nor no.")
            return text.casefold()[0] in "yt"
        if kind == "choice":
            known = [value for value, _ in choices]
            if text not in known:
                raise BadValue(f"{text[:40]!r}: choose one of {', '.join(known)}.")
            return text
        if isinstance(inner, _MANY):
            parts = re.split(r"[\s,]+", text) if isinstance(inner.item_type, shape.IntType) else text.splitlines()
            return [_one(inner.item_type, part.strip()) for part in parts if part.strip()]
        return _one(inner, text)
    except BadValue as exc:
        raise BadValue(f"{_label(each.name)}: {exc}") from exc


def whole(text: str) -> int:
    """A whole number typed by a person (`1,234`, `-12`) of fifteen digits at most; BadValue says what to type."""
    if not re.fullmatch(r"-?[0-9]{1,3}(?:,[0-9]{3}){1,4}|-?[0-9]{1,15}", text):
        raise BadValue(f"{text[:40]!r} is not a whole number: type digits, fifteen at most.")
    return int(text.replace(",", ""))


def _one(inner: shape.Type, text: str) -> Any:
    if isinstance(inner, shape.StructType) and inner.cls is documents.Paper:
        return msgspec.to_builtins(documents.load(text))
    if isinstance(inner, shape.IntType):
        return whole(text)
    return clean_text(text, 10_000, multiline=True)


def _label(name: str) -> str:
    words = name.removesuffix("_cents").replace("_", " ")
    return words[:1].upper() + words[1:]


def _about(each: shape.Field) -> str:
    inner, meta = _unwrapped(each.type)
    if isinstance(inner, _MANY):
        inner = inner.item_type
    paper = isinstance(inner, shape.StructType) and inner.cls is documents.Paper
    return str(meta.get("description") or (_PAPER if paper else "as the act needs it"))


# msgspec's words for a limit, and a person's.
_LIMITS: Final = (
    (r"Expected `str` of length >= (\d+)", "at least {} letters"),
    (r"Expected `str` of length <= (\d+)", "at most {} letters"),
    (r"Expected `array` of length >= 1$", "at least one, one a line"),
    (r"Expected `array` of length >= (\d+)", "at least {}, one a line"),
    (r"Expected `array` of length <= (\d+)", "at most {}"),
    (r"Expected `int` >= (-?\d+)", "{} or more"),
    (r"Expected `int` <= (-?\d+)", "{} or less"),
)


def plain(said: str, of: type[msgspec.Struct]) -> str:
    """msgspec's sentence as people say it, with the field in front: `Reason: at least 3 letters.`"""
    what, _, where = said.partition(" - at `$.")
    if "matching regex" in what:
        info = shape.type_info(of)
        assert isinstance(info, shape.StructType)
        what = next((_about(each) for each in info.fields if each.name == where.strip("`")), what)
    for pattern, words in _LIMITS:
        if found := re.match(pattern, what):
            what = words.format(*found.groups())
            break
    what = what.replace("`", "")
    label = _label(re.split(r"[\[.]", where.strip("`."))[0]) if where else ""
    return f"{label}: {what[:1].lower()}{what[1:]}." if label else f"{what}."
