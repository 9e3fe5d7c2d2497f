"""`ubtui demo`: a sample district to try things on, with trouble planted in it and the key to it."""

from __future__ import annotations

from datetime import date

import click

from ubtui.cli.common import data_at
from ubtui.cli.faults import say

ACCOUNTS, YEARS = 2_000, 3


@click.command()
@click.argument("place", required=False, metavar="[FOLDER|URL]")
@click.option("--accounts", default=ACCOUNTS, show_default=True, metavar="N", help="How many accounts.")
@click.option("--years", default=YEARS, show_default=True, metavar="N", help="Years of reads and bills.")
@click.option("--seed", default=7, show_default=True, metavar="N", help="The dice: the same make the same district.")
@click.option("--today", metavar="DATE", help="The sample's business day (else today).")
@click.pass_context
def demo(ctx: click.Context, place: str | None, accounts: int, years: int, seed: int, today: str | None) -> None:
    """Make a sample district at a new folder or an empty PostgreSQL database.

    Nothing in it is real. It has trouble on its worklist; `answer-key.json` in the folder says where.
    """
    from ubtui.domain.dates import parse_day
    from ubtui.services.demo.make import make

    where = data_at(place or ctx.find_root().params.get("data"))
    day = parse_day(today) if today else creation_day()
    entries = make(where, day, accounts, years, seed, say)
    say(f"{where}: a sample of {accounts:,} accounts as of {day}; {len(entries)} items on its worklist")


def creation_day() -> date:
    """Today in the sample district's zone."""
    import pendulum

    from ubtui.desk import utc_now
    from ubtui.domain.dates import LiveClock
    from ubtui.services.demo.make import settings
    from ubtui.settings import district

    return LiveClock(pendulum.timezone(district(settings()).zone), utc_now).today()


def ensure(where: str, accounts: int = ACCOUNTS, years: int = YEARS) -> None:
    """Make the sample district at `where` unless a district stands there already."""
    from contextlib import closing
    from pathlib import Path

    from ubtui.desk import is_url, open_session
    from ubtui.services.demo.make import make

    if is_url(where):
        session = open_session(where)
        with closing(session.database):
            session.database.connect()
            if session.database.table_exists("migration"):
                return
    elif (Path(where) / "ubtui.db").exists():
        return
    make(where, creation_day(), accounts, years, say=say)
