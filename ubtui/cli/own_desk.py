"""ubtui worklist next, bulk, plan, views, backup, handover: one's own desk from the shell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from ubtui.act import Act, Form, Refused, new_key
from ubtui.cli.common import Options, doing, emit, opened, shared
from ubtui.cli.faults import REFUSED, say
from ubtui.cli.items import day, filtered, item, key, said, told, version
from ubtui.desk import Desk
from ubtui.domain.canonical import sha256_hex
from ubtui.domain.dates import format_day
from ubtui.domain.effort import hours
from ubtui.domain.errors import BadValue
from ubtui.domain.filters import parse
from ubtui.domain.subjects import ItemKey, Subject
from ubtui.exchange.tables import safe
from ubtui.services import listing
from ubtui.services import worklist as room
from ubtui.services.listing import Query
from ubtui.services.worklist import desks


@click.command("next")
@click.option("--code", metavar="CODE", help="Only items of this code.")
@shared()
def next_(options: Options, code: str | None) -> None:
    """Take the most urgent item that waits for you, and show it."""
    with opened(options) as desk:
        changed = doing(desk, options, room.next_item, room.Next(code=code))
        told(options, changed)
        if options.format == "text":
            view = desk.ask(room.item, ItemKey.parse(changed.item))
            for line in (" · ".join(part for part in (view.account, view.title) if part), view.why):
                click.echo(safe(line))


@click.command()
@item
@click.argument("text")
@version
@shared()
def answer(options: Options, item: str, text: str, version: int | None) -> None:
    """Answer the question that came with an item, which goes back to who asked."""
    form = room.Answer(item=key(item), version=version, answer=said(text, "TEXT", 2000))
    with opened(options) as desk:
        told(options, doing(desk, options, room.answer, form))


# -- bulk ------------------------------------------------------------------------------------------------------

Making = Callable[[str, int], Form]


def _making(verb: str, until: date | None, words: str, to: str) -> tuple[Act[Any, room.Changed], Making]:
    """The act of a verb, and its form for one item; BadValue where an option is missing."""
    if verb in ("wait", "dismiss") and until is None:
        raise BadValue(f"{verb} needs --until DAY.")
    if verb == "forward" and not to:
        raise BadValue("forward needs --to NAME or ROLE.")
    if verb in ("wait", "dismiss", "note"):
        said(words, "--reason", 200 if verb == "wait" else 500)

    def form(item: str, version: int) -> Form:
        if verb == "wait":
            assert until is not None
            return room.Wait(item=item, version=version, until=until, wait_for=words)
        if verb == "dismiss":
            assert until is not None
            return room.Dismiss(item=item, version=version, until=until, reason=words)
        if verb == "forward":
            return room.Forward(item=item, version=version, to=to, note=words)
        if verb == "note":
            return room.Note(item=item, note=words)
        return room.OnItem(item=item, version=version)

    acts: dict[str, Act[Any, room.Changed]] = {
        "claim": room.claim, "release": room.release, "wait": room.wait, "forward": room.forward,
        "dismiss": room.dismiss, "note": room.note,
    }  # fmt: skip
    return acts[verb], form


@click.command()
@click.argument("verb", type=click.Choice(["claim", "release", "wait", "forward", "dismiss", "note"]))
@filtered
@click.option("--view", metavar="NAME", help="The items of a saved view.")
@click.option("--until", callback=day, metavar="DAY", help="For wait and dismiss: the day.")
@click.option("--reason", "words", default="", help="For wait, dismiss and note: what or why; with forward: a word.")
@click.option("--to", default="", metavar="NAME|ROLE", help="For forward: whose they are from now on.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many.")
@shared()
def bulk(
    options: Options, verb: str, text: str, view: str | None, until: date | None, words: str, to: str, limit: int
) -> None:
    """Do one thing to every item of a filter; --dry-run says which and how many, and does nothing.

    An item that refuses is named and left as it is; the others are done. Ends with 1 where one refused.
    """
    act, made = _making(verb, until, words, to)
    with opened(options) as desk:
        query = joined(desk, view, text)
        if not query.filter:
            raise BadValue("bulk needs --filter or --view: everything at once is never meant.")
        found = desk.ask(_keys, query, limit + 1)
        more = len(found) > limit
        done = refused = 0
        base = options.key or new_key()
        for name, seen in found[:limit]:
            if options.dry_run:
                click.echo(safe(name))
                continue
            no = desk.perform(act, made(name, seen), sha256_hex(f"{base} {name}")[:40])
            if isinstance(no, Refused):
                refused += 1
                say(f"refused: {name}: {no.sentence()}")
            else:
                done += 1
                told(options, no.result)
    rest = f", more than {limit} match: only these" if more else ""
    if options.dry_run:
        say(f"would {verb} {min(len(found), limit):,} items{rest}")
        return
    say(f"{verb}: {done:,} done, {refused:,} refused{rest}")
    if refused:
        raise click.exceptions.Exit(REFUSED)


def _keys(look: Any, query: Query, limit: int) -> list[tuple[str, int]]:
    shown = room.worklist_for(look.actor.role, look.district.kind)
    cells = "w.code, w.subject_type, w.subject_key, w.period, w.version"
    found = []
    for _, code, kind, subject, period, seen in listing.stream(look, shown, query, cells):
        found.append((str(ItemKey(code, Subject(kind, subject), period)), int(seen)))
        if len(found) == limit:
            break
    return found


def joined(desk: Desk, view: str | None, text: str, sort: str | None = None, reverse: bool = False) -> Query:
    """The query of a view, of a filter, or of both: what the view holds and the filter lets through."""
    parse(text)
    if view is None:
        return Query(text, sort, reverse)
    kept = desk.ask(desks.view, view).query
    both = " ".join(part for part in (kept.filter, text) if part)
    return Query(both, sort or kept.sort, reverse or kept.reverse)


# -- the day ---------------------------------------------------------------------------------------------------


@click.command()
@shared()
def plan(options: Options) -> None:
    """Say what fits into the day: done, mine, and the team's most urgent, by measured minutes."""
    with opened(options) as desk:
        found = desk.ask(room.day_plan)
    if options.format == "json":
        emit(options, found)
        return
    click.echo(found.said())
    click.echo(
        f"done {hours(found.done)} · mine {hours(found.mine)} · team {hours(found.team)}, {found.team_items} items"
    )


