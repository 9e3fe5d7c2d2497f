"""A payment in suspense is matched in two keys; one that goes back is approved though it has no account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.detectors.money import DAYS, bill, stage
from tests.detectors.scene import DAY, Customer, Scene
from tests.screen_text import screen_text
from tests.screens.office import settled, sitting
from ubtui.services import payments
from ubtui.services.payments import Came


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


@pytest.fixture
def payer(scene: Scene) -> Customer:
    c = scene.customer()
    bill(scene, c, 80_00, DAY + 9 * DAYS)
    return c


async def test_a_payment_is_matched_in_two_keys(scene: Scene, payer: Customer) -> None:
    (key,) = stage(scene, Came(cents=80_00, payer="Owner 1", reference=f"acct {payer.account}"))
    async with sitting(scene.data) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        shown = screen_text(pilot.app)
        assert f"Match it to {payer.account}, Owner 1" in shown and "likely" in shown
        await pilot.press("f5")
        await settled(pilot)
    assert scene.db.rows("SELECT state FROM suspense_line") == [("matched",)]
    assert scene.db.value("SELECT account_id FROM receipt") == payer.account_id
    assert scene.items("P01") == [], key


async def test_a_payment_that_goes_back_has_no_account_to_open(scene: Scene) -> None:
    (key,) = stage(scene, Came(cents=5_00, payer="Nobody"))
    scene.act(payments.give_back, payments.Return(payment=key, note="of no customer"))
    async with sitting(scene.data, "ben") as pilot:
        for press in ("g", "a", "o"):
            await pilot.press(press)
            await settled(pilot)
        assert "P-000002" in screen_text(pilot.app), "there is no account to go to"
        for press in ("enter", "o"):
            await pilot.press(press)
            await settled(pilot)
        assert "none: a payment in suspense" in screen_text(pilot.app)
