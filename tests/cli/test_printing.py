"""Sheets on paper: the same bytes each time, what stands in the record drawn as it is, and what is counted shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from tests.detectors.scene import DAY, Scene
from ubtui.cli import printing, run_command
from ubtui.db.models import record
from ubtui.documents import pdf, walk_sheet
from ubtui.documents.pdf import Bars, Blanks, Head, Page, Pairs, Rows, Words
from ubtui.domain.errors import BadValue
from ubtui.services import locations, meter_tests, orders

HOSTILE = (
    '#panic("x")', '#read("/etc/passwd")', "#pagebreak()", "$ x^ $", "@nobody", "<here>", "= *b* _i_", "\\#(1/0)", "[[",
    "水 😀 \x1b[2J \u202e", "x" * 900, "",
)  # fmt: skip


def page(text: str) -> Page:
    """A sheet with everything on it, each part holding `text`."""
    return Page(
        text, text,
        (
            Pairs(((text, text),)), Words(text, (text, text)), Blanks((text,)), Bars(text, (text, text), (0, 7)),
            Rows((Head(text, 5), Head(text, 9, True)), ((text, text), (text, text))),
        ),
    )  # fmt: skip


def drawn(pages: list[Page]) -> int:
    """How many pages these sheets take, by their pictures."""
    given = pdf._clean({"title": "T", "wide": False, "pages": msgspec.to_builtins(pages)})
    made = pdf._compiler().compile(
        input=pdf._template(), format="png", ppi=20, sys_inputs={"given": msgspec.json.encode(given).decode()},
        root=str(pdf._FOLDER),
    )  # fmt: skip
    return len(made) if isinstance(made, list) else 1


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_printed_is_never_run(text: str) -> None:
    made = pdf.render(text, [page(text), page(text)])
    assert made.startswith(b"%PDF-") and made == pdf.render(text, [page(text), page(text)])
    plain = [page("y" * min(len(text), 5)), page("y")]
    if len(text) < 100:
        assert drawn([page(text), page(text)]) == drawn(plain) == 2


def test_a_warning_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_template", lambda: b'#set text(font: "No Such Face")\nx')
    with pytest.raises(RuntimeError, match="warns"):
        pdf.render("T", [page("x")])


def test_no_day_stands_in_a_sheet() -> None:
    assert b"CreationDate" not in pdf.render("T", [page("x")])


def test_a_sheet_has_an_end() -> None:
    with pytest.raises(BadValue, match="2,000"):
        walk_sheet.page("Round", [Head("Nr", 5)], ([str(n)] for n in range(2_001)))


@pytest.fixture
def scene(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(backend)
    monkeypatch.setenv("UBTUI_DATA", backend)
    yield made
    made.close()


def ran(*argv: str) -> None:
    assert run_command([*argv]) == 0, argv


def test_orders_cards_rounds_and_routes_go_to_paper(
    scene: Scene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number="S1", lock_state="locked", lock_reason="owner_request",
            rate_status="sealed", placed_on=date(2025, 1, 1),
        )  # fmt: skip
    scene.uses(c, [20, 21, 22])
    scene.refresh()
    place = locations.Place(
        point=c.point, location="#panic() by the oak", box="12x20", latitude="39.2", longitude="-121"
    )
    scene.act(locations.place, place)
    for kind in ("test", "exchange"):
        scene.act(orders.create, orders.Create(point=c.point, kind=kind, due_on=DAY, instructions="*mind* the dog"))
    said = ""
    for name, argv in {
        "orders": ("order", "sheets"), "card": ("meter", "sheet", c.point), "route": ("reads", "route", "R07"),
        "round": ("worklist", "list-of", "M03:run:seal-round/2026-11"),
    }.items():  # fmt: skip
        for again in ("", "-again"):
            ran(*argv, "--pdf", str(tmp_path / f"{name}{again}.pdf"))
        first = (tmp_path / f"{name}.pdf").read_bytes()
        assert first.startswith(b"%PDF-") and first == (tmp_path / f"{name}-again.pdf").read_bytes()
        (plain := tmp_path / "Plain.PDF").write_bytes(b"as it was")
        assert run_command([*argv, "-o", str(plain)]) == 2 and plain.read_bytes() == b"as it was"
        said += capsys.readouterr().err
        assert f"text would be written, and no PDF; print it with --pdf {plain}." in said.splitlines()[-1]
        ran(*argv, "-o", str(tmp_path / f"{name}.txt"))
        assert not (tmp_path / f"{name}.txt").read_bytes().startswith(b"%PDF-")
    assert "2 sheets in" in said
    assert run_command(["order", "calendar", "-o", str(tmp_path / "days.pdf")]) == 2
    assert "name a file that does not end in .pdf" in capsys.readouterr().err and not (tmp_path / "days.pdf").exists()
    ran("order", "sheets")
    text = capsys.readouterr().out
    assert text.count("\f") == 2 and "Low, 0.25 gpm" in text and "First read of it" in text
    assert "GPS       39.200000, -121.000000" in text and "#panic() by the oak" in text and "badger/90001" in text
    ran("meter", "sheet", "badger/90001")
    said = capsys.readouterr().out
    assert "Box       12x20" in said and "S1 locked" in said and said.count("B2/2026") == 3
    assert run_command(["order", "sheets", "--filter", "leak", "--pdf", str(tmp_path / "none.pdf")]) == 2
    with scene.desk() as desk, pytest.raises(BadValue, match="1,001 sheets"):
        printing.printed(desk, tmp_path / "none.pdf", [page("x")] * 1_001)
    assert not (tmp_path / "none.pdf").exists()


def test_a_bought_meter_waits_in_the_store_and_is_set_as_it_is(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    c = scene.customer()
    scene.uses(c, [20, 21])
    bought = ("meter", "stock", "Kamstrup", "55", "--size", "1", "--dials", "8", "--unit", "gallons")
    ran(*bought, "--multiplier", "10", "--bought-on", "2026-06-01")
    assert run_command([*bought]) == 1 and "is here already" in capsys.readouterr().err
    for more, why in (
        (("--size", "x"), "no meter size"), (("--unit", "hogshead"), "the face"), (("--multiplier", "0"), "multiplier"),
        (("--bought-on", "2026-11-24"), "still to come"),
    ):  # fmt: skip
        form = dict(zip(bought[4::2], bought[5::2], strict=True)) | {more[0]: more[1]}
        said = [each for pair in form.items() for each in pair]
        assert run_command(["meter", "stock", "kamstrup", "56", *said]) == 1 and why in capsys.readouterr().err
    ran("meter", "list", "--filter", "stock", "--format", "csv")
    assert "Kamstrup/55,1,,stock,,,,,,2026-06-01" in capsys.readouterr().out
    ran("meter", "exchange", c.point, "--on", "2026-11-23", "--removed-value", "1100", "--maker", "KAMSTRUP",
        "--serial", "55", "--reason", "age")  # fmt: skip
    ran("meter", "life", "55")
    said = capsys.readouterr().out
    assert "8 dials × 10 gal" in said and "2026-06-01  bought" in said and "replace in 2046" in said
    scene.steady()


def test_a_meter_tells_its_life(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer()
    scene.uses(c, [20, 21])
    form = meter_tests.Test(meter="badger/90001", tested_on=DAY, mid="9 of 10", high="90 of 100", tested_by="The shop")
    scene.act(meter_tests.test, form)
    swap = ("meter", "exchange", c.point, "--on", "2026-11-23", "--removed-value", "1100", "--maker", "neptune",
            "--serial", "777", "--reason", "failed its test")  # fmt: skip
    ran(*swap)
    capsys.readouterr()
    ran("meter", "life", "90001", "--format", "json")
    told = msgspec.json.decode(capsys.readouterr().out)
    assert (told["meter"], told["state"], told["point"]) == ("badger/90001", "removed", "")
    assert [event["what"] for event in told["events"]] == [
        "set", "radio", "removed", "radio off", "order exchange", "failed its test",
    ]  # fmt: skip
    assert told["events"][2]["told"] == "at 1,100 ccf" and told["tests"][0]["on_bills"] == "-10.00 %"
    ran("meter", "life", "neptune/777")
    said = capsys.readouterr().out
    assert "at 0 ccf" in said and "replace in 2046" in said
    ran("meter", "list", "--format", "csv")
    listed = capsys.readouterr().out
    assert "badger/90001,5/8,,removed" in listed and "neptune/777,5/8,,set,SP-00001" in listed
    ran("meter", "list", "--filter", "age:>3", "--format", "csv")
    assert "0 of 0 rows" in capsys.readouterr().err
    ran("meter", "ages", "--format", "json")
    [line] = msgspec.json.decode(capsys.readouterr().out)
    assert (line["size"], line["meters"], line["under_5"]) == ("5/8", 1, 1)
    assert run_command(["meter", "life", "nobody"]) == 2
