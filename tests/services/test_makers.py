"""A maker is the same however it is spelled, upper and lower case and accents aside, and on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.detectors.scene import DAY, Scene
from ubtui.db.makers import named, spellings
from ubtui.domain.errors import BadValue
from ubtui.services import bought, faces, meter_tests, meters, stock

NAMES = ("KÖHLER/90001", "köhler/90001", "Köhler/90001", "Ko\u0308hler/90001", "KOHLER/90001")


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    made.customer()
    made.db.run("UPDATE meter SET maker = 'Köhler'")
    yield made
    made.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_meter_is_found_by_every_spelling_of_its_maker(scene: Scene, name: str) -> None:
    maker, _, serial = name.partition("/")
    with scene.desk() as desk:
        assert desk.ask(meters.card, name).meter == "Köhler/90001"
        assert desk.ask(stock.life, name).meter == "Köhler/90001"
    tested = meter_tests.Test(meter=name, tested_on=DAY, tested_by="bench", low="99 of 100")
    assert scene.act(meter_tests.test, tested).result.passed
    assert scene.act(faces.face, faces.Face(meter=name, dials=7, reason="counted on site")).result.meter == name
    again = bought.Stock(maker=maker, serial=serial, size="5/8", dials=6, unit="ccf", bought_on=DAY)
    assert "is here already" in scene.refused(bought.stock, again).reason


def test_a_serial_alone_names_its_meter_where_one_maker_has_it(scene: Scene) -> None:
    with scene.desk() as desk:
        assert desk.ask(meters.card, " 90001 ").meter == "Köhler/90001"
        with pytest.raises(BadValue, match="is not here"):
            desk.ask(meters.card, "90002")
    scene.db.run("INSERT INTO meter(maker, serial, size) VALUES ('KOHLER', '90001', '1')")
    assert named(scene.db, "90001")[1] == "90001", "one maker, spelled twice"
    scene.db.run("INSERT INTO meter(maker, serial, size) VALUES ('Badger', '90001', '1')")
    with scene.desk() as desk, pytest.raises(BadValue, match="write Badger/90001 or "):
        desk.ask(meters.card, "90001")


def test_another_maker_of_the_serial_is_another_meter(scene: Scene) -> None:
    assert spellings(scene.db, "Kehler", "90001") == (" IN (?)", ["Kehler"])
    scene.db.run("INSERT INTO meter(maker, serial, size) VALUES ('KOHLER', '90001', '1')")
    assert spellings(scene.db, "köhler", "90001") == (" IN (?, ?)", ["KOHLER", "Köhler"])
    assert scene.act(
        bought.stock, bought.Stock(maker="Kehler", serial="90001", size="5/8", dials=6, unit="ccf")
    ).result.meter
