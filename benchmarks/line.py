"""A bare pty line: starts a program at a size, sends keys, counts bytes and milliseconds until it is quiet."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Burst:
    """What one key (or the start) brought: bytes, and milliseconds to the first and the last of them."""

    bytes: int
    first_ms: float
    last_ms: float
    text: bytes


class Line:
    """A program on a pty; `send` waits until nothing came for `quiet` seconds.

    It may keep its compiled modules, as an installed program has them, whatever the shell around says.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str] | None = None, size: tuple[int, int] = (80, 24)
    ) -> None:
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
            os.execvpe(argv[0], list(argv), {**around, "TERM": "xterm-256color", **(env or {})})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def started(self, until: Callable[[bytes], bool], quiet: float = 0.5, limit: float = 60.0) -> Burst:
        """Read until `until` holds and it is quiet; `first_ms` is when it held."""
        return self._read(self.began, until, quiet, limit)

    def send(self, keys: bytes, quiet: float = 0.12, limit: float = 2.0) -> Burst:
        began = time.perf_counter()
        os.write(self.fd, keys)
        return self._read(began, bool, quiet, limit)

    def _read(self, began: float, until: Callable[[bytes], bool], quiet: float, limit: float) -> Burst:
        got, held, last = b"", 0.0, began
        while time.perf_counter() - began < limit:
            ready, _, _ = select.select([self.fd], [], [], quiet)
            if not ready:
                if held or until(got):
                    break
                continue
            try:
                chunk = os.read(self.fd, 1 << 16)
            except OSError:
                break
            if not chunk:
                break
            got, last = got + chunk, time.perf_counter()
            if not held and until(got):
                held = last
        return Burst(len(got), ((held or last) - began) * 1000, (last - began) * 1000, got)

    def peak_mb(self) -> float:
        """Peak resident memory so far."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def close(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except OSError:
            pass
        os.close(self.fd)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
