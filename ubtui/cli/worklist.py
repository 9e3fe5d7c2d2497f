"""ubtui worklist: the list and every act on its items, by the same words and rules as on the screens."""

# Length: one command a step of an item's life, each with its own words; the help is most of it.

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import click
from click.core import ParameterSource
from msgspec import structs

from ubtui.cli import board, items, own_desk, runs
from ubtui.cli.common import Options, doing, emit, going_to, opened, output, shared
from ubtui.cli.faults import say
from ubtui.desk import Desk
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.dates import format_day, local
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import parse
from ubtui.domain.money import format_money
from ubtui.domain.numbers import format_account, parse_account
from ubtui.domain.subjects import ItemKey
from ubtui.exchange.tables import FORMATS, Shown, safe, write
from ubtui.services import listing
from ubtui.services import worklist as room
from ubtui.services.listing import Query
from ubtui.services.triage import triaged
from ubtui.services.worklist import ItemView
from ubtui.services.worklist.explain import explain as explained
from ubtui.services.worklist.export import FIELDS, SHOWN, fixes_of, records
from ubtui.services.worklist.export import export as exported

LEAST = 80
_LETTERS = {"open": "", "claimed": "c", "waiting": "w", "resolved": "r", "dismissed": "d"}


@click.group(name="worklist", invoke_without_command=True)
@click.option("--view", metavar="NAME", help="Show the list of a saved view.")
@shared(FORMATS)
@click.pass_context
def worklist(ctx: click.Context, options: Options, view: str | None) -> None:
    """What is wrong today, and the acts that put it right.

    ITEM is CODE:subject[@period], as R04:point:SP-00012@B2/2026-11. Without a command, --view NAME shows that view.
    """
    if ctx.invoked_subcommand is None:
        if view is None:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        _show(options, view, Query())
        return
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT]
    if given:
        raise BadValue(f"--{given[0].removesuffix('_name')}: write it behind the command.")


@worklist.command()
@shared()
def refresh(options: Options) -> None:
    """Run every detector; end leases and proposals; wake what waited. The nightly job."""
    with opened(options) as desk:
        emit(options, doing(desk, options, room.refresh, room.Refresh()))


@worklist.command("list")
@click.option("--view", metavar="NAME", help="A saved view: its filter and its order.")
@items.of_list(room.WORKLIST)
@shared(FORMATS)
def list_(options: Options, view: str | None, query: Query, limit: int, path: Path | None) -> None:
    """Show the list: what is open, claimed or waiting unless the filter names a state.

    A terminal gets lines of its width; a file or another program gets every cell whole.
    """
    _show(options, view, query, limit, path)


def _show(options: Options, view: str | None, asked: Query, limit: int = 0, path: Path | None = None) -> None:
    parse(asked.filter)
    with opened(options) as desk:
        query = own_desk.joined(desk, view, asked.filter, asked.sort, asked.reverse)
        with going_to(path, options, desk) as out:
            wide = _width() if path is None and options.format == "text" else None
            if wide is None:  # it leaves the screen: the same as an export
                _leaving(desk, options, query, limit)
            shown = desk.ask(_listed, options, query, limit, out, wide)
        total = desk.ask(listing.total, room.WORKLIST)
    filtered = f", filtered by {query.filter}" if query.filter else ""
    say(f"{shown:,} of {total:,} shown{filtered}")


def _leaving(desk: Desk, options: Options, query: Query, limit: int = 0) -> None:
    """Record who takes what before a byte leaves: so it is known even of an export that is broken off."""
    count = desk.ask(_count, query)
    rows = min(count, limit) if limit else count
    desk.viewed("worklist.export", format=options.format, rows=rows, filter=sha256_hex(query.filter)[:16])


def _count(look: Any, query: Query) -> int:
    return listing.count(look, room.worklist_for(look.actor.role, look.district.kind), query)


