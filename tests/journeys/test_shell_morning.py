"""The morning by shell commands alone: the list, its fixes, an adjustment through two people, exports for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.record import asked, assert_clean
from tests.journeys.day import Here, at_rest, paper, shell
from tests.scale import SOAK
from ubtui.desk import is_url
from ubtui.domain.money import format_money, parse_money
from ubtui.domain.numbers import parse_account

Item = dict[str, Any]


def listed(here: Callable[..., Any], query: str = "") -> list[Item]:
    """The list as a program reads it."""
    found: list[Item] = json.loads(here("worklist", "export", "--format", "json", "--filter", query).out)
    return found


def key(item: Item) -> str:
    return f"{item['code']}:{item['subject']}{'@' + item['period'] if item['period'] else ''}"


def balance(here: Callable[..., Any], account: str) -> int:
    told = json.loads(here("account", "show", account, "--format", "json").out)
    cents: int = told["balance"]["total"]
    return cents


def owing(data: str, least: int = 10_000) -> str:
    """An account of more than a year that owes so many cents, has nothing proposed and belongs to nobody here."""
    rows = asked(
        data,
        "SELECT a.number FROM account a JOIN posting p ON p.account_id = a.id JOIN gl_account g ON g.id = p.gl_id"
        " WHERE g.use IN ('receivable', 'credit') AND a.state = 'active'"
        " AND a.number NOT IN (SELECT account_number FROM staff_account)"
        " AND a.id NOT IN (SELECT account_id FROM proposal WHERE account_id IS NOT NULL)"
        " AND (SELECT COUNT(*) FROM bill b WHERE b.account_id = a.id) > 6"
        " GROUP BY a.number HAVING SUM(p.cents) >= ? ORDER BY a.number LIMIT 1",
        least,
    )
    number: str = rows[0][0]
    return number


def test_the_morning(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command line in a process of its own on a folder; the same lines in this process on PostgreSQL."""
    here = Here(sample, capsys)

    def ana(*words: str, who: str = "ana", code: int = 0) -> Any:
        return here(*words, who=who, code=code) if is_url(sample) else shell(sample, *words, who=who, code=code)

    def ben(*words: str, code: int = 0) -> Any:
        return ana(*words, who="ben", code=code)

    # What is wrong, and what of it is mine.
    told = ana("worklist", "list", "--filter", "code:R10")
    assert f"3 of {len(listed(ana))} shown" in told.err and "Counter past zero?" in told.out
    first = listed(ana, "code:R10")[0]
    ana("worklist", "claim", key(first))
    assert "claimed by ana" in ana("worklist", "show", key(first)).out

    # Ben is told who has it; Ana fixes it, and it leaves the list in the same breath.
    said = ben("worklist", "fix", key(first), "--do", "read.review", "--set", "decision=rollover", code=1).err
    assert "ana" in said and "refused" in said
    rolled = (
        "worklist",
        "fix",
        key(first),
        "--do",
        "read.review",
        "--set",
        "decision=rollover",
        "--set",
        "reason=seen",
    )
    assert f"would have closed 1 item: {key(first)}" in ana(*rolled, "--dry-run").err
    assert key(first) in {key(each) for each in listed(ana)}
    assert f"closed 1 item: {key(first)}" in ana(*rolled).err
    assert key(first) not in {key(each) for each in listed(ana)}
    at_rest(sample)

    # A call comes in: an adjustment, seen before it is sent.
    account = owing(sample)
    before = balance(ana, account)
    adjust = (
        "adjust",
        "propose",
        account,
        "--reason",
        "read-correction",
        "--amount",
        "41.00",
        "--note",
        "dial misread",
    )
    plan = ana(*adjust, "--dry-run").out
    assert format_money(before) in plan and format_money(before - 4_100) in plan and "4920" in plan
    assert balance(ana, account) == before
    number = ana(*adjust).out.strip()
    assert re.fullmatch(r"P-\d{6}", number)
    assert balance(ana, account) == before
    assert "technician may not do" in ana("approve", number, "--amount", "41.00", code=1).err

    # Ben looks, types it wrong, types it right: it is posted.
    assert number in ben("approvals", "list").out
    assert "not 14.00" in ben("approve", number, "--amount", "14.00", code=1).err
    done = ben("approve", number, "--amount", "41.00", "--key", "ben-approves-41")
    assert "posted as journal" in done.out and format_money(before - 4_100) in done.out
    again = ben("approve", number, "--amount", "41.00", "--key", "ben-approves-41")
    assert again.out == done.out and "already done" in again.err
    assert balance(ana, account) == before - 4_100
    assert number not in ben("approvals", "list").out

    # The rest of the day.
    item = key(listed(ana, "code:R05")[0])
    ana("worklist", "note", item, "owner will look at the toilet")
    ana("worklist", "wait", item, "--until", "2026-11-30", "--for", "owner calls back")
    ana("worklist", "reopen", item, "--reason", "no", code=1)
    ana("worklist", "forward", item, "--to", "ben", "--note", "yours?")
    assert "for lead" in ben("worklist", "show", item).out or "ben" in ben("worklist", "show", item).out
    ben("worklist", "dismiss", item, "--reason", "pool filled", "--until", "2026-12-30")
    ben("worklist", "reopen", item, "--reason", "it was not the pool")
    mine = ana("worklist", "add", "call the board", "--account", account, "--priority", "70").out.split()[0]
    assert "call the board" in ana("worklist", "show", mine).out
    ana("worklist", "resolve", mine, "--how", "called")
    ana("worklist", "resolve", item, "--how", "it is fine", code=1)
    assert "R05" in ana("worklist", "explain", "R05").out
    at_rest(sample)
    ana("clock", "--to", "2026-11-24")
    ana("verify")
    assert_clean(sample)


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "text"])
def test_an_export_is_the_same_in_a_file_and_on_stdout(
    sample: str, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"list.{form}"
    shown = shell(sample, "worklist", "export", "--format", form).out
    assert shell(sample, "worklist", "export", "--format", form, "-o", str(target)).out == ""
    assert target.read_text("utf-8") == shown
    answers = json.loads(asked(sample, "SELECT value FROM meta WHERE key = 'answer-key'")[0][0])
    waits = {
        tuple(row)
        for row in asked(sample, "SELECT code, subject_type || ':' || subject_key FROM work_item WHERE backlog = 1")
    }
    keys = sorted({(each["code"], each["subject"]) for each in answers} - waits)
    assert waits and len(keys) > len(waits)
    if form == "json":
        rows = json.loads(shown)
    elif form == "jsonl":
        rows = [json.loads(line) for line in shown.splitlines()]
    elif form == "csv":
        rows = list(csv.DictReader(io.StringIO(shown)))
        for row in rows:
            json.loads(row["evidence_json"])
    else:
        assert len(shown.splitlines()) == len(keys) + 1
        return
    assert sorted((row["code"], row["subject"]) for row in rows) == keys
    order = [(-int(row["priority"]), row["code"], row["subject"]) for row in rows]
    assert order == sorted(order)


# How an item of each code is settled from its row: by whom, by which act, what is said besides what is offered.
SETTLED: dict[str, tuple[str, str, dict[str, str]]] = {
    "R04": ("ana", "read.review", {"decision": "confirmed", "reason": "read again"}),
    "R05": ("ana", "read.review", {"decision": "confirmed", "reason": "read again"}),
    "R06": ("ana", "read.review", {"decision": "confirmed", "reason": "read again"}),
    "R07": ("ana", "read.review", {"decision": "confirmed", "reason": "read again"}),
    "R08": ("ana", "service.seasonal", {"reason": "summer house"}),
    "R09": ("ana", "read.review", {"decision": "confirmed", "reason": "read again"}),
    "R10": ("ana", "read.review", {"decision": "rollover", "reason": "went past zero"}),
    "R13": ("ana", "seal.remove", {"reason": "asked for"}),
    "R14": ("ana", "service.activate", {"reason": "new owner"}),
    "R15": ("ana", "staged.decide", {"decision": "drop", "reason": "read twice"}),
    "P07": ("ana", "adjust.propose", {}),
    "A01": ("ben", "adjust.approve", {}),
    "A02": ("ana", "adjust.acknowledge", {}),
    "A04": ("ana", "document.attach", {}),
    "Q01": ("ana", "party.address", {}),
    "X05": ("ana", "worklist.resolve", {"resolution": "called back"}),
}  # fmt: skip
ADDRESS = {"line1": "1 Main St", "city": "Grass Valley", "state": "CA", "zip": "95945"}


def settle(here: Here, item: Item, folder: Path) -> None:
    """Fix one item from its row with what is offered, what is missing in that said."""
    who, act, said = SETTLED[item["code"]]
    offers = json.loads(here("worklist", "fix", key(item), "--format", "json", who=who).out)
    fitting = [each for each in offers if each["act"] == act]
    picked = [each for each in fitting if each["set"].get("decision") == said.get("decision")] or fitting
    assert picked, f"{key(item)} offers {[each['act'] for each in offers]} to {who}"
    takes = picked[0]["set"]
    given = {name: text for name, text in said.items() if name in takes}
    if act == "party.address":
        given = {"reason": "he called"} | {name: text for name, text in ADDRESS.items() if not takes[name]}
    if act == "document.attach":
        given["paper"] = str(paper(folder))
    if act == "adjust.approve":
        given["amount"] = format_money(item["evidence"]["amount_cents"])
    pairs = [word for name, text in given.items() for word in ("--set", f"{name}={text}")]
    told = here("worklist", "fix", key(item), "--do", act, *pairs, who=who, code=0)
    if "closed" not in told.err and act == "staged.decide":  # one more read stands behind this one
        return settle(here, item, folder)
    if act == "adjust.propose":
        number = re.search(r"P-\d{6}", told.out)
        assert number
        told = here("approve", number[0], "--amount", takes["amount_cents"], who="ben")
    assert key(item) in told.err and "closed" in told.err, told.err


def test_every_kind_of_item_is_fixed_from_its_row(
    sample: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = Here(sample, capsys)
    by_code: dict[str, list[Item]] = defaultdict(list)
    for item in listed(here):
        by_code[item["code"]].append(item)
    assert set(SETTLED) <= set(by_code)
    left = {key(item) for found in by_code.values() for item in found}
    for code in sorted(set(by_code) - set(SETTLED)):  # each of these is settled in tests of its own area
        assert json.loads(here("worklist", "fix", key(by_code[code][0]), "--format", "json").out), code
    for code, found in sorted((code, by_code[code]) for code in SETTLED):
        for item in found if SOAK else found[:1]:
            settle(here, item, tmp_path)
            left.remove(key(item))
            if code == "R13":  # the seal is off, the sealed rate is still billed
                left.add(f"M05:{item['subject']}")
            assert key(item) not in {key(each) for each in listed(here, f"code:{code}")}
            at_rest(sample)
    assert {key(item) for item in listed(here)} == left
    assert here("verify").out == ""
    assert_clean(sample)


def test_bad_words_get_a_sentence(sample_folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    here = Here(sample_folder, capsys)
    account = owing(sample_folder)
    for words in (
        ("worklist", "show", "R04"),
        ("worklist", "show", "R04:point:SP-99999"),
        ("worklist", "list", "--filter", "colour:red"),
        ("worklist", "fix", "R10:point:SP-00001@B2/2026-10", "--do", "nothing.real"),
        ("account", "show", "120440-4"),
        ("adjust", "propose", account, "--reason", "leak", "--amount", "1.234"),
        ("adjust", "propose", account, "--reason", "leak", "--amount", "12,34"),
        ("adjust", "propose", account, "--reason", "leak", "--amount", "5", "--doc", "/nowhere/at/all.pdf"),
        ("clock", "--to", "2026-02-30"),
        ("worklist", "dance"),
    ):
        told = here(*words, code=2)
        assert told.out == "" and len(told.err.strip().splitlines()) == 1, (words, told)
    assert parse_money("41.00") == 4_100 and parse_account("120440-3") == "1204403"
    assert_clean(sample_folder)
