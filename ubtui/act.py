"""The one door for writing: permission, replay, the service, one audit event, healing, commit, then the news."""

from __future__ import annotations

import re
import secrets
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_type_hints

import msgspec
from msgspec.structs import replace

from ubtui.db.errors import RuleBroken
from ubtui.db.session import Session
from ubtui.domain.canonical import canonical, chain, sha256_hex
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.domain.text import has_card_number
from ubtui.settings import District, in_force

if TYPE_CHECKING:  # the eyes are opened by the first act, not by the first screen
    from ubtui.detectors.heal import Healed

NO_HASH = "0" * 64


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an act is asked to do: strings, integers, dates and lists of them, nothing that needs a session."""

    def recorded(self) -> Any:
        """The form as the audit keeps it; a form that carries a file's bytes leaves them out."""
        return msgspec.to_builtins(self)

    def request(self) -> Any:
        """What makes two forms the same request under one key; a form leaves out what only guards against moves."""
        return msgspec.to_builtins(self)


Cents = Annotated[int, msgspec.Meta(extra={"kind": "money"})]
"""Money in a form: whole cents, typed by people as dollars."""

F = TypeVar("F", bound=Form)
R = TypeVar("R")


class Refused(Exception):
    """A no in words, raised by a service and returned as a value: the reason, the rule behind it, the cure.

    `bad_input` says that what was given can never be right (a name nobody has, a number that is none): the
    shell then ends with the code of bad input. A no by permission, state or limit is none of these.
    """

    def __init__(self, reason: str, rule: str = "", cure: str = "", *, bad_input: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.rule, self.cure, self.bad_input = reason, rule, cure, bad_input

    def sentence(self) -> str:
        """One sentence for a status line or stderr."""
        return f"{self.reason}{f' — {self.cure}' if self.cure else ''}{f' [{self.rule}]' if self.rule else ''}"


class Actor(msgspec.Struct, frozen=True):
    """Who sits here: the staff row's name and role, and the seat as the login gave it."""

    name: str
    role: str
    seat: str


class Look(msgspec.Struct):
    """What a question may use: the record, the business day, the instant, the district, who asks.

    `now` is the clock's instant (a sample district's day stands still); `utc` is real time, for leases alone.
    """

    db: Session
    today: date
    now: str
    utc: str
    district: District
    actor: Actor


class Work(Look):
    """What an act's body may use besides: its key, and what it touched for healing and audit."""

    key: str
    dry_run: bool = False
    subjects: dict[Subject, None] = {}
    facts: dict[str, str | int] = {}
    details: dict[str, Any] = {}
    healed: Healed | None = None

    def touch(self, subject_type: str, key: str) -> None:
        """Say that this subject changed, so that its detectors run again before the commit."""
        self.subjects[Subject(subject_type, key)] = None

    def fact(self, **facts: str | int) -> None:
        """Numbers and names for the audit chain itself; nothing personal."""
        self.facts.update(facts)

    def detail(self, **details: Any) -> None:
        """Before, after and reasons for the audit's side table (personal data may be in it)."""
        self.details.update(details)


class Done(msgspec.Struct, Generic[R], frozen=True):
    """An act's answer: its result, the items it closed and opened; `replayed` when the key was known."""

    result: R
    seq: int
    closed: tuple[ItemKey, ...] = ()
    opened: tuple[ItemKey, ...] = ()
    touched: tuple[Subject, ...] = ()
    replayed: bool = False
    dry_run: bool = False


class Act(msgspec.Struct, Generic[F, R], frozen=True):
    """A named act: the form it takes, the result it gives, and the service body."""

    name: str
    form: type[F]
    gives: type[R]
    body: Callable[[Work, F], R]

    def __call__(self, work: Work, form: F) -> R:
        """Run the body in a transaction (one act may build on another); Refused for a number that no column holds."""
        refuse_sizes(form)
        return self.body(work, form)


ACTS: dict[str, Act[Any, Any]] = {}


def act(name: str) -> Callable[[Callable[[Work, F], R]], Act[F, R]]:
    """Register a service function `(work, form) -> result` as the act `name`; result is a msgspec.Struct."""

    def register(body: Callable[[Work, F], R]) -> Act[F, R]:
        hints = get_type_hints(body)
        form_type = next(hint for arg, hint in hints.items() if arg not in ("work", "return"))
        made: Act[F, R] = Act(name, form_type, hints["return"], body)
        if name in ACTS:
            raise RuntimeError(f"two acts are named {name}")
        ACTS[name] = made
        return made

    return register


@cache
def permissions() -> Mapping[str, frozenset[str]]:
    """Act name to the roles that may do it, from the data file; what is absent is refused."""
    text = Path(__file__).with_name("permissions.toml").read_text("utf-8")
    return {name: frozenset(roles) for name, roles in tomllib.loads(text).items()}


def request_hash(made: Act[F, R], form: F) -> str:
    """SHA-256 of an act and its form, to tell a retry from another request under the same key."""
    return sha256_hex(canonical([made.name, form.request()]))


def perform(look: Look, made: Act[F, R], form: F, key: str, dry_run: bool = False) -> Done[R] | Refused:
    """Do `form` once: under a known key the first answer comes back; a refusal is returned, never raised.

    Faults (RecordError and programming errors) are raised; nothing is written then.
    """
    work = Work(look.db, look.today, look.now, look.utc, look.district, look.actor, key, dry_run)
    try:
        with look.db.writing():
            done = _once(work, made, form)
            if dry_run:
                look.db.check_deferred()
                raise _Rehearsed(done)
            return done
    except _Rehearsed as rehearsed:
        return rehearsed.done
    except (Refused, RuleBroken) as no:
        refused = refusal(no)
    if not dry_run:
        # A card number typed into a note is not kept anywhere, the refusal's own event included.
        kept = "not kept" if refused.rule == _NO_CARDS else form.recorded()
        with look.db.writing():
            append_event(
                work,
                made.name,
                "refused",
                {"rule": refused.rule},
                {"form": kept, "reason": refused.reason},
            )
    return refused


class _Rehearsed(Exception):
    def __init__(self, done: Done[Any]) -> None:
        self.done = done


def refusal(no: Refused | RuleBroken) -> Refused:
    """What was refused by a service, or by the record's own guard; any other error of the record is raised: a fault."""
    if isinstance(no, Refused):
        return no
    if no.cause != "rule":
        raise no
    return Refused(str(no), rule="the record's own guard", cure="nothing was written")


_SEAT = "SELECT role, active, (SELECT value FROM meta WHERE key = 'district') FROM staff WHERE name = ?"


def _once(work: Work, made: Act[F, R], form: F) -> Done[R]:
    allowed = permissions().get(made.name, frozenset())
    row = work.db.one(_SEAT, [work.actor.name])
    if row is None or not row[1]:
        raise Refused(f"{work.actor.name} has no seat here", rule="staff", cure="ask the lead to add the login")
    if row[2] is not None:  # a desk may stand open while another seat changes the settings or this one's role
        work.district, work.actor = in_force(row[2]), replace(work.actor, role=row[0])
    if row[0] not in allowed:
        raise Refused(
            f"the role {row[0]} may not do {made.name}",
            rule="permission matrix",
            cure="ask: " + ", ".join(sorted(allowed)),
        )
    refuse_cards(form.recorded())
    wanted = request_hash(made, form)
    known = work.db.one("SELECT act, request_hash, result, seq, actor FROM act_result WHERE key = ?", [work.key])
    if known is not None:
        if known[4] != work.actor.name or known[1] != wanted:
            whose = "is another person's" if known[4] != work.actor.name else "was used for another request"
            raise Refused(
                f"key {work.key} {whose} ({known[0]}, event {known[3]})", rule="one key, one request",
                cure="start a new form",
            )  # fmt: skip
        return Done(msgspec.json.decode(known[2], type=made.gives), int(known[3]), replayed=True)
    if work.db.kind == "postgres":
        work.db.execute("SELECT set_config('ubtui.actor', ?, true)", [work.actor.name])
    from ubtui.detectors.heal import heal

    result = made(work, form)
    if made.name not in _HANDS_OFF:
        no = linked(work, [*work.subjects, *_about(form)])
        if no is not None:
            raise no
    healed = work.healed or heal(work.db, list(work.subjects), work.today, work.now, made.name, work.actor.name)
    seq = append_event(work, made.name, "done", work.facts, {"form": form.recorded(), **work.details})
    work.db.run(
        "INSERT INTO act_result(key, act, actor, request_hash, result, seq) VALUES (?, ?, ?, ?, ?, ?)",
        [work.key, made.name, work.actor.name, wanted, msgspec.json.encode(result).decode(), seq],
    )
    return Done(result, seq, healed.closed, healed.opened, tuple(work.subjects), dry_run=work.dry_run)


# Handing an item of one's own account to another is how its owner keeps his hands off it.
_HANDS_OFF = frozenset({"worklist.release", "worklist.forward", "worklist.note"})
_ACCOUNTS_OF = {
    "point": "SELECT v.number, a.number FROM service_point v JOIN live_service s ON s.point_id = v.id"
    " JOIN account a ON a.id = s.account_id WHERE v.number IN ({keys}) AND a.number IN ({own})",
    "meter": "SELECT m.maker || '/' || m.serial, a.number FROM meter m JOIN live_install i ON i.meter_id = m.id"
    " JOIN live_service s ON s.point_id = i.point_id JOIN account a ON a.id = s.account_id"
    " WHERE m.maker || '/' || m.serial IN ({keys}) AND a.number IN ({own})",
    "parcel": "SELECT v.apn, a.number FROM parcel v JOIN account_parcel l ON l.parcel_id = v.id"
    " JOIN account a ON a.id = l.account_id WHERE v.apn IN ({keys}) AND a.number IN ({own})",
    "order": "SELECT o.number, a.number FROM field_order o JOIN live_service s ON s.point_id = o.point_id"
    " JOIN account a ON a.id = s.account_id WHERE o.number IN ({keys}) AND a.number IN ({own})",
    "proposal": "SELECT p.number, a.number FROM proposal p JOIN account a ON a.id = p.account_id"
    " WHERE p.number IN ({keys}) AND a.number IN ({own})",
}


def linked(look: Look, subjects: Iterable[Subject]) -> Refused | None:
    """The refusal of acting on one's own or a linked account, where one of `subjects` concerns such a one.

    Points, meters, parcels, orders and proposals concern the accounts that they serve or served. Separation of duties:
    whoever may write keeps his hands off what he or his household pays.
    """
    own: dict[str, str] = dict(
        look.db.rows("SELECT account_number, relation FROM staff_account WHERE staff = ?", [look.actor.name])
    )
    if not own:
        return None
    keys: dict[str, list[str]] = {}
    for subject in subjects:
        keys.setdefault(subject.type, []).append(subject.key)
    found = [(key, number) for key in keys.get("account", ()) if (number := _stored(key)) in own]
    for kind, sql in _ACCOUNTS_OF.items():
        if not found and (named := keys.get(kind)):
            asked = sql.format(keys=", ".join("?" * len(named)), own=", ".join("?" * len(own)))
            found = [(str(key), str(number)) for key, number in look.db.rows(asked, [*named, *own])]
    if not found:
        return None
    key, number = found[0]
    shown = format_account(number)
    behind = "" if _stored(key) == number else f"{key} concerns {shown}: that"
    return Refused(
        f"{behind or shown} is {'your own account' if own[number] == 'own' else 'linked to you'}",
        rule="nobody acts on his own or a linked account",
        cure="ask: finance, who name a colleague for it",
    )


def _about(form: Form) -> Iterator[Subject]:
    """The subject of the worklist item that a form names."""
    if isinstance(item := getattr(form, "item", None), str):
        with suppress(BadValue):
            yield ItemKey.parse(item.strip()).subject


def _stored(key: str) -> str:
    try:
        return parse_account(key)
    except BadValue:
        return key


_NO_CARDS = "card numbers are never kept"
# The digest of a file, the key of an item, and what a request or a contact is called.
_KEY = re.compile(
    r"[0-9a-f]{32,}|[A-Z][0-9]{2}:[a-z]+:\S+|([a-z]+:)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII
)


def refuse_cards(plain: Any) -> None:
    """Refuse texts (plain values, nested or not) that hold a payment card number (PCI DSS 3.2: not stored)."""
    for text in _leaves(plain):
        if isinstance(text, str) and has_card_number(text) and not _KEY.fullmatch(text):
            raise Refused(
                "this looks like a payment card number",
                rule=_NO_CARDS,
                cure="keep the processor's token or the last four",
            )


LARGEST = 10**15 - 1
"""The largest whole number a form may carry: fifteen digits; sums of thousands of them still fit a column (bigint)."""


def refuse_sizes(form: Form) -> None:
    """Refuse a form with a number beyond LARGEST, above or below zero, in any field or list; bad input, by field."""
    for name, value in form.recorded().items():
        if any(isinstance(each, int) and abs(each) > LARGEST for each in _leaves(value)):
            raise Refused(
                f"{name.removesuffix('_cents').replace('_', ' ')}: no number of more than 15 digits is taken",
                rule="what a record can hold", cure="look at its digits", bad_input=True,
            )  # fmt: skip


def _leaves(plain: Any) -> Iterator[Any]:
    if isinstance(plain, Mapping):
        plain = list(plain.values())
    if isinstance(plain, list | tuple):
        for value in plain:
            yield from _leaves(value)
    else:
        yield plain


def append_event(
    work: Work, name: str, outcome: str, facts: Mapping[str, str | int], details: Mapping[str, Any]
) -> int:
    """Add one event to the hash chain (inside a write transaction); personal details stand beside it by digest."""
    salt = secrets.token_hex(16)
    beside = canonical(msgspec.to_builtins(dict(details), enc_hook=str))
    digest = sha256_hex(salt + beside)
    last = work.db.one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1") or (0, NO_HASH)
    seq, objects = int(last[0]) + 1, canonical([str(s) for s in work.subjects])
    body = canonical(
        {
            "seq": seq,
            "at": work.now,
            "day": work.today.isoformat(),
            "actor": work.actor.name,
            "seat": work.actor.seat,
            "act": name,
            "outcome": outcome,
            "object": objects,
            "facts": dict(facts),
            "details": digest,
        }
    )
    work.db.run("INSERT INTO audit_personal(digest, salt, body) VALUES (?, ?, ?)", [digest, salt, beside])
    work.db.run(
        "INSERT INTO audit(seq, at, business_day, actor, seat, act, object, outcome, body, prev, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            seq, work.now, work.today.isoformat(), work.actor.name, work.actor.seat, name, objects, outcome, body,
            last[1], chain(last[1], body),
        ],
    )  # fmt: skip
    return seq


def new_key() -> str:
    """A fresh idempotency key, made when a form opens and saved before it is submitted."""
    return secrets.token_hex(12)
