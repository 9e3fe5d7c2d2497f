"""Death of a seat at a chosen moment: SIGKILL before write n of an act, before its COMMIT, or just after it."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from tests.faults.seats import Hand, Script, sit, told
from ubtui.act import ACTS, Form
from ubtui.desk import Desk
from ubtui.exchange.profile import load
from ubtui.services.imports.release import Release, release
from ubtui.services.imports.stage import Asked, staging

BEFORE_COMMIT, AFTER_COMMIT = "before COMMIT", "after COMMIT"
Moment = int | str
# What is only read leaves nothing behind: to die before it is to die before the next write.
WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|COPY)\b")


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL came back")


def watch(desk: Desk, at: Moment) -> None:
    """From now on this seat dies at `at`, counted in writes from here."""
    session, count = desk.session, 0
    commit = session.database.commit

    def before(sql: str) -> None:
        nonlocal count
        count += bool(WRITES.search(sql))
        if count == at:
            die()

    def committing() -> Any:
        if at == BEFORE_COMMIT:
            die()
        done = commit()
        if at == AFTER_COMMIT:
            die()
        return done

    session.on_statement = before
    session.database.commit = committing


def do_and_die(desk: Desk, hand: Hand, act: str, form: Form, key: str, at: Moment) -> None:
    """A script: one act, killed at `at`; its answer is noted should it live."""
    watch(desk, at)
    hand.note(told(desk.perform(ACTS[act], form, key)))


def do_and_commit_slowly(desk: Desk, hand: Hand, act: str, form: Form, key: str) -> None:
    """A script: one act, that says when it comes to its COMMIT."""
    commit = desk.session.database.commit

    def committing() -> Any:
        hand.note("commit")
        return commit()

    desk.session.database.commit = committing
    hand.note(told(desk.perform(ACTS[act], form, key)))


def killed(data: str, who: str, notes: Path, script: Script, *args: Any) -> bool:
    """Run a script in a seat that is to die; whether it did (a moment that never came kills nobody)."""
    notes.unlink(missing_ok=True)
    code = sit(data, who, notes, script, *args).ended()
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


def import_and_die(desk: Desk, hand: Hand, path: str, key: str, at: Moment, staged: bool) -> None:
    """A script: a file taken in and released, killed at `at` of its release, or of its staging when not `staged`."""
    if not staged:
        watch(desk, at)
    asked = Asked("usage", Path(path), load("santa-monica", "usage"), "santa-monica")
    steps = staging(desk.look(), asked)
    report = None
    while report is None:
        try:
            next(steps)
        except StopIteration as end:
            report = end.value[0]
    if staged:
        watch(desk, at)
    hand.note(told(desk.perform(release, Release(kind="usage", sha256=report.sha256), key)))
