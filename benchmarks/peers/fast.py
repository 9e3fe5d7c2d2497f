"""textual-fastdatatable over the rows of a CSV file, as its guide shows it."""

import sys

import pyarrow.csv
from textual.app import App, ComposeResult
from textual_fastdatatable import ArrowBackend, DataTable


class Fast(App[None]):
    def compose(self) -> ComposeResult:
        yield DataTable(backend=ArrowBackend(pyarrow.csv.read_csv(sys.argv[1])), cursor_type="row")


Fast().run()
