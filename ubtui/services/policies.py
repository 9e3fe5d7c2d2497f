"""The rules behind what is shown: a kind's limits and source, a reason's article, a charge code, who must approve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ubtui.act import Look, permissions
from ubtui.detectors.heal import parameters
from ubtui.detectors.registry import CODES
from ubtui.domain.money import format_money
from ubtui.domain.numbers import parse_account
from ubtui.services.forms import act_named
from ubtui.settings import Approval, ChargeCode

# What follows unpaid charges, by the law under which the district stands.
UNPAID = {
    "irrigation": "Water Code 25806: a recorded certificate is a lien on the owner's property in the county, ten years",
    "county-water": "Water Code 31701, 31701.5: charges 60 days unpaid go to the county by August 1, with the taxes",
    "municipal-water": "Water Code 72094, 72100: what is listed as delinquent goes with the yearly taxes",
    "california-water": "Water Code 37212: what is 60 days unpaid on July 1, of water the owner asked for in writing",
    "community-services": "Government Code 61115: report, notice, mail to each owner, hearing, then the tax roll",
}

# What an act rests on: the longest beginning of its name counts.
RESTS_ON: Final = {
    "adjust": "the district's policy of the chosen reason; two people, by the approval policy",
    "arrangement": "HSC 116910, GC 60372(c): plans open to any customer, as a rule within 12 months",
    "autopay": "Regulation E, 12 CFR 1005.10(b): a written authorization, a copy to the customer; the NACHA rules",
    "backup": "the sharing of work inside the office: what a stand-in does is in his own name",
    "billing": "an active service is billed; one that ended gets its final bill",
    "checks": "the record's own rules",
    "clock": "a sample keeps its own business day; a live district has the calendar's",
    "contact": "HSC 116908: contact before a shutoff counts with its day, its person and what was said",
    "counter": "cash handling: a drawer a person and day, counted against what it took",
    "credit": "a credit is its holder's; unclaimed property, CCP 1500 ff.",
    "deposit": "cash handling: what goes to the bank ties to the drawers",
    "document": "a paper is kept as it came, under its SHA-256",
    "drawer": "cash handling: a drawer a person and day, counted against what it took",
    "duty": "the district's calendar of duties",
    "ebill": "E-SIGN, 15 USC 7001(c): consent to bills by electronic mail, which may be taken back",
    "escrow": "the demand of the escrow officer: what is owed, good through a day",
    "import": "every row is taken, merged or refused with its reason",
    "intertie": "AWWA M36: water that passes between agencies is measured by both, and both figures are compared",
    "ladder": "GC 60373, HSC 116908: notices by mail, their days counted from the mailing",
    "ledger": "nothing posted is edited: a journal is taken back by another, proposed and approved like it",
    "lien": "the enabling act: a recorded certificate; WAT 25806, 31701, 37212; released once its charges are paid",
    "mail": "HSC 116908: mail that came back is no contact",
    "meter": "AWWA M6: small meters are replaced by age, large ones are tested",
    "meter.stock": "the district's inventory: a meter is known by maker and serial, once",
    "meter.test": "the district's limits by size and flow; what a fast meter counted goes back as far as it says",
    "order": "the record of the field; a shutoff: HSC 116908, GC 60373 and 60374 (60 days, notices, an open office)",
    "owner": "HSC 116916, GC 60371: an occupant owes no owner's debt; WAT 25806, 37212: what follows the land",
    "party": "HSC 116908: notices go to the address on record",
    "payment": "an identified receipt is posted at once, another waits in suspense; two people give it back",
    "point": "route books: a meter that cannot be found is not read",
    "protection": "HSC 116910, GC 60372(b): hardship, dispute, extension and a certificate stop a shutoff",
    "read": "a read stays as it was read; a review says what counts, by whom and why",
    "request": "capacity charges, GC 66013: paid before service begins; a request ends when money and meter agree",
    "right": "capacity charges, GC 66013: a connection needs its right",
    "route": "route books: each place once, in the order of the walk",
    "run": "the district's cycle calendar",
    "sample": "nothing in a sample is real",
    "seal": "the district's terms of a sealed service: on request, no shutoff, its own rate",
    "service": "the district's rate ordinance",
    "settings": "a resolution of the board: one person puts it forward, for money and people another puts it in force",
    "staged": "every row is taken, merged or refused with its reason",
    "view": "one's own convenience: a view changes nothing in the record",
    "worklist": "an item closes when its cause goes; a dismissal has a reason and an end, and none is statutory",
}


@dataclass(frozen=True, slots=True)
class Article:
    """One rule as lines of (label, what it says)."""

    title: str
    lines: tuple[tuple[str, str], ...]


def article(look: Look, kind: str, key: str) -> Article:
    """The rule behind an `item` (its id), `reason` (its code), `account` (its number) or `act`; else what holds."""
    if kind == "item":
        return of_item(look, int(key))
    if kind == "reason":
        return of_reason(look, key)
    if kind == "act":
        return of_act(look, key)
    return of_account(look, key) if kind == "account" else general(look)


def of_item(look: Look, id: int) -> Article:
    """The kind of a work item: what it looks for, within which limits, whose rule that is, and what it may do."""
    code = look.db.value("SELECT code FROM work_item WHERE id = ?", [id])
    if code not in CODES:
        return general(look)
    kind = CODES[code]
    values = kind.values(parameters(look.db).get(code, {}))
    lines = [("looks for", kind.predicate)]
    for name, value in values.items():
        limit = kind.parameters[name.partition("/")[0]]
        own = " (the program's own)" if value == limit.value else f" (not {limit.value}, the program's own)"
        lines.append((name.replace("_", " "), f"{value} {limit.unit}{own}: {limit.says}"))
    lines += [("if it waits", kind.consequence), ("rule", kind.source), *_adopted(look, f"detector:{code}")]
    if any(act.startswith(("adjust.", "credit.", "payment.")) for act in kind.fixes):
        lines += approval(look.district.approval)
    return Article(f"{code}  {kind.title}", (*lines, *_district(look)))


def of_reason(look: Look, code: str) -> Article:
    """A typed reason of an adjustment: its article, its charge code and accounts, its paper, and who must approve."""
    reason = next((each for each in look.district.reasons if each.code == code), None)
    if reason is None:
        return general(look)
    charge = next(each for each in look.district.charge_codes if each.code == reason.charge_code)
    lines = [
        ("article", reason.article or "none is named: the paper behind the adjustment stands for it"),
        ("effect", f"{reason.effect}, against {_gl(look, reason.gl)}"),
        ("charge code", _charge(charge)),
        ("paper", "needed" if reason.needs_document else "not needed"),
    ]
    if reason.policy:
        lines.append(("smallest", "below the first limit the policy itself approves"))
    return Article(f"{reason.code}  {reason.title}", (*lines, *approval(look.district.approval), *_district(look)))


def of_act(look: Look, name: str) -> Article:
    """An act: what it does, on which law, standard or rule it rests, and who may do it."""
    made = act_named(name)
    may = sorted(role.removeprefix("copy:") for role in permissions().get(name, ()))
    lines = [
        ("does", " ".join((made.body.__doc__ or "").split())),
        ("rests on", rests_on(name)),
        ("may do it", ", ".join(dict.fromkeys(may)) or "nobody"),
    ]
    if name.startswith("seal."):
        lines += _seals(look)
    money = name.startswith(("adjust.", "credit.", "payment."))
    return Article(name, (*lines, *(approval(look.district.approval) if money else ()), *_district(look)))


def rests_on(act: str) -> str:
    """The law, standard or rule that an act rests on."""
    return next(told for name, told in sorted(RESTS_ON.items(), reverse=True) if act.startswith(name))


def of_account(look: Look, number: str) -> Article:
    """The charge codes of what an account owes: what each is for, in which order it is paid, what may follow."""
    open_codes = {
        code
        for (code,) in look.db.rows(
            "SELECT DISTINCT c.code FROM receivable_item i JOIN charge_code c ON c.id = i.charge_code_id"
            " JOIN account a ON a.id = i.account_id WHERE a.number = ?",
            [parse_account(number)],
        )
    }
    known = sorted(look.district.charge_codes, key=lambda each: (each.priority, each.code))
    lines = [(each.code, _charge(each)) for each in known if each.code in open_codes]
    return Article(f"Charge codes of {number}", (*lines, *approval(look.district.approval), *_district(look)))


def general(look: Look) -> Article:
    """What holds everywhere: who must approve, and the law under which the district stands."""
    return Article("Approvals", (*approval(look.district.approval), *_district(look)))


def approval(a: Approval) -> Iterator[tuple[str, str]]:
    """Who must approve which amount, with what stood in 30 days; upper ends are included."""
    zero, one, two = map(format_money, a.tier_cents)
    yield (
        f"up to {zero}",
        (
            f"the policy itself, where the reason allows it: {a.tier0_per_day} times and"
            f" {format_money(a.tier0_cents_per_day)} a day, {a.tier0_per_account_year} times a year on an account;"
            " else a lead"
        ),
    )
    yield f"up to {one}", "a lead"
    yield f"up to {two}", "a lead or finance, with a document; a refund: finance"
    yield f"above {two}", f"finance; above {format_money(a.two_people_above_cents)} finance and the manager"
    yield "refunds", f"above {format_money(a.refund_finance_above_cents)} finance"
    yield "lapses", f"after {a.expires_days} days; nobody decides his own; approval policy {a.version}"


def _charge(charge: ChargeCode) -> str:
    may = [
        name
        for name, holds in (
            ("lienable", charge.lienable),
            ("bears penalty", charge.penalty_bearing),
            ("taxable", charge.taxable),
        )
        if holds
    ]
    told = f"{charge.title}: paid in place {charge.priority}, fund {charge.fund}, revenue {charge.revenue}"
    return f"{told}; {', '.join(may) or 'neither lienable nor bearing penalty'}"


def _gl(look: Look, code: str) -> str:
    return next((f"{each.code} {each.title}" for each in look.district.gl if each.code == code), code)


def _seals(look: Look) -> Iterator[tuple[str, str]]:
    """The district's terms around a seal: from when its rate holds, until when, and what is charged."""
    terms = look.district.seals
    said = {name: str(getattr(terms, name)).replace("_", " ") for name in ("effect", "occasional", "restart")}
    yield "rate", f"sealed from {said['effect']}, occasional use from {said['occasional']}"
    yield "in full", f"again from {said['restart']}"
    fees = (("seal", terms.seal_cents), ("unseal", terms.unseal_cents), ("tampering", terms.tamper_cents))
    yield "fees", ", ".join(f"{what} {format_money(cents)}" for what, cents in fees if cents) or "none"


def _adopted(look: Look, kind: str) -> Iterator[tuple[str, str]]:
    """The newest row of the district's own policy of this kind."""
    row = look.db.one(
        "SELECT version, adopted_on, adopted_by, body FROM policy WHERE kind = ? ORDER BY version DESC LIMIT 1", [kind]
    )
    if row is not None:
        yield "district policy", f"version {row[0]} of {row[1]}, adopted by {row[2]}: {row[3]}"


def _district(look: Look) -> Iterator[tuple[str, str]]:
    yield "unpaid", UNPAID[look.district.enabling_act]
