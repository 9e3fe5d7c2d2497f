"""What a filter may go on with: fields, the values that the list holds, and codes with what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ubtui.act import Look
from ubtui.detectors.base import GROUPS
from ubtui.detectors.registry import CODES
from ubtui.domain.filters import SAYS, STATES, Open, open_at
from ubtui.domain.numbers import format_account
from ubtui.domain.text import fold
from ubtui.services.worklist.queue import LIVE

MOST = 6  # as many lines as the place of the evidence has at 80x24
_LIKELY = {
    "pri": (">90", "80..100", "<50"),
    "age": (">5", "0", ">30"),
    "money": (">100", ">1000"),
    "units": (">10", "0"),
}
_COLUMNS = {"cycle": "w.cycle", "route": "w.route", "class": "w.customer_class", "role": "w.role"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the part under the cursor may become, and what that means."""

    text: str
    says: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The part of the text that a candidate takes the place of, and the candidates, likely ones first."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]

    def applied(self, text: str, chosen: Candidate) -> tuple[str, int]:
        """The text with a candidate in it, and where the cursor stands then; a whole clause gets a blank behind it."""
        tail = text[self.end :]
        put = chosen.text if chosen.text.endswith(":") or tail.startswith(" ") else f"{chosen.text} "
        return text[: self.start] + put + tail, self.start + len(put)


def complete(look: Look, text: str, cursor: int) -> Completion:
    """What the filter `text` may go on with at `cursor`."""
    at = open_at(text, cursor)
    found = _values(look, at) if at.field else _beginnings(look, at.typed)
    lead = "-" * at.negated
    head = lead + (f"{at.field}:{at.before}" if at.field else "")
    candidates = tuple(Candidate(f"{head}{each.text}", each.says) for each in islice(found, MOST))
    return Completion(at.start, at.end, candidates)


def _beginnings(look: Look, typed: str) -> Iterator[Candidate]:
    word = fold(typed)
    for name, says in SAYS.items():
        if name.startswith(word):
            yield Candidate(f"{name}:", says)
    if word:
        yield from (Candidate(f"code:{each.text}", each.says) for each in _codes(look, word))


def _values(look: Look, at: Open) -> Iterable[Candidate]:
    word = fold(at.typed)
    if at.field == "code":
        return _codes(look, word)
    if at.field == "group":
        return (Candidate(letter, name) for letter, name in GROUPS.items() if letter.lower().startswith(word))
    if at.field == "state":
        return (Candidate(state, "") for state in STATES if state.startswith(word))
    if at.field == "backlog":
        both = (("yes", "only what waits in the backlog"), ("no", "only what does not"), ("yes,no", "both"))
        return (Candidate(value, says) for value, says in both if value.startswith(word))
    if at.field == "assignee":
        return _people(look, word)
    if at.field == "account":
        return _accounts(look, word.replace("-", ""))
    if at.field == "due":
        today = look.today.isoformat()
        return (Candidate(value, says) for value, says in ((f"..{today}", "due by today"), (today, "due today"))
                if value.startswith(word))  # fmt: skip
    if at.field in _COLUMNS:
        return _known(look, _COLUMNS[at.field], word)
    return (Candidate(value, "") for value in _LIKELY.get(at.field, ()) if value.startswith(word))


def _codes(look: Look, word: str) -> Iterator[Candidate]:
    """Codes that begin with the word, then those whose title has it; those with items first."""
    live: dict[str, int] = dict(look.db.rows(f"SELECT w.code, COUNT(*) FROM work_item w WHERE {LIVE} GROUP BY w.code"))
    titled = {code: fold(each.title) for code, each in CODES.items()}
    hits = [code for code in CODES if code.lower().startswith(word) or (len(word) > 1 and word in titled[code])]
    for code in sorted(hits, key=lambda code: (not code.lower().startswith(word), code not in live, code)):
        count = f" ({live[code]:,})" if code in live else ""
        yield Candidate(code, f"{CODES[code].title}{count}")


def _known(look: Look, sql: str, word: str) -> Iterator[Candidate]:
    for value, n in look.db.rows(
        f"SELECT {sql}, COUNT(*) FROM work_item w WHERE {LIVE} AND {sql} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    ):
        if fold(value).startswith(word) and not set(value) & set('",'):  # a comma is always between two values
            yield Candidate(f'"{value}"' if " " in value else value, f"{n:,} items")


def _people(look: Look, word: str) -> Iterator[Candidate]:
    if "me".startswith(word):
        yield Candidate("me", "mine, and theirs whom I stand in for")
    for name, full, role in look.db.rows("SELECT name, full_name, role FROM staff WHERE active = 1 ORDER BY name"):
        if name.startswith(word) and role != "service":
            yield Candidate(name, f"{full}, {role}")


def _accounts(look: Look, digits: str) -> Iterator[Candidate]:
    if not digits.isdigit():
        return
    for number, n in look.db.rows(
        f"SELECT w.account, COUNT(*) FROM work_item w WHERE {LIVE} AND w.account LIKE ? GROUP BY 1 ORDER BY 1"
        f" LIMIT {MOST + 1}",
        [f"{digits}%"],
    ):
        yield Candidate(format_account(number), f"{n:,} items")
