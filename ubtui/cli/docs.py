"""`python -m ubtui.cli.docs [--check]`: the pages of docs/ that are made from the program itself, never by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import click
import msgspec

from ubtui import keys
from ubtui.act import permissions
from ubtui.cli import COMMANDS, cli
from ubtui.detectors import registry
from ubtui.services.district.allowed import ALONE
from ubtui.settings import District

FOLDER: Final = Path(__file__).parent.parent.parent / "docs"
MADE: Final = "<!-- Made by `python -m ubtui.cli.docs`: change the program, then run it again. -->\n\n"
CHANGING: Final = (
    "`ubtui settings show --format toml > next.toml` writes the settings in force; its first line says which they are.",
    "`ubtui settings diff next.toml` tells what yours would change, `ubtui settings apply next.toml --reason WHY` puts",
    f"it forward. How work is laid out ({', '.join(f'`{name}`' for name in sorted(ALONE))})",
    "takes force at once. All else is money or people, and waits for finance or the manager, where neither works for",
    "another lead or administrator: `ubtui settings approve NUMBER`, or on the worklist (X06), where it stands under",
    "the first of these roles that somebody has, until it is decided. One change waits at a time; a file made from",
    "older settings is refused.",
    "",
    "A lead changes all but the staff list, `service_uid` and `seat_keys`, which are the administrator's, or the",
    "lead's where there is none. Nobody changes his own place, nor decides on it while another can: the places of all",
    "who decide are put forward one by one. Who no longer stands on the staff list has no seat, his items are free,",
    "and what he did keeps his name; written again he is back.",
    "",
    "What the record rests on stays: `kind`, `zone`, `billing_unit`, `fiscal_year_start`; the months of a cycle with",
    "accounts; accounts and funds of codes under which lines are posted; a rate effective on a day that was billed",
    "(write a new one from a later day); reasons of adjustments made; past holidays. Another approval policy has a",
    "higher `version`. Limits of what the worklist finds are adopted apart, beside what they would do.",
)


def commands() -> str:
    """Every command with its arguments and options, as help shows them."""
    out = ["# Commands", "", "Exit codes: 0 done, 1 refusal or findings, 2 bad input or usage, 3 busy, 4 fault,"]
    out += ["128 + n after signal n. Data goes to stdout, narration to stderr.", ""]
    ctx = click.Context(cli, info_name="ubtui", **cli.context_settings)
    out += _page(cli, ctx, 2)
    for name in COMMANDS:
        if (command := cli.get_command(ctx, name)) is not None:
            out += _tree(command, click.Context(command, parent=ctx, info_name=name), 2)
    return "\n".join(out)


def _tree(command: click.Command, ctx: click.Context, depth: int) -> Iterator[str]:
    yield from _page(command, ctx, depth)
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            child = command.get_command(ctx, name)
            assert child is not None
            yield from _tree(child, click.Context(child, parent=ctx, info_name=name), depth + 1)


def _page(command: click.Command, ctx: click.Context, depth: int) -> Iterator[str]:
    formatter = click.HelpFormatter(width=100)
    command.format_help(ctx, formatter)
    yield from ("#" * depth + f" {ctx.command_path}", "", "```text", formatter.getvalue().rstrip(), "```", "")


def settings() -> str:
    """Every setting of a district file with its type and default, and who may do which act."""
    out = [
        "# The district file",
        "",
        "Decoded strictly: what is not named here is refused, every fault with its place.",
        "",
        "## Changing them",
        "",
        *CHANGING,
        "",
    ]
    seen: set[type] = set()
    waiting: list[tuple[str, type[msgspec.Struct]]] = [("", District)]
    while waiting:
        place, kind = waiting.pop(0)
        if kind in seen:
            continue
        seen.add(kind)
        title = f"`[{place}]`" if place else "Top level"
        out += [f"## {title}", "", cleandoc(kind.__doc__ or ""), "", "| setting | value | default |", "|---|---|---|"]
        for field in msgspec.structs.fields(kind):
            inner, many = _struct(field.type)
            if inner is not None:
                name = f"{place}.{field.name}" if place else field.name
                waiting.append((f"[{name}]" if many else name, inner))
            out.append(f"| `{field.name}` | {_kind(field.type)} | {_default(field)} |")
        out.append("")
    out += [
        "## Who may do what",
        "",
        "An act without a row, or a role not in it, is refused.",
        "",
        "| act | roles |",
        "|---|---|",
    ]
    out += [f"| `{name}` | {', '.join(sorted(roles))} |" for name, roles in sorted(permissions().items())]
    return "\n".join(out) + "\n"


def _struct(kind: Any) -> tuple[type[msgspec.Struct] | None, bool]:
    args = get_args(kind)
    if get_origin(kind) is tuple and args and isinstance(args[0], type) and issubclass(args[0], msgspec.Struct):
        return args[0], True
    return (kind, False) if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else (None, False)


def _kind(kind: Any) -> str:
    inner, many = _struct(kind)
    if inner is not None:
        return f"{'tables' if many else 'table'}, see below"
    node = msgspec.json.schema(kind)
    return _words(node, node.get("$defs", {}))


def _words(node: dict[str, Any], shared: dict[str, Any]) -> str:
    if "$ref" in node:
        return _words(shared[node["$ref"].rpartition("/")[2]], shared)
    if "enum" in node:
        return " \\| ".join(f"`{value}`" for value in node["enum"])
    if "anyOf" in node:
        return " or ".join(_words(part, shared) for part in node["anyOf"] if part.get("type") != "null")
    if node.get("type") == "array":
        parts = node.get("prefixItems") or [node.get("items") or {}]
        return f"{len(parts) if 'prefixItems' in node else 'list of'} × {_words(parts[0], shared)}".replace(
            "of ×", "of"
        )
    if node.get("type") == "object":
        return "table of " + _words(node.get("additionalProperties") or {"type": "values"}, shared)
    words = {"integer": "whole number", "string": "text", "boolean": "true or false"}
    said = node.get("format") or words.get(str(node.get("type")), str(node.get("type")))
    if "minimum" in node or "maximum" in node:
        said += f" {node.get('minimum', '')} to {node.get('maximum', '')}"
    return said + (f" like `{node['pattern']}`".replace("|", "\\|") if "pattern" in node else "")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "needed"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None or value in ((), {}, "") or isinstance(value, msgspec.Struct):
        return ""
    return f"`{msgspec.json.encode(value).decode()}`"


PAGES: Final = {
    "commands.md": commands,
    "detectors.md": registry.as_markdown,
    "settings.md": settings,
    "keys.md": keys.as_markdown,
}


def made() -> dict[str, str]:
    """Each page's name and text as the program makes it now."""
    return {name: MADE + page().rstrip() + "\n" for name, page in PAGES.items()}


def main(argv: list[str]) -> int:
    """Write the pages; with `--check` only say which differ (exit code 1)."""
    stale = []
    for name, text in made().items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in argv:
                path.write_text(text, "utf-8")
    for name in stale:
        print(
            f"docs/{name} {'differs from the program: run `python -m ubtui.cli.docs`' if '--check' in argv else 'made'}"
        )
    return int(bool(stale) and "--check" in argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
