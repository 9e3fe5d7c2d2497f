"""Real seats for tests: processes with a desk of their own, forked from one that has the program loaded."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

from ubtui.act import ACTS, Done, Form, Refused
from ubtui.cli import run_command
from ubtui.desk import Desk
from ubtui.desk import Seat as Sitting

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["ubtui.desk", "ubtui.db.pg", "ubtui.services.worklist", "ubtui.services.adjustments"])
PATIENCE = 120

# What a seat does: module level functions (desk, seat, …), seat being its hand on this test.
Script = Callable[..., None]


class Seat(NamedTuple):
    """A running seat: its process, and the file it notes in what was acknowledged to it."""

    process: Any
    notes: Path

    def acknowledged(self) -> list[Any]:
        """What the seat was told is done, each noted on disk before it went on; a broken last line is none."""
        found = []
        for line in self.notes.read_text("utf-8").splitlines(keepends=True) if self.notes.exists() else ():
            if line.endswith("\n"):
                found.append(json.loads(line))
        return found

    def ended(self) -> int:
        """The exit code; minus the signal that killed it."""
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "the seat is still at it"
        return int(self.process.exitcode)


class Hand:
    """In the seat's process: notes acknowledgements outside the record, waits for the others."""

    def __init__(self, notes: str, gate: Barrier | None) -> None:
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._gate = gate

    def note(self, said: Any) -> None:
        os.write(self._notes, json.dumps(said).encode() + b"\n")
        os.fsync(self._notes)

    def wait(self) -> None:
        """Go on when every seat of the race has come here."""
        if self._gate:
            self._gate.wait(PATIENCE)


def sit(data: str, who: str, notes: Path, script: Script, *args: Any, gate: Barrier | None = None) -> Seat:
    """Start one seat of `who` that runs `script(desk, hand, *args)`."""
    process = _FORKS.Process(target=_main, args=(data, who, str(notes), gate, script, args), daemon=True)
    process.start()
    return Seat(process, notes)


def race(data: str, folder: Path, seats: list[tuple[str, Script, tuple[Any, ...]]]) -> list[list[Any]]:
    """Run seats at the same time, all desks open before the first begins; what was acknowledged to each.

    Fails when a seat ends with an error, a busy record among them.
    """
    gate = _FORKS.Barrier(len(seats))
    running = []
    for n, (who, script, args) in enumerate(seats):
        running.append(sit(data, who, folder / f"seat-{n}.notes", script, *args, gate=gate))
    codes = [seat.ended() for seat in running]
    faults = [(folder / f"seat-{n}.notes.fault").read_text() for n, code in enumerate(codes) if code == 1]
    assert codes == [0] * len(seats), "\n".join([str(codes), *faults])
    return [seat.acknowledged() for seat in running]


def _main(data: str, who: str, notes: str, gate: Barrier | None, script: Script, args: tuple[Any, ...]) -> None:
    code = 0
    try:
        hand = Hand(notes, gate)
        with Desk(data, Sitting(as_name=who)) as desk:
            hand.wait()
            script(desk, hand, *args)
    except BaseException:
        Path(f"{notes}.fault").write_text(traceback.format_exc())
        if gate:
            gate.abort()
        code = 1
    os._exit(code)


def told(answer: Done[Any] | Refused) -> dict[str, Any]:
    """An act's answer as a note."""
    if isinstance(answer, Refused):
        return {"done": False, "said": answer.sentence()}
    from msgspec import to_builtins

    return {"done": True, "seq": answer.seq, "replayed": answer.replayed, "result": to_builtins(answer.result)}


def do(desk: Desk, hand: Hand, act: str, form: Form, key: str | None) -> None:
    """A script: one act, its answer noted."""
    hand.note(told(desk.perform(ACTS[act], form, key)))


def shell(desk: Desk, hand: Hand, argv: list[str], most_bytes: int | None) -> None:
    """A script: a command line, where no file may become larger than so many bytes; notes its code and its words."""
    desk.close()
    said = io.StringIO()
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = run_command(argv)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    hand.note([code, said.getvalue()])
