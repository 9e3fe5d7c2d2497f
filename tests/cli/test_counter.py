"""The counter by shell: what is due is taken without naming it, and the receipt is text."""

from __future__ import annotations

import json
from datetime import date

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


def ran(*words: str, code: int = 0) -> None:
    assert run_command(list(words)) == code, words


def test_a_payment_over_the_counter(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran("payment", "take", ONE, code=1)
    assert "the check has no number" in capsys.readouterr().err
    ran("payment", "take", ONE, "--reference", "1044", "--dry-run")
    ran("payment", "take", ONE, "--reference", "1044", "--amount", "0", code=2)
    capsys.readouterr()
    ran("payment", "take", ONE, "--reference", "1044", "--format", "json")
    got = json.loads(capsys.readouterr().out)
    assert (got["receipt"], got["cents"], got["balance_cents"]) == ("C00001-1", 100_00, 0)
    ran("payment", "receipt", got["receipt"])
    told = capsys.readouterr().out
    assert "Receipt C00001-1" in told and "Paid, check 1044" in told and told.endswith(" 0.00\n")
    ran("payment", "receipt", "C9", code=2)
    ran("payment", "take", ONE, "--as", "cho", "--kind", "cash", "--amount", "5", code=1)


def test_a_drawer_and_its_deposit(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran("drawer", "show", code=2)
    ran("payment", "take", ONE, "--reference", "1044")
    ran("payment", "take", ONE, "--kind", "cash", "--amount", "20")
    capsys.readouterr()
    ran("drawer", "show")
    told = capsys.readouterr().out
    assert told.startswith("ana/2026-11-23  open\n") and "check 1044" in told and "20.00  cash" in told
    ran("drawer", "close", "--cash", "10", "--checks", "100", code=1)
    assert "the count differs by more than 5.00" in capsys.readouterr().err
    ran("deposit", "make", code=1)
    ran("drawer", "close", "--cash", "19.50", "--checks", "100")
    capsys.readouterr()
    ran("drawer", "list")
    assert "closed 2026-11-23, 119.50 counted, 0.50 short" in capsys.readouterr().out
    ran("drawer", "list", "--format", "json")
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["expected_cents"], found["counted_cents"]) == (120_00, 119_50)
    ran("drawer", "show", "ana/2026-11-23", "--format", "json")
    assert [each["cents"] for each in json.loads(capsys.readouterr().out)["taken"]] == [100_00, 20_00]
    ran("deposit", "make", "--as", "cho")
    capsys.readouterr()
    ran("deposit", "list")
    assert "D-000001  2026-11-23        119.50  made by cho" in capsys.readouterr().out
    ran("deposit", "list", "--format", "json")
    assert [each["number"] for each in json.loads(capsys.readouterr().out)] == ["D-000001"]
    ran("deposit", "show", "D-000001")
    told = capsys.readouterr().out
    assert "To the bank" in told and "1044  (C00001-1)" in told
    ran("verify")


def test_what_is_drafted_and_where_bills_go(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran("autopay", "enrol", ONE, "--token", "12345678", "--last4", "5678", code=2)
    ran("autopay", "enrol", ONE, "--token", "tok_9zK2", "--last4", "5678", "--draft-day", "28")
    capsys.readouterr()
    ran("autopay", "list", "--through", "2026-11-28")
    assert f"{ONE}  2026-11-28       100.00  bank ending 5678" in capsys.readouterr().out
    ran("autopay", "list", "--through", "2026-11-27", "--format", "json")
    assert json.loads(capsys.readouterr().out) == []
    ran("autopay", "stop", ONE, "--reason", "asked by phone")
    ran("ebill", "enrol", ONE, "ann@x.org")
    ran("ebill", "stop", ONE, "--reason", "wants paper")


def test_an_escrow_gets_its_statement(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    days = ["--closes-on", "2026-12-10", "--good-through", "2026-12-20"]
    ran("owner", "escrow", ONE, "E-1", *days, "--asked-by", "Sierra Title")
    told = capsys.readouterr().out
    assert told.startswith("Rincon Vista Water District") and "Escrow E-1, Sierra Title" in told and "100.00" in told
