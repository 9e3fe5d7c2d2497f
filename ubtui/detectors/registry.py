"""All detectors, by code, and the page that describes them."""

from __future__ import annotations

from collections.abc import Iterable

from ubtui.detectors import adjustments, billing, collections, meters, payments, quality, readings, requests, takings
from ubtui.detectors.base import GROUPS, Ask, Detector, Found
from ubtui.domain.ranking import BASE


def _none(_ask: Ask) -> Iterable[Found]:
    """Requests are typed by people: nothing is looked for, and only a person resolves them."""
    return ()


BY_HAND = (
    Detector(
        "X05", "Request", ("text",), "typed by a person, with its own priority", "As its text says.", (),
        "manual work items", _none, by_hand=True,
    ),
)  # fmt: skip

DETECTORS: tuple[Detector, ...] = (
    *readings.DETECTORS,
    *billing.DETECTORS,
    *payments.DETECTORS,
    *takings.DETECTORS,
    *adjustments.DETECTORS,
    *collections.DETECTORS,
    *meters.DETECTORS,
    *quality.DETECTORS,
    *requests.DETECTORS,
    *BY_HAND,
)
CODES: dict[str, Detector] = {d.code: d for d in DETECTORS}


def as_markdown() -> str:
    """The page `docs/detectors.md`: every detector with its predicate, parameters, consequence and fixes."""
    out = [
        "# Detectors",
        "",
        "What the worklist looks for. A district changes a parameter by a policy of kind `detector:CODE`;",
        "`ubtui worklist explain CODE` shows the values in force. An item closes only when its cause is gone.",
    ]
    for letter, name in GROUPS.items():
        out += ["", f"## {letter}: {name}"]
        for d in DETECTORS:
            if d.group == letter:
                out += ["", f"### {d.code} {d.title}", "", *_entry(d)]
    return "\n".join(out) + "\n"


def _entry(d: Detector) -> Iterable[str]:
    yield f"- Subject: {', '.join(f'`{t}:`' for t in d.subject_types)}; role: {d.role}"
    yield f"- Found when: {d.predicate}"
    for name, p in d.parameters.items():
        scale = f"; by size as `3 below 20, 2`, of a class as `{name}/irrigation`" if p.scale else ""
        yield f"- Parameter `{name}` = {p.value} {p.unit}: {p.says}{scale}"
    yield f"- If nothing is done: {d.consequence}"
    yield f"- Fixed by: {', '.join(f'`{a}`' for a in d.fixes) or 'the person who takes it, by hand'}"
    yield f"- Base priority: {BASE.get(d.code, 'as typed')}"
    if d.holds:
        yield "- Holds the read: no bill takes it until somebody has decided"
    if d.project:
        yield "- A project: what is found waits in the backlog, of which a daily quota is released"
    if d.stock:
        yield "- What is found beyond a day's quota at once waits in the backlog, of which a daily quota is released"
    yield f"- Source: {d.source}"
