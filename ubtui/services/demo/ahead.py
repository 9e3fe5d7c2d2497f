"""Makes the sample's rows in a process of its own while another one writes them."""

from __future__ import annotations

import gc
import marshal
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Final

import msgspec

from ubtui.services.demo.rows import Facts, Fill, Maker, Slice
from ubtui.settings import district

WORTH: Final = 4_000
"""From so many accounts times years on, a process of its own is worth its start."""
_HEAD: Final = 8


class _Order(msgspec.Struct, frozen=True):
    """What the other process is told: the district's settings, what the record says, and the parts in their order."""

    settings: str
    facts: Facts
    parts: list[Fill]


@contextmanager
def slices(settings: str, facts: Facts, parts: Sequence[Fill]) -> Iterator[Iterator[Slice]]:
    """The rows of all parts, made by another process where there is enough to do and somewhere to do it."""
    size = sum(part.count * part.years for part in parts)
    if size < WORTH or (os.cpu_count() or 1) < 2:
        maker = Maker(district(settings), facts)
        yield (some for part in parts for some in maker.slices(part))
        return
    order = msgspec.json.encode(_Order(settings, facts, list(parts)))
    command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
    # The same program, wherever this one was started from.
    paths = {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, env={**os.environ, **paths}
    ) as other:
        try:
            assert other.stdin is not None
            with suppress(BrokenPipeError), closing(other.stdin) as pipe:
                pipe.write(order)
            yield _received(other)
        finally:
            other.kill()


def _received(other: subprocess.Popen[bytes]) -> Iterator[Slice]:
    assert other.stdout is not None
    while head := other.stdout.read(_HEAD):
        body = other.stdout.read(int.from_bytes(head, "big"))
        yield Slice(*marshal.loads(body))
    raise RuntimeError(f"sample: the process that makes the rows ended early ({other.wait()})")


def main() -> None:
    """The other process: an order comes in, slices go out, each behind its length."""
    gc.disable()  # rows have no cycles
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=_Order)
    maker = Maker(district(order.settings), order.facts)
    for part in order.parts:
        for some in maker.slices(part):
            body = marshal.dumps(msgspec.structs.astuple(some))
            sys.stdout.buffer.write(len(body).to_bytes(_HEAD, "big") + body)
            sys.stdout.buffer.flush()
