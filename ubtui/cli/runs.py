"""`ubtui worklist list-of`: the list that a run or a programme opens."""

from __future__ import annotations

from pathlib import Path

import click

from ubtui.cli import items
from ubtui.cli.common import Options, opened, shared
from ubtui.domain.subjects import ItemKey
from ubtui.exchange.tables import FORMATS
from ubtui.services import listing
from ubtui.services.listing import Query


@click.command("list-of")
@items.item
@items.of_list()
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Print it as PDF to this file.")
@shared(FORMATS)
def list_of(options: Options, item: str, query: Query, limit: int, path: Path | None, pdf: Path | None) -> None:
    """Show the list that ITEM opens: a seal round, a meter programme, a run of the ladder."""
    from ubtui.cli.made import listed
    from ubtui.services import runs

    key = ItemKey.parse(item)
    with opened(options) as desk:
        of = desk.ask(runs.list_of, key)
        if pdf is not None:
            from ubtui.cli.printing import list_page, printed

            run = runs.run_of(key)
            assert run is not None
            title = f"{run.title} {key.subject.key.partition('/')[2] or key.subject.key} {key.period}".rstrip()
            desk.viewed("worklist.export", list=str(key), format="pdf", rows=desk.ask(listing.count, of, query))
            printed(desk, pdf, [desk.ask(list_page, of, title, query, run.blanks)], wide=True)
            return
        listed(options, desk, of, query, path, limit, str(key))


COMMANDS = (list_of,)
