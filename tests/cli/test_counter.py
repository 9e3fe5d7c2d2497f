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
