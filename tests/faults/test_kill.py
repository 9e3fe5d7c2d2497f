"""A seat that dies leaves all of an act or nothing of it, and the same key tells which, for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from tests.faults.killing import (
    AFTER_COMMIT,
    BEFORE_COMMIT,
    Moment,
    do_and_die,
    import_and_die,
    killed,
    killed_about_commit,
)
from tests.faults.record import asked, assert_at_rest, assert_clean, counted, grown, look_through
from tests.scale import SOAK, scaled
from tests.services import office
from ubtui.act import Done, Refused
from ubtui.cli import run_command
from ubtui.desk import is_url
from ubtui.domain.numbers import account_number
from ubtui.services import adjustments

CENTS = 5000


def proposals(data: str, count: int) -> Iterator[adjustments.Approve]:
    """Approvals for ben to give, a district of `count` of ana's proposals made for them."""
    office.found(data, accounts=count + 5)
    look_through(data)
    with office.desk(data) as ana:
        for n in range(6, count + 6):
            account = office.account(ana.session, n)
            office.bill(ana, account, 48_600, date(2026, 10, 1))
            proposed = ana.perform(
                adjustments.propose,
                adjustments.Propose(account=account_number(n), reason="read-correction", amount_cents=CENTS, note="41"),
            )
            yield adjustments.Approve(proposal=office.done(proposed).number, amount_cents=CENTS)


def approve(data: str, form: adjustments.Approve, key: str) -> Done[adjustments.Approved]:
    """The same act again, by whom it was asked."""
    with office.desk(data, "ben") as ben:
        answer = ben.perform(adjustments.approve, form, key)
        assert not isinstance(answer, Refused), answer.sentence()
        return answer


def postings(data: str, form: adjustments.Approve) -> int:
    """How many journals stand behind a proposal."""
    sql = "SELECT j.id FROM journal j JOIN approval a ON a.id = j.approval_id JOIN proposal p ON p.id = a.proposal_id"
    return len(asked(data, f"{sql} WHERE p.number = ?", form.proposal))


def test_approval_killed_at_every_write(backend: str, tmp_path: Path) -> None:
    moments: list[Moment] = [BEFORE_COMMIT, AFTER_COMMIT, *range(1, 20)]
    died: list[Moment] = []
    for at, form in zip(moments, list(proposals(backend, len(moments))), strict=True):
        key, before = f"approve-{form.proposal}", counted(backend)
        if not killed(backend, "ben", tmp_path / "notes", do_and_die, "adjust.approve", form, key, at):
            break
        died.append(at)
        assert_clean(backend)
        there = bool(grown(before, counted(backend)))
        assert there is (at == AFTER_COMMIT)
        assert postings(backend, form) == there
        answer = approve(backend, form, key)
        assert answer.replayed is there
        assert answer.result == approve(backend, form, key).result
        assert postings(backend, form) == 1
    assert_clean(backend)
    assert len(died) > 8, f"only {len(died)} moments to die at: {died}"
    assert len(died) < len(moments), "more writes than were tried"
    assert_at_rest(backend)


@pytest.mark.parametrize("chance", [Random(7)], ids=["seed 7"])
def test_approval_killed_about_its_commit(backend: str, tmp_path: Path, chance: Random) -> None:
    for form in list(proposals(backend, scaled(10_000) // 4)):
        key = f"approve-{form.proposal}"
        said = killed_about_commit(backend, "ben", tmp_path / "notes", "adjust.approve", form, key, chance)
        there = postings(backend, form)
        assert there or not said, "acknowledged and lost"
        answer = approve(backend, form, key)
        # A PostgreSQL server may finish a COMMIT whose client is dead after we looked.
        assert answer.replayed is bool(there) or (answer.replayed and is_url(backend))
        if said:
            assert answer.result.journal_id == said[0]["result"]["journal_id"]
        assert postings(backend, form) == 1
    assert_clean(backend)
    assert_at_rest(backend)


def usage_file(folder: Path, n: int) -> Path:
    """A file of use of three customers nobody has seen, two years with a jump at their end, one row twice."""
    path = folder / f"usage-{n}.csv"
    lines = ["cust_id,cust_class,usage_date,usage_ccf,commodity_charge"]
    for customer in range(n * 3, n * 3 + 3):
        for month in range(1, 13, 2):
            for year, use in ((2014, 10 + month), (2015, 9 + month)):
                use += 90 * (year == 2015 and month == 11)
                lines.append(f"{50_000 + customer},RESIDENTIAL_SINGLE,{year}-{month:02d}-01,{use},{use * 2}.48")
    path.write_text("\n".join([*lines, lines[-2], ""]))
    return path


def found_for_usage(data: str) -> None:
    """A training district with the cycle that the profile wants."""
    cycle = '[[cycles]]\ncode = "SM"\ntitle = "Every two months"\nmonths = 2\nfirst_month = 1\n'
    office.install(data, f"{office.text()}\n{cycle}", date(2015, 12, 1))


def imported(data: str, path: Path, key: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Import a file from the shell: exit code, and what was said."""
    argv = ["import", "usage", str(path), "--profile", "santa-monica", "--data", data, "--key", key]
    code = run_command(argv)
    return code, "".join(capsys.readouterr())


def visible(data: str) -> int:
    """How many reads any reader sees."""
    return int(asked(data, "SELECT COUNT(*) FROM live_read")[0][0])


ROWS = 36


@pytest.mark.parametrize("staged", [True, False], ids=["in its release", "while staged"])
def test_an_import_killed_at_its_writes(
    backend: str, tmp_path: Path, staged: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every write of its release; of its staging every third, another one on each database, in a soak every one."""
    found_for_usage(backend)
    ends: list[Moment] = [BEFORE_COMMIT, AFTER_COMMIT]
    died: list[Moment] = []
    step = 1 if SOAK or staged else 3
    for n, at in enumerate([*ends, *range(1 + (is_url(backend) and step > 1), 200, step)]):
        path, key, before = usage_file(tmp_path, n), f"usage-file-{n}", visible(backend)
        if not killed(backend, "ana", tmp_path / "notes", import_and_die, str(path), key, at, staged):
            break
        died.append(at)
        assert_clean(backend)
        whole = staged and at == AFTER_COMMIT
        assert visible(backend) == before + ROWS * whole
        code, said = imported(backend, path, key, capsys)
        assert code == 0, said
        assert ("already done" in said) is whole
        assert visible(backend) == before + ROWS
        assert imported(backend, path, f"another-{n}", capsys)[0] == 1
        assert visible(backend) == before + ROWS
    assert_clean(backend)
    assert_at_rest(backend)
    assert len(died) > 12, f"only {len(died)} moments to die at: {died}"
    assert asked(backend, "SELECT COUNT(*) FROM batch WHERE released_at IS NOT NULL") == [(len(died) + 1 - (not died),)]