def columns(width: int | None) -> tuple[Shown, ...]:
    """The list's columns on lines of `width`; None: no line ends, every cell is whole."""
    spare = 0 if width is None else max(width, LEAST) - LEAST
    item, who = min(spare // 5, 14), min(spare * 2 // 5, 32)
    return tuple(
        Shown(name, title, wide, right, cut=width is not None)
        for name, title, wide, right in (
            ("priority", "Pri", 3, True),
            ("age_days", "Age", 3, True),
            ("code", "Code", 4, False),
            ("state", "S", 1, False),
            ("title", "Item", 18 + item, False),
            ("account", "Account", 8, False),
            ("who", "Who / where", 18 + who, False),
            ("why", "Why", 18 + spare - item - who, False),
        )
    )


def _width() -> int | None:
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None


def _listed(look: Any, options: Options, query: Query, limit: int, out: BinaryIO, wide: int | None) -> int:
    names = [field.name for field in FIELDS]
    state, who, where = names.index("state"), names.index("who"), names.index("where")

    def rows() -> Any:
        for n, cells in enumerate(records(look, query)):
            if limit and n >= limit:
                return
            if options.format == "text":
                cells[state] = _LETTERS[cells[state]]
                cells[who] = " · ".join(part for part in (cells[who], cells[where]) if part)
            yield cells

    return write(out, options.format, FIELDS, rows(), SHOWN if options.format == "md" else columns(wide))


@worklist.command()
@items.item
@shared()
def show(options: Options, item: str) -> None:
    """Show one item: why it is here, what if nothing is done, by when, its story, and what fixes it."""
    with opened(options) as desk:
        view = desk.ask(room.item, ItemKey.parse(item))
        if options.format == "json":
            found = desk.ask(triaged, view)
            causes = list(found.causes) if found else []
            facts = {**structs.asdict(view), "key": str(view.key), "fixes": list(fixes_of(view.key.code))}
            emit(options, facts | ({"triage": causes} if causes else {}))
            return
        for line in _shown(desk, view):
            click.echo(line)


def _shown(desk: Desk, view: ItemView) -> Sequence[str]:
    today = desk.ask(lambda look: look.today)
    due = f"{format_day(view.due_on, today)} ({view.due_source})" if view.due_on else ""
    held = f"{view.state} by {view.holder}" if view.holder else view.state
    if view.backlog:
        held += ", in the backlog"
    if view.state == "waiting" and view.wake_on:
        held = f"waiting until {view.wake_on} for {view.wait_for}"
    if view.state == "dismissed" and view.dismissed_until:
        held = f"dismissed until {view.dismissed_until}: {view.resolution}"
    pairs = [
        ("item", str(view.key)),
        ("question", view.question),
        ("title", view.title),
        ("why", view.why),
        ("account", " · ".join(part for part in (view.account, view.who, view.place) if part)),
        ("priority", f"{view.priority}{f' by hand: {view.override_reason}' if view.override_reason else ''}"),
        ("since", f"{view.detected_on} ({view.age_days} days; seen {view.seen_count} times)"),
        ("due", due),
        ("at stake", format_money(view.money_cents) if view.money_cents else ""),
        ("if nothing", view.consequence),
        ("state", held),
        ("version", str(view.version)),
        ("fixes", " ".join(fixes_of(view.key.code))),
    ]
    lines = [f"{name:<10}  {safe(text)}" for name, text in pairs if text]
    lines += ["evidence"] + [
        f"  {safe(str(name))}: {safe(str(value))}"
        for name, value in view.evidence.items()
        if value not in (None, "", [], {})
    ]
    if (found := desk.ask(triaged, view)) is not None:
        lines += ["triage"] + [f"  {each.likelihood:<8}  {each.name}: {safe(each.said())}" for each in found.causes]
    lines += ["story"] if view.events else []
    for event in view.events:
        said = f"{event.kind}: {safe(event.note)}" if event.note else event.kind
        lines.append(f"  {local(event.at, desk.district.zone):%Y-%m-%d %H:%M} {event.actor} {said}")
    return lines


@worklist.command()
@items.item
@items.version
@shared()
def claim(options: Options, item: str, version: int | None) -> None:
    """Take an item for 30 minutes; again: renew."""
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.claim, room.OnItem(item=items.key(item), version=version)))


@worklist.command()
@items.item
@items.version
@shared()
def release(options: Options, item: str, version: int | None) -> None:
    """Give a claimed item back."""
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.release, room.OnItem(item=items.key(item), version=version)))


@worklist.command()
@items.item
@click.option("--until", callback=items.day, required=True, metavar="DAY", help="The day it comes back.")
@click.option("--for", "wait_for", required=True, metavar="WHAT", help="Whom or what it waits for.")
@items.version
@shared()
def wait(options: Options, item: str, until: date, wait_for: str, version: int | None) -> None:
    """Put an item away until a day."""
    form = room.Wait(item=items.key(item), version=version, until=until, wait_for=items.said(wait_for, "--for", 200))
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.wait, form))


@worklist.command()
@items.item
@click.option("--to", required=True, metavar="NAME|ROLE", help="Whose it is from now on.")
@click.option("--note", default="", help="A word with it.")
@click.option("--question", default="", help="What they are to answer; the answer brings the item back.")
@items.version
@shared()
def forward(options: Options, item: str, to: str, note: str, question: str, version: int | None) -> None:
    """Hand an item to a person or a role, with a question if you want it back with an answer."""
    form = room.Forward(item=items.key(item), version=version, to=to, note=note, question=question)
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.forward, form))


@worklist.command()
@items.item
@click.argument("text")
@shared()
def note(options: Options, item: str, text: str) -> None:
    """Write a note into an item's story."""
    with opened(options) as desk:
        form = room.Note(item=items.key(item), note=items.said(text, "TEXT", 2000))
        items.told(options, doing(desk, options, room.note, form))


