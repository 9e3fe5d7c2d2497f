"""An adjustment by shell from its plan to the ledger: exit codes, plans, refusals, JSON."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.services import office
from ubtui.cli import run_command
from ubtui.domain.numbers import account_number, format_account

ONE = format_account(account_number(1))


@pytest.fixture
def data(backend: str, monkeypatch: pytest.MonkeyPatch) -> str:
    office.found(backend)
    with office.desk(backend) as ana:
        office.bill(ana, office.account(ana.session), 100_00, date(2026, 9, 1))
    monkeypatch.setenv("UBTUI_DATA", backend)
    return backend


def test_from_plan_to_ledger(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper = tmp_path / "repair.txt"
    paper.write_text("paid", "utf-8")
    wish = ["adjust", "propose", ONE, "--reason", "leak", "--amount", "300"]
    assert run_command(wish) == 1
    assert "needs a document" in capsys.readouterr().err
    assert run_command([*wish, "--doc", str(paper), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    for words in ("before", "-200.00", "Adjustments: leak relief", "Customer credits", "Policy 7.3", "tier 2"):
        assert words in shown
    assert run_command(["approvals", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1, "a heading and nothing below it"
    assert run_command([*wish, "--doc", str(paper), "--key", "shell-key-1"]) == 0
    assert capsys.readouterr().out == "P-000001\n"
    assert run_command([*wish, "--doc", str(paper), "--key", "shell-key-1"]) == 0
    assert "already done" in capsys.readouterr().err
    assert run_command(["approvals", "list", "--format", "json"]) == 0
    assert [p["number"] for p in json.loads(capsys.readouterr().out)] == ["P-000001"]
    told = f"P-000001,{ONE},300.00,Owner 1,leak,ana,2026-12-07,"
    for words, rows in (((), 1), (("--mine",), 0), (("--mine", "--as", "ben"), 1), (("--filter", "money>300"), 0)):
        assert run_command(["approvals", "list", "--format", "csv", *words]) == 0
        listed = capsys.readouterr().out.splitlines()
        assert listed[0].startswith("Proposal,Account,Amount,Owner") and len(listed) == rows + 1, words
        assert all(line.startswith(told[:40]) for line in listed[1:])
    assert run_command(["approvals", "list", "--format", "md"]) == 0
    assert "| P-000001 |" in capsys.readouterr().out
    assert run_command(["approve", "P-000001", "--amount", "300", "--as", "ana"]) == 1
    assert run_command(["approve", "P-000001", "--amount", "300.01", "--as", "ben"]) == 1
    assert run_command(["approve", "P-000001", "--amount", "300", "--as", "ben"]) == 0
    assert "posted as journal 2; balance -200.00" in capsys.readouterr().out
    assert run_command(["account", "show", ONE]) == 0
    assert "-200.00" in capsys.readouterr().out
    assert run_command(["account", "show", ONE, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["balance"]["total"] == -200_00


def test_the_plan_that_was_printed_is_the_plan_that_is_sent(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    wish = ["adjust", "propose", ONE, "--reason", "read-correction", "--amount", "30"]
    assert run_command([*wish, "--dry-run"]) == 0
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown.startswith("plan ") and len(shown) == 69
    with office.desk(data, "ben") as ben:
        office.pay(ben, office.account(ben.session), 80_00, date(2026, 11, 20))
    assert run_command([*wish, "--plan", shown[5:]]) == 1
    said = capsys.readouterr().err
    assert "not the plan that was shown" in said and "RECEIPT -80.00 by ben" in said
    assert run_command([*wish, "--draft"]) == 0
    capsys.readouterr()
    for form in (["adjust", "submit", "P-000001"], ["adjust", "revise", "P-000001", "--amount", "15"]):
        assert run_command([*form, "--dry-run", "--format", "json"]) == 0
        made = json.loads(capsys.readouterr().out)
        assert run_command([*form, "--plan", "0" * 64]) == 1
        assert run_command([*form, "--plan", made["hash"]]) == 0
        capsys.readouterr()
    with office.desk(data) as ana:
        assert ana.session.rows("SELECT number, amount_cents, state FROM proposal ORDER BY id") == [
            ("P-000001", 30_00, "submitted"),
            ("P-000002", 15_00, "submitted"),
        ]


def test_rejected_revised_withdrawn(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paper = tmp_path / "order.txt"
    paper.write_text("paper", "utf-8")
    assert run_command(["adjust", "propose", ONE, "--reason", "charge-by-hand", "--amount", "30", "--draft"]) == 0
    assert run_command(["adjust", "submit", "P-000001"]) == 1
    assert run_command(["adjust", "attach", "P-000001", str(paper), "--title", "order"]) == 0
    assert run_command(["adjust", "submit", "P-000001"]) == 0
    assert run_command(["reject", "P-000001", "--reason", "too much", "--as", "ben"]) == 0
    assert run_command(["adjust", "acknowledge", "P-000001"]) == 0
    assert run_command(["adjust", "revise", "P-000001", "--amount", "20"]) == 0
    assert run_command(["adjust", "withdraw", "P-000002"]) == 0
    assert run_command(["adjust", "withdraw", "P-000002"]) == 1
    assert run_command(["adjust", "reverse", "1", "--reason", "billed twice"]) == 0
    assert run_command(["approve", "P-000003", "--amount", "100", "--as", "ben"]) == 0
    assert "balance 0.00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["account", "show", "000001-1"], "check digit"),
        (["account", "show", account_number(999_999)], "no account"),
        (["adjust", "propose", ONE, "--reason", "leak", "--amount", "12.345"], "is not money"),
        (["adjust", "propose", ONE, "--reason", "leak", "--amount", "1", "--doc", "/nowhere/x.pdf"], "cannot be read"),
        (["adjust", "propose", ONE, "--reason", "leak", "--amount", "1", "--on", "2026-02-30"], "2026-02-30"),
        (["adjust", "propose", ONE, "--reason", "nope", "--amount", "1"], "no adjustment reason `nope`"),
        (["adjust", "propose", ONE, "--reason", "leak", "--amount", "0"], "not above zero"),
        (["adjust", "propose", ONE, "--reason", "leak", "--amount", "1", "--item", "nonsense"], "is not an item"),
        (["adjust", "submit", "P-999999"], "no proposal P-999999"),
        (["adjust", "reverse", "999999", "--reason", "typed twice"], "no journal 999999"),
        (["approve", "nonsense", "--amount", "1", "--as", "ben"], "no proposal nonsense"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    data: str, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(words) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("key ")]
    assert len(said) == 1 and says in said[0]
