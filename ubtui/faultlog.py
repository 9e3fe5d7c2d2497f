"""Where the traceback of a fault goes: a private file beside the record, never the terminal."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from ubtui.desk import is_url, utc_now
from ubtui.domain.dates import format_instant


def log_fault(exc: Exception, data: str, words: str) -> Path | str:
    """Append the traceback to `fault.log`, 0600, in the district's folder (else the user's state folder).

    `words` say what was asked, without passwords. Gives the file's place, for the sentence that names it.
    """
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ubtui"
    for folder in ([] if is_url(data) else [Path(data)]) + [state]:
        try:
            if folder is state:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / "fault.log"
            at = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(at, "w", encoding="utf-8", errors="backslashreplace") as log:  # also what is no text
                log.write(f"{format_instant(utc_now())} ubtui {words}\n")
                log.write("".join(traceback.format_exception(exc)) + "\n")
            return path
        except OSError:
            continue
    return "nowhere: no folder could be written"
