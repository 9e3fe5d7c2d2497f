"""What an act would do, in lines: from its rehearsal, which is rolled back."""

from __future__ import annotations

from typing import Any

import msgspec

from ubtui.act import Done, Refused
from ubtui.screens import evidence
from ubtui.services import fixes
from ubtui.widgets.panel import Line


def would(answer: Done[Any] | Refused) -> tuple[Line, ...]:
    """What a rehearsed act would do."""
    if isinstance(answer, Refused):
        return (Line("refused", answer.sentence(), "danger"),)
    plain = msgspec.to_builtins(answer.result, enc_hook=str)
    facts = evidence.told({name: value for name, value in plain.items() if value not in (None, "", [], ())})
    closed = ", ".join(map(fixes.named, answer.closed[:2])) or "nothing"
    lines = [Line("would close", closed + (f" and {len(answer.closed) - 2} more" if len(answer.closed) > 2 else ""))]
    if answer.opened:
        lines.append(Line("would open", ", ".join(map(fixes.named, answer.opened[:3])), "warning"))
    return (*lines, Line("result", facts))
