"""Orders, seals, rights, exchanges and rounds by shell: options from the acts' own forms, tables in every format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date

import pytest

from tests.detectors.scene import Customer, Scene
from ubtui.cli import run_command
from ubtui.db.models import record
from ubtui.services import forms


@pytest.fixture
def scene(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(backend)
    monkeypatch.setenv("UBTUI_DATA", backend)
    yield made
    made.close()


def due_seal(scene: Scene) -> Customer:
    c = scene.customer(rate_code="R1-SEALED")
    with scene.db.writing():
        scene.db.insert(
            record.Seal, point_id=c.point_id, number="S1", lock_state="locked", lock_reason="owner_request",
            rate_status="sealed", placed_on=date(2025, 1, 1),
        )  # fmt: skip
    return c


def test_an_order_goes_out_and_comes_back(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer()
    out = [
        "order",
        "create",
        c.point,
        "reread",
        "--due-on",
        "2026-11-24",
        "--instructions",
        "dog",
        "--key",
        "order-key-1",
    ]
    assert run_command(out) == 0
    assert "F-000001" in capsys.readouterr().out
    assert run_command(["order", "list", "--format", "csv"]) == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["Order"], row["Kind"], row["Due"], row["Instructions"]) == ("F-000001", "Reread", "2026-11-24", "dog")
    assert run_command(["order", "move", "F-000001", "--due-on", "2026-11-25", "--reason", "rain", "--dry-run"]) == 0
    assert run_command(["order", "move", "F-000001", "--due-on", "2026-11-20", "--reason", "rain"]) == 1
    assert "is past" in capsys.readouterr().err
    told = ["order", "result", "F-000001", "--done-on", "2026-11-23", "--found-value", "1,234", "--done-by", "Gus"]
    assert run_command([*told, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "done"
    assert run_command(["order", "show", "f-000001"]) == 0
    shown = capsys.readouterr().out
    assert "found value   1234" in shown and "due on        2026-11-24" in shown
    assert run_command(["order", "list"]) == 0
    assert capsys.readouterr().out.count("\n") == 1, "the heading alone"
    assert run_command(["order", "list", "--filter", "state:done", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["order"] == "F-000001"


def test_bad_input_is_told_before_anything_is_opened(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer()
    assert run_command(["order", "create", c.point, "dance", "--due-on", "2026-11-24"]) == 2
    assert run_command(["order", "create", c.point, "reread", "--due-on", "soon"]) == 2
    assert run_command(["order", "create", c.point, "reread"]) == 2
    assert run_command(["order", "show", "F-000009"]) == 2
    assert run_command(["order", "result", "F-000009", "--done-on", "2026-11-23"]) == 2
    assert "no order F-000009" in capsys.readouterr().err


def test_a_round_from_the_item_to_its_orders(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = due_seal(scene)
    scene.refresh()
    item = "M03:run:seal-round/2026-11"
    assert run_command(["worklist", "list-of", item, "--format", "json"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["point"], row["seal"], row["owner"], row["order"]) == (c.point, "S1", "Owner 1", "")
    assert run_command(["worklist", "list-of", "R04:point:SP-00001"]) == 2
    told = capsys.readouterr().err
    assert "opens no list" in told and "M03:run:seal-round/2026-11" in told and "R16" not in told
    assert run_command(["worklist", "list-of", item, "--filter", "code:R04"]) == 2
    assert run_command(["order", "round", item, "--due-on", "2026-11-30"]) == 0
    assert run_command(["worklist", "list-of", item, "--filter", "route:R07 alder"]) == 0
    assert "F-000001" in capsys.readouterr().out
    assert run_command(["worklist", "fix", item, "--do", "seal.verify", "--set", f"point={c.point}"]) == 0
    assert item not in scene.items()
    seen = scene.db.value("SELECT COUNT(*) FROM audit WHERE act = 'worklist.export' AND outcome = 'viewed'")
    assert seen == 2, "what left the screen is known"


def test_seals_rights_and_exchanges(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    c = scene.customer()
    with scene.db.writing():
        scene.db.insert(record.Parcel, apn="012345678000", county="Nevada")
    assert run_command(["seal", "request", c.point, "--kind", "seal", "--asked-by", "Owner", "--order", "no"]) == 0
    place = ["seal", "place", c.point, "--number", "77", "--placed-on", "2026-11-23"]
    assert run_command([*place, "--rate", "full", "--effect", "same_day"]) == 1
    assert run_command([*place, "--effect", "next_cycle"]) == 0
    assert "2026-12-20" in capsys.readouterr().out
    assert run_command(["right", "set", "012345678000", "--size", "5/8", "--source", "Permit 12"]) == 0
    assert run_command(["right", "show", "012345678000"]) == 0
    assert "1 potable at 5/8 in, verified, since 2026-11-23  Permit 12" in capsys.readouterr().out
    swap = ["meter", "exchange", c.point, "--on", "2026-11-23", "--maker", "badger", "--serial", "9", "--reason", "age"]
    assert run_command([*swap, "--removed-value", "12"]) == 0
    assert run_command(["meter", "place", c.point, "--location", "left of the gate"]) == 0
    assert scene.db.value("SELECT location_note FROM service_point") == "left of the gate"
    assert run_command(["meter", "test", "badger/9", "--tested-on", "2026-11-23", "--passed", "no"]) == 0
    assert scene.db.value("SELECT kind FROM field_order") == "exchange"


@pytest.mark.parametrize("words", [("order",), ("seal",), ("right",), ("meter",)])
def test_every_option_says_what_it_is_for(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    import click

    from ubtui.cli import cli

    group = cli.get_command(click.Context(cli), words[0])
    assert isinstance(group, click.Group)
    for command in group.commands.values():
        assert command.help, command.name
        assert all(each.help for each in command.params if isinstance(each, click.Option) and each.name != "form"), (
            command.name
        )


def test_acts_of_the_field_are_found_by_name() -> None:
    for name in ("order.round", "order.create", "seal.verify", "right.end", "meter.test", "point.place"):
        assert forms.act_named(name).name == name
