"""A DataTable of N rows and six columns, as its guide shows it."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer

ROWS = int(sys.argv[1])


class Table(App[None]):
    BINDINGS = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("Pri", "Age", "Item", "Account", "Who", "Why")
        table.add_rows(
            (str(n % 100), f"{n % 30}d", "Prior read too high", f"{n:06d}-1", f"READY Ortiz {n}", "8,412 to 8,214")
            for n in range(ROWS)
        )


Table().run()
