"""Death of a seat at a chosen moment: SIGKILL before statement n of an act, before its COMMIT, or just after it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from tests.faults.seats import Hand, sit, told
from ubtui.act import ACTS, Form
from ubtui.desk import Desk

BEFORE_COMMIT, AFTER_COMMIT = "before COMMIT", "after COMMIT"
Moment = int | str


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL came back")


def do_and_die(desk: Desk, hand: Hand, act: str, form: Form, key: str, at: Moment) -> None:
    """A script: one act, killed at `at`; its answer is noted should it live."""
    session, count = desk.session, 0

    def before(_sql: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            die()

    commit = session.database.commit

    def committing() -> Any:
        if at == BEFORE_COMMIT:
            die()
        done = commit()
        if at == AFTER_COMMIT:
            die()
        return done

    session.on_statement = before
    session.database.commit = committing
    hand.note(told(desk.perform(ACTS[act], form, key)))
    hand.note(count)


def do_and_commit_slowly(desk: Desk, hand: Hand, act: str, form: Form, key: str) -> None:
    """A script: one act, that says when it comes to its COMMIT."""
    commit = desk.session.database.commit

    def committing() -> Any:
        hand.note("commit")
        return commit()

    desk.session.database.commit = committing
    hand.note(told(desk.perform(ACTS[act], form, key)))


def killed(data: str, who: str, notes: Path, act: str, form: Form, key: str, at: Moment) -> bool:
    """Do an act in a seat that dies at `at`; whether it died (a moment that never came kills nobody)."""
    notes.unlink(missing_ok=True)
    seat = sit(data, who, notes, do_and_die, act, form, key, at)
    code = seat.ended()
    assert code in (0, -signal.SIGKILL), Path(f"{notes}.fault").read_text()
    return code != 0


def killed_about_commit(data: str, who: str, notes: Path, act: str, form: Form, key: str, chance: Random) -> list[Any]:
    """Do an act in a seat that is killed some microseconds around its COMMIT; what was acknowledged before."""
    notes.unlink(missing_ok=True)
    seat = sit(data, who, notes, do_and_commit_slowly, act, form, key)
    while seat.process.is_alive() and "commit" not in seat.acknowledged():
        time.sleep(0.0005)
    until = time.perf_counter() + chance.random() * 0.006
    while time.perf_counter() < until:
        pass
    seat.process.kill()
    seat.ended()
    return [note for note in seat.acknowledged() if note != "commit"]