@worklist.command()
@items.item
@click.option("--do", "act", metavar="ACT", help="The act to do; without it the offers are listed.")
@click.option(
    "--set", "pairs", metavar="FIELD=VALUE", multiple=True, help="A field of the act, in place of what is offered."
)
@shared()
def fix(options: Options, item: str, act: str | None, pairs: tuple[str, ...]) -> None:
    """Do an act that takes the item's cause away, its fields filled in from the evidence."""
    from ubtui.services import fixes, forms

    values = dict(_pair(pair) for pair in pairs)
    with opened(options) as desk:
        view = desk.ask(room.item, ItemKey.parse(item))
        if act is None:
            if values:
                raise BadValue("--set needs --do: name the act that takes the fields.")
            _offered(options, desk.ask(fixes.offers, view))
            return
        chosen = desk.ask(fixes.offer, view, act, values)
        known = {each.removesuffix("_cents"): each for each in chosen.values()}
        given = {known.get(name, name): value for name, value in values.items()}
        made = forms.act_named(act)
        form = forms.form(made, {**chosen.values(), **given})
        emit(options, doing(desk, options, fixes.guarded(made, view), form))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadValue(f"--set {text[:60]!r} is not FIELD=VALUE.")
    return name, value


def _offered(options: Options, offers: Sequence[Any]) -> None:
    from ubtui.services import forms

    if options.format == "json":
        emit(options, [
            {"act": each.act, "title": each.title, "likely": each.likely, "why": each.why, "set": each.values()}
            for each in offers
        ])  # fmt: skip
        return
    for each in offers:
        why = f"  ({safe(each.why)})" if each.why else ""
        click.echo(f"{'*' if each.likely else ' '} {each.act:<18}  {each.title}{why}")
        usual = {field.name: field.value for field in forms.fields(each.act)}
        for field in each.fields:
            if field.value == usual[field.name] and not field.required:
                continue
            mark = " (needed)" if field.required and not field.value else ""
            click.echo(f"      {field.name.removesuffix('_cents')}={safe(field.value)}{mark}")


@worklist.command()
@items.item
@click.option("--reason", required=True, help="Why nothing has to be done.")
@click.option("--until", callback=items.day, required=True, metavar="DAY", help="The last day it stays away.")
@items.version
@shared()
def dismiss(options: Options, item: str, reason: str, until: date, version: int | None) -> None:
    """Silence an item until a day, with a reason."""
    form = room.Dismiss(item=items.key(item), version=version, until=until, reason=items.said(reason, "--reason", 500))
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.dismiss, form))


@worklist.command()
@items.item
@click.option("--reason", required=True, help="Why it is looked at again.")
@items.version
@shared()
def reopen(options: Options, item: str, reason: str, version: int | None) -> None:
    """Take back a dismissal, or the resolution of an item of one's own."""
    form = room.Reopen(item=items.key(item), version=version, reason=items.said(reason, "--reason", 500))
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.reopen, form))


@worklist.command()
@click.argument("title")
@click.option("--why", default="", help="What it is about.")
@click.option("--account", metavar="ACCOUNT", help="The account it concerns.")
@click.option("--due", callback=items.day, metavar="DAY", help="The day it is due.")
@click.option("--priority", type=click.IntRange(0, 100), default=50, show_default=True)
@click.option("--to", metavar="NAME|ROLE", help="Whose it is; else your own role's.")
@shared()
def add(
    options: Options, title: str, why: str, account: str | None, due: date | None, priority: int, to: str | None
) -> None:
    """Add an item of your own (X05)."""
    account = format_account(parse_account(account)) if account else None
    named = items.said(title, "TITLE", 100)
    form = room.Add(title=named, why=why[:500], account=account, due=due, priority=priority, to=to)
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.add, form))


@worklist.command()
@items.item
@click.option("--resolution", "--how", required=True, help="How it was settled.")
@items.version
@shared()
def resolve(options: Options, item: str, resolution: str, version: int | None) -> None:
    """Close an item of one's own; any other closes when its cause is gone."""
    form = room.Resolve(item=items.key(item), version=version, resolution=items.said(resolution, "--resolution", 500))
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.resolve, form))


@worklist.command()
@items.item
@click.option("--to", "value", type=click.IntRange(0, 100), help="The priority; none: as computed.")
@click.option("--reason", required=True, help="Why.")
@items.version
@shared()
def priority(options: Options, item: str, value: int | None, reason: str, version: int | None) -> None:
    """Set an item's priority by hand, with a reason; without --to, as computed."""
    why = items.said(reason, "--reason", 500)
    form = room.Priority(item=items.key(item), version=version, priority=value, reason=why)
    with opened(options) as desk:
        items.told(options, doing(desk, options, room.set_priority, form))


@worklist.command()
@click.argument("code")
@shared()
def explain(options: Options, code: str) -> None:
    """Say what a code looks for, by which limits, and how well it has served."""
    with opened(options) as desk:
        emit(options, desk.ask(explained, code))


@worklist.command()
@items.filtered
@output
@shared(FORMATS, "csv")
def export(options: Options, text: str, path: Path | None) -> None:
    """Write every item of a filter with all its fields: csv, one json array, jsonl, an xlsx workbook, md, or text."""
    query = Query(text)
    parse(text)
    with opened(options) as desk, going_to(path, options, desk) as out:
        _leaving(desk, options, query)
        count = desk.ask(exported, query, options.format, out)
    say(f"{count:,} item{'' if count == 1 else 's'}{f' to {path}' if path else ''}")


for each in (*own_desk.COMMANDS, *board.COMMANDS, *runs.COMMANDS):
    worklist.add_command(each)
