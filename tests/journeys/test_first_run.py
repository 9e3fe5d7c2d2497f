"""The first minute: nothing is there, one command makes a sample district and opens its worklist."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.pty import Terminal


def test_the_sample_is_made_and_opened_then_only_opened(tmp_path: Path) -> None:
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "UBTUI_DATA": ""}
    for _ in range(2):
        terminal = Terminal([sys.executable, "-m", "ubtui", "--sample"], env=env)
        try:
            terminal.wait_for("Worklist", 240)  # 2,000 accounts are made first
            terminal.wait_for("shown", 60)
            terminal.press("q")
            assert terminal.exit_code(20) == 0
        finally:
            terminal.close()
    assert (tmp_path / "ubtui/district/answer-key.json").exists()
