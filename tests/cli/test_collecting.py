"""Payments, plans, protections, letters and owners by shell: what is written, refused, and its exit code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.services import office
from ubtui.cli import run_command
from ubtui.db.models import record
from ubtui.domain.numbers import account_number, format_account

ONE, TWO = (format_account(account_number(n)) for n in (1, 2))


@pytest.fixture
def data(backend: str, monkeypatch: pytest.MonkeyPatch) -> str:
    office.found(backend)
    session = office.admin(backend)
    with session.writing():
        session.run("UPDATE party SET mail_city = 'Rincon', mail_state = 'CA', mail_zip = '95945'")
        parcel = session.insert(record.Parcel, apn="012345678000", county="Nevada", situs="x")
        session.insert(record.AccountParcel, account_id=office.account(session), parcel_id=parcel)
    session.database.close()
    with office.desk(backend) as ana:
        office.bill(ana, office.account(ana.session), 100_00, date(2026, 9, 1))
    monkeypatch.setenv("UBTUI_DATA", backend)
    return backend


def ran(*words: str, code: int = 0) -> None:
    assert run_command(list(words)) == code, words


def test_a_payment_from_suspense_to_its_account(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["--line", f"40.00; Owner 1; acct {ONE}", "--line", "7.50"]
    ran("payment", "stage", "Lockbox", "--total", "47.51", *lines, "--as", "ben", code=1)
    assert "the payments are 47.50" in capsys.readouterr().err
    ran("payment", "stage", "Lockbox", "--total", "47.50", *lines)
    said = capsys.readouterr().out
    assert "payments   1/1, 1/2\n" in said and "proposal   P-000001\n" in said
    ran("payment", "list")
    assert "P-000001: 47.50 staged, to be released by another person" in capsys.readouterr().err
    ran("approve", "P-000001", "--amount", "47.50", "--as", "ben")
    ran("payment", "list")
    said = capsys.readouterr()
    assert f"1/1     2026-11-23        40.00  Owner 1 acct {ONE}" in said.out
    assert f"{ONE} (number {ONE}, the payer's name)" in said.out and "2 in suspense, 47.50" in said.err
    ran("payment", "match", "1/1", ONE)
    assert "closed 1 item: P01:payment:1/1" in capsys.readouterr().err
    ran("payment", "match", "1/9", ONE, code=2)
    ran("payment", "return", "1/2", "--note", "of no customer")
    assert "P-000002" in capsys.readouterr().out
    ran("approvals", "list", "--as", "ben")
    ran("approve", "P-000002", "--amount", "7.50", "--as", "ben")
    capsys.readouterr()
    ran("payment", "list", "--format", "json")
    assert json.loads(capsys.readouterr().out) == []


def test_a_plan_and_a_protection(data: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran("arrangement", "make", ONE, "--lines", "2026-12-01 60\n2027-01-04 40", "--items", "1", "--note", "called")
    capsys.readouterr()
    ran("arrangement", "show", ONE, "--format", "json")
    (plan,) = json.loads(capsys.readouterr().out)
    assert plan["instalments"] == [["2026-12-01", 6000], ["2027-01-04", 4000]] and plan["items"] == [1]
    ran("arrangement", "show", ONE)
    assert capsys.readouterr().out.splitlines() == [
        "PA-000001  amortization, runs; made 2026-11-23 by ana",
        "  covers 100.00, of which 100.00 are open; item 1",
        "  next 60.00 due 2026-12-01",
        "  instalment  1  2026-12-01         60.00",
        "  instalment  2  2027-01-04         40.00",
        "  note called",
    ]
    ran("arrangement", "make", ONE, "--count", "2", "--first-on", "2026-12-15")
    assert capsys.readouterr().out.splitlines() == [
        f"PA-000002  {ONE}  100.00; item 1, in place of PA-000001",
        "  instalment  1  2026-12-15         50.00",
        "  instalment  2  2027-01-15         50.00",
    ]
    ran("arrangement", "make", ONE, "--count", "2", "--first-on", "soon", code=2)
    ran("arrangement", "make", ONE, "--items", "one", code=2)
    ran("arrangement", "make", ONE, "--count", "2", "--count", "3", code=2)
    assert "--count is given 2 times" in capsys.readouterr().err
    for said in (["--items", "1,9"], ["--items", "1 9"], ["--items", "1", "--items", "9"]):  # no number is lost
        ran("arrangement", "make", ONE, "--count", "2", "--first-on", "2026-12-15", *said, code=1)
        assert "item 9" in capsys.readouterr().err
    ran("arrangement", "end", ONE, "broken", "--reason", "nothing came")
    paper = tmp_path / "doctor.txt"
    paper.write_text("certificate", "utf-8")
    ran("protection", "set", ONE, "medical", "--expires-on", "2027-02-01", "--documents", str(paper))
    capsys.readouterr()
    ran("protection", "show", ONE, "--format", "json")
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["expires_on"], found["document_id"]) == ("medical", "2027-02-01", 1)
    ran("protection", "show", ONE)
    assert capsys.readouterr().out == "medical, by law: 2026-11-23 to 2027-02-01, with its paper\n"
    ran("protection", "end", ONE, "medical", "--reason", "moved away")
    ran("protection", "end", ONE, "medical", "--reason", "moved away", code=1)


def test_the_letters_of_the_run(data: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran("worklist", "refresh")
    capsys.readouterr()
    ran("worklist", "list-of", "C01:run:ladder/2026-11-18")
    assert ONE in capsys.readouterr().out
    ran("ladder", "letters", "--to", str(tmp_path / "run"))
    assert "1 letters over 100.00" in capsys.readouterr().err
    assert "100.00" in (tmp_path / "run" / f"{ONE}.txt").read_text("utf-8")
    ran("ladder", "mailed", "ladder/2026-11-18", code=1)
    ran("ladder", "mailed", "ladder/2026-11-18", "--as", "ben")
    assert "closed 1 item: C01:run:ladder/2026-11-18" in capsys.readouterr().err
    ran("ladder", "letters")
    assert capsys.readouterr().out.strip() == ""


def test_owners_mail_and_services(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran("owner", "county", "012-345-678-000", "--name", "OWNER ONE", "--as-of", "2025-07-01")
    ran("owner", "county", "012-345-678-000", "--name", "LUND ROSA", "--as-of", "2026-07-01")
    assert "opened 1 item: Q03" in capsys.readouterr().err
    ran("owner", "confirm", ONE, "--reason", "deed of trust only")
    ran("owner", "escrow", ONE, "E-77", "--closes-on", "2026-12-01", "--good-through", "2026-12-10", "--asked-by", "Co")
    where = ["--line1", "9 Oak Rd", "--city", "Rincon", "--state", "CA", "--zip", "95946"]
    ran("owner", "change", ONE, "--name", "Rosa Lund", "--on", "2026-11-20", *where, "--source", "deed")
    assert "C09:account" in capsys.readouterr().err
    ran("owner", "debt", ONE, "assumed", "--reason", "in the escrow instructions")
    ran("mail", "returned", TWO, "bill", "--returned-on", "2026-11-20", "--reason", "moved")
    ran("mail", "researched", TWO, "not-found", "--note", "asked the post office")
    ran("service", "stop", ONE, "--last-on", "2026-11-01", "--reason", "no such service", code=1)
    ran("service", "place", "SP-1", "R1", "3", code=2)