# -- views -----------------------------------------------------------------------------------------------------


@click.command()
@shared()
def views(options: Options) -> None:
    """List the saved views: your own, and those that everybody has."""
    with opened(options) as desk:
        for each in desk.ask(desks.views):
            if options.format == "json":
                emit(options, each)
                continue
            order = f"  by {each.query.sort}" if each.query.sort else ""
            order += " reversed" if each.query.reverse else ""
            click.echo(safe(f"{each.name:<20}  {'shared' if each.shared else 'own':<6}  {each.query.filter}{order}"))


@click.command("save-view")
@click.argument("name")
@filtered
@click.option("--sort", type=click.Choice(list(room.WORKLIST.sorts)), help="The column it is sorted by.")
@click.option("--reverse", is_flag=True, help="The list from its other end.")
@click.option("--shared", "for_all", is_flag=True, help="For everybody.")
@shared()
def save_view(options: Options, name: str, text: str, sort: str | None, reverse: bool, for_all: bool) -> None:
    """Keep a filter and an order under a name: ubtui worklist --view NAME."""
    form = room.SaveView(name=name, filter=text, sort=sort, reverse=reverse, shared=for_all)
    with opened(options) as desk:
        emit(options, doing(desk, options, room.save_view, form))


@click.command("drop-view")
@click.argument("name")
@click.option("--shared", "for_all", is_flag=True, help="The one that everybody has.")
@shared()
def drop_view(options: Options, name: str, for_all: bool) -> None:
    """Forget a saved view."""
    with opened(options) as desk:
        emit(options, doing(desk, options, room.drop_view, room.DropView(name=name, shared=for_all)))


# -- away, and what is left ------------------------------------------------------------------------------------


@click.command()
@click.option("--to", "backup", metavar="NAME", help="Who stands in.")
@click.option("--from", "from_on", callback=day, metavar="DAY", help="The first day; else today.")
@click.option("--until", "to_on", callback=day, metavar="DAY", help="The last day.")
@click.option("--person", metavar="NAME", help="Who is away, for a lead to settle; else you.")
@click.option("--end", "back", is_flag=True, help="Back: nobody stands in any more.")
@shared()
def backup(
    options: Options, backup: str | None, from_on: date | None, to_on: date | None, person: str | None, back: bool
) -> None:
    """Say who stands in for whom; with --to and --until, let your items reach a colleague."""
    with opened(options) as desk:
        if back:
            emit(options, doing(desk, options, room.end_backup, room.EndBackup(person=person)))
            return
        if backup is not None:
            if to_on is None:
                raise BadValue("--to needs --until DAY: an absence ends.")
            first = from_on or desk.ask(lambda look: look.today)
            form = room.Backup(backup=backup, from_on=first, to_on=to_on, person=person)
            emit(options, doing(desk, options, room.set_backup, form))
            return
        for each in desk.ask(desks.stand_ins):
            if options.format == "json":
                emit(options, each)
            else:
                click.echo(safe(f"{each.backup} for {each.person}, {each.from_on} to {each.to_on}"))


@click.command()
@click.option("--leave", metavar="TEXT", help="Leave a note yourself; your items in hand are named below it.")
@shared()
def handover(options: Options, leave: str | None) -> None:
    """Read the note that the person before you left; with --leave, leave one."""
    with opened(options) as desk:
        if leave is not None:
            left = doing(desk, options, room.leave_note, room.LeaveNote(note=leave[:2000]))
            if options.format == "json":
                emit(options, left)
                return
            for line in left.body.splitlines():
                click.echo(safe(line))
            return
        note = desk.ask(desks.last_note)
        today = desk.ask(lambda look: look.today)
        if note is not None:
            desk.save(desks.saw_note, note.id)
    if options.format == "json":
        emit(options, note or {})
    elif note is None:
        say("nobody left a note within a week")
    else:
        click.echo(safe(f"{note.staff}, {format_day(note.day, today)} {note.at}"))
        for line in note.body.splitlines():
            click.echo(f"  {safe(line)}")


COMMANDS = (next_, answer, bulk, plan, views, save_view, drop_view, backup, handover)
