"""The rules stay pure: the standard library only, no clock, and no binary fractions near money."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "ubtui/domain"
FILES = sorted(DOMAIN.glob("**/*.py"))
CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "monotonic"}
CLOCK_OWNERS = {"date", "datetime", "time"}


def floats(tree: ast.AST) -> list[str]:
    """Where a tree holds a float literal or names float."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            found.append(f"line {node.lineno}: {node.value!r}")
        if isinstance(node, ast.Name) and node.id == "float":
            found.append(f"line {node.lineno}: float")
    return found


def clocks(tree: ast.AST) -> list[str]:
    """Where a tree asks the machine for the time."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and isinstance(node.value, ast.Name)
        and node.value.id in CLOCK_OWNERS
    ]


def foreign(tree: ast.AST) -> set[str]:
    """Packages a tree imports that are neither the standard library nor the domain."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {n for n in names if not n.startswith("ubtui.domain") and n.split(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DOMAIN)))
def test_a_file_of_the_domain_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert floats(tree) == []
    assert clocks(tree) == []
    assert foreign(tree) == set()
    assert ast.get_docstring(tree)


def test_the_check_sees_what_it_looks_for() -> None:
    tree = ast.parse("import peewee\nx = float('1') + 0.5\ny = date.today()\nfrom ubtui.db import z\n")
    assert len(floats(tree)) == 2
    assert len(clocks(tree)) == 1
    assert foreign(tree) == {"peewee", "ubtui.db"}
    assert len(FILES) > 15
