"""What went wrong, in one sentence and an exit code; a real fault leaves its traceback in a log, never on screen."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Final

REFUSED, BAD_INPUT, BUSY, FAULT = 1, 2, 3, 4
_PASSWORD = re.compile(r"(\w+://[^:/@\s]*):[^@\s]*@")
_PLACE: Final = frozenset(
    {"cantopen", "readonly", "notadb", "unreachable"}
)  # the caller named a place that is not good


def shown(text: str) -> str:
    """Text for a line of output: cleaned, and no password of a URL in it."""
    from ubtui.domain.text import clean_text

    return _PASSWORD.sub(r"\1:***@", clean_text(text))


def say(text: str) -> None:
    """Narrate on stderr, a line for each line given."""
    for line in text.splitlines():
        print(shown(line), file=sys.stderr)


def say_fault(exc: Exception, argv: Sequence[str] = ()) -> int:
    """One sentence for `exc` on stderr; the exit code. Bad input, busy and place are told; the rest is logged too."""
    from ubtui.act import Refused
    from ubtui.db.errors import Busy, RecordError
    from ubtui.db.migrate import SchemaError
    from ubtui.desk import DeskError
    from ubtui.domain.errors import BadValue
    from ubtui.settings import SettingsError

    if isinstance(exc, BadValue | SettingsError | DeskError | SchemaError):
        say(str(exc))
        return BAD_INPUT
    if isinstance(exc, Refused):
        say(f"refused: {exc.sentence()}")
        return BAD_INPUT if exc.bad_input else REFUSED
    if isinstance(exc, UnicodeEncodeError):
        say("this output's encoding cannot write the text: set PYTHONIOENCODING=utf-8 or a UTF-8 locale")
        return BAD_INPUT
    if isinstance(exc, OSError) and exc.filename is not None:
        say(f"{os.fsdecode(exc.filename)}: {exc.strerror}")
        return BAD_INPUT
    record = _of_record(exc)
    if isinstance(record, Busy):
        say(str(record))
        return BUSY
    if isinstance(record, RecordError) and record.cause in _PLACE:
        say(str(record))
        return BAD_INPUT
    from ubtui.cli.common import data_at
    from ubtui.faultlog import log_fault

    place = log_fault(exc, data_at(_data_of(argv)), _PASSWORD.sub(r"\1:***@", " ".join(argv)))
    say(f"{record or f'{type(exc).__name__}: {exc}'} — this is a fault of the program or the machine; see {place}")
    return FAULT


def _of_record(exc: Exception) -> Exception | None:
    """`exc` as a RecordError, when a database or its driver raised it."""
    from ubtui.db.errors import RecordError, explain

    link: BaseException | None = exc
    while link is not None:
        module = type(link).__module__.partition(".")[0]
        if isinstance(link, RecordError) or module in ("apsw", "peewee", "psycopg"):
            return explain(exc)
        link = link.__cause__ or link.__context__
    return None


def _data_of(argv: Sequence[str]) -> str | None:
    for at, word in enumerate(argv):
        if word == "--data" and at + 1 < len(argv):
            return argv[at + 1]
        if word.startswith("--data="):
            return word.partition("=")[2]
    return None
