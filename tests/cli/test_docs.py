"""The pages made from the program are in step with it, and name what they must."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
import pytest

from ubtui.act import permissions
from ubtui.cli import COMMANDS, cli, docs
from ubtui.settings import District


@pytest.mark.parametrize("name", docs.PAGES)
def test_the_page_is_what_the_program_makes(name: str) -> None:
    assert (docs.FOLDER / name).read_text("utf-8") == docs.made()[name], f"docs/{name}: run `python -m ubtui.cli.docs`"


def test_every_command_that_stands_has_its_page() -> None:
    page = docs.commands()
    for name in cli.list_commands(click.Context(cli)):
        assert f"## ubtui {name}\n" in page
    assert set(COMMANDS) >= set(cli.list_commands(click.Context(cli)))


def test_every_setting_and_act_is_named() -> None:
    page = docs.settings()
    assert all(f"| `{field.name}` |" in page for field in msgspec.structs.fields(District))
    assert all(f"| `{name}` |" in page for name in permissions())


def test_the_check_sees_a_stale_and_a_missing_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "FOLDER", tmp_path)
    assert docs.main(["--check"]) == 1 and not list(tmp_path.iterdir())
    assert docs.main([]) == 0 and docs.main(["--check"]) == 0
    (tmp_path / "keys.md").write_text("old")
    capsys.readouterr()
    assert docs.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/keys.md differs from the program: run `python -m ubtui.cli.docs`\n"
    assert (tmp_path / "keys.md").read_text() == "old"
