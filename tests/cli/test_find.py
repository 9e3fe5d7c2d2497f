"""`ubtui find`: every form of what is found, who may look, and what leaves the screen is known."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.services import office
from ubtui.cli import run_command
from ubtui.domain.numbers import format_account


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = run_command([*words])
    out, err = capfd.readouterr()
    return code, out, err


def test_each_form_tells_the_same(sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    session = office.admin(sample)
    number, name = session.rows(
        "SELECT a.number, q.name FROM account a JOIN account_role r ON r.account_id = a.id AND r.role = 'owner'"
        " JOIN party q ON q.id = r.party_id ORDER BY a.id LIMIT 1"
    )[0]
    session.database.close()
    account = format_account(number)
    code, out, err = said(capfd, "find", "--data", sample, account)
    assert code == 0 and account in out and name in out and "found" in err
    _, out, _ = said(capfd, "find", "--data", sample, *name.split(), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows[0].keys() == {"group", "kind", "found", "account", "who", "where", "fit"}
    assert account in {row["account"] for row in rows if (row["group"], row["fit"]) == ("people", "whole")}
    _, out, _ = said(capfd, "find", "--data", sample, name, "--format", "jsonl")
    assert [json.loads(line)["account"] for line in out.splitlines()] == [row["account"] for row in rows]


def test_nothing_is_an_answer_and_more_is_said(sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capfd, "find", "--data", sample, "zzqqxx")
    assert (code, err, len(out.splitlines())) == (0, "0 found\n", 1)
    code, out, err = said(capfd, "find", "--data", sample, "12", "--limit", "2", "--format", "jsonl")
    assert code == 0 and sum(json.loads(line)["group"] == "accounts" for line in out.splitlines()) == 2
    assert "there are more accounts" in err
    paste = said(capfd, "find", "--data", sample, "x" * 10_000)
    assert paste[2] == "0 found; only the beginning of the text was looked for\n"


def test_who_may_not_see_accounts_finds_nothing(sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    session = office.admin(sample)
    session.run("INSERT INTO staff(name, full_name, role) VALUES ('finn', 'Finn Moss', 'admin')")
    session.database.close()
    code, out, err = said(capfd, "find", "--data", sample, "a", "--as", "finn")
    assert (code, out) == (1, "") and err.startswith("refused: the role admin may not do find.search")
    assert said(capfd, "find", "--data", sample, "a", "--as", "dee")[0] == 0
    with office.desk(sample) as desk:
        kept = desk.session.rows("SELECT actor, outcome FROM audit WHERE act = 'find.search' ORDER BY seq")
    assert kept == [("finn", "refused"), ("dee", "viewed")]


def test_a_search_without_text_is_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert said(capfd, "find")[0] == 2


def test_doctor_makes_the_index_anew(sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    session = office.admin(sample)
    session.run("DELETE FROM find_key WHERE kind = 1")
    session.database.close()
    code, out, _ = said(capfd, "verify", "--data", sample)
    assert code == 1 and "find_key" in out and "ubtui doctor --reindex" in out
    assert "keys to find by" in said(capfd, "doctor", "--data", sample, "--reindex")[2]
    assert said(capfd, "verify", "--data", sample)[0] == 0
