"""A seat that dies taking a payment or closing a drawer leaves all of it or nothing, and no number is skipped."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.faults.killing import AFTER_COMMIT, BEFORE_COMMIT, Moment, do_and_die, killed
from tests.faults.record import asked, assert_at_rest, assert_clean, counted, grown, look_through
from tests.scale import SOAK
from tests.services import office
from ubtui.act import ACTS, Form
from ubtui.domain.numbers import account_number
from ubtui.services import counter, drawers


@pytest.mark.parametrize("name", ["payment.take", "drawer.close"])
def test_the_counter_killed_at_its_writes(backend: str, tmp_path: Path, name: str) -> None:
    """Every second write of the act on either database, and about its commit; in a soak every one."""
    office.found(backend)
    look_through(backend)
    take = counter.Take(account=account_number(1), amount_cents=10_00, kind="cash")
    form: Form = take
    with office.desk(backend) as ana:
        office.bill(ana, office.account(ana.session), 48_600, date(2026, 10, 1))
        if name == "drawer.close":
            office.done(ana.perform(counter.take, take, "first-payment"))
            form = drawers.Close(cash_cents=9_00)
    key, died, before = f"kill-{name}", list[Moment](), counted(backend)
    for at in (BEFORE_COMMIT, *range(1, 80, 1 if SOAK else 2)):
        if not killed(backend, "ana", tmp_path / "notes", do_and_die, name, form, key, at):
            break
        died.append(at)
        assert_clean(backend)
        assert not grown(before, counted(backend)), "nothing of it stands"
    else:
        raise AssertionError("more writes than were tried")
    assert len(died) > 3, died
    with office.desk(backend) as ana:
        assert ana.perform(ACTS[name], form, key).replayed  # type: ignore[union-attr]
    assert asked(backend, "SELECT COUNT(*), MAX(n) FROM counter_receipt") == [(1, 1)]
    if name == "payment.take":
        assert killed(backend, "ana", tmp_path / "notes", do_and_die, name, form, "kill-after-1", AFTER_COMMIT)
        with office.desk(backend) as ana:
            answer = ana.perform(counter.take, take, "kill-after-1")
            assert answer.replayed and office.done(answer).receipt == "C00001-2"  # type: ignore[union-attr]
    assert_clean(backend)
    assert_at_rest(backend)
