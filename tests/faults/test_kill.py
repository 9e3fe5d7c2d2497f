"""A seat that dies leaves all of an act or nothing of it, and the same key tells which, for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from tests.faults.killing import AFTER_COMMIT, BEFORE_COMMIT, Moment, killed, killed_about_commit
from tests.faults.record import asked, assert_at_rest, assert_clean, counted, grown, look_through
from tests.scale import scaled
from tests.services import office
from ubtui.act import Done, Refused
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


def test_approval_killed_at_every_statement(backend: str, tmp_path: Path) -> None:
    moments: list[Moment] = [BEFORE_COMMIT, AFTER_COMMIT, *range(1, 80)]
    died: list[Moment] = []
    for at, form in zip(moments, list(proposals(backend, len(moments))), strict=True):
        key, before = f"approve-{form.proposal}", counted(backend)
        if not killed(backend, "ben", tmp_path / "notes", "adjust.approve", form, key, at):
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
    assert len(died) > 30, f"only {len(died)} moments to die at: {died}"
    assert len(died) < len(moments), "more statements than were tried"
    assert_at_rest(backend)


@pytest.mark.parametrize("chance", [Random(7)], ids=["seed 7"])
def test_approval_killed_about_its_commit(backend: str, tmp_path: Path, chance: Random) -> None:
    for form in list(proposals(backend, scaled(10_000) // 2)):
        key = f"approve-{form.proposal}"
        said = killed_about_commit(backend, "ben", tmp_path / "notes", "adjust.approve", form, key, chance)
        there = postings(backend, form)
        assert there or not said, "acknowledged and lost"
        answer = approve(backend, form, key)
        assert answer.replayed is bool(there)
        if said:
            assert answer.result.journal_id == said[0]["result"]["journal_id"]
        assert postings(backend, form) == 1
    assert_clean(backend)
    assert_at_rest(backend)
