"""A payment at the counter takes four keys after the account is found, and is seen before it is posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.detectors.money import bill
from tests.detectors.scene import DAY, Customer, Scene
from tests.screen_text import screen_text
from tests.screens.office import sitting
from tests.screens.test_states import press
from tests.services import office
from ubtui.desk import Desk
from ubtui.services import adjustments, counter, drawers
from ubtui.widgets.field import Form


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


@pytest.fixture
def payer(scene: Scene) -> Customer:
    c = scene.customer()
    bill(scene, c, 80_00, DAY - timedelta(days=9))
    return c


async def at(pilot: object, account: str) -> None:
    await press(pilot, f"f3 '{account}' enter")  # type: ignore[arg-type]


async def test_a_check_is_taken_in_four_keys(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p enter '1044' f5")
        shown = screen_text(pilot.app)
        assert "Take 80.00" in shown and "check 1044" in shown and "80.00 → 0.00" in shown
        assert scene.db.value("SELECT COUNT(*) FROM receipt") == 0, "nothing moves before it was seen"
        await press(pilot, "enter")
        shown = screen_text(pilot.app)
        assert "Receipt C00001-1: 80.00; owes 0.00 now." in shown
    assert scene.db.rows("SELECT kind, reference, cents FROM tender") == [("check", "1044", 80_00)]


async def test_cash_has_no_number_and_a_wrong_amount_is_said_in_its_field(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p f5")
        assert "its number goes on the receipt" in screen_text(pilot.app)
        await press(pilot, "escape p 2 f5 enter")
        assert "Receipt C00001-1: 80.00" in screen_text(pilot.app)
    assert scene.db.rows("SELECT kind, reference FROM tender") == [("cash", None)]


async def test_esc_at_the_preview_goes_back_to_the_form_and_what_was_typed_stays(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p enter '1044' f5 escape")
        assert "1044" in screen_text(pilot.app) and "Payment for" in screen_text(pilot.app)
        with office.desk(scene.data, "ben") as ben:  # a colleague posts a payment of the account meanwhile
            office.pay(ben, payer.account_id, 30_00, DAY)
        await press(pilot, "f5")
        assert "80.00" in screen_text(pilot.app) and "50.00 → -30.00" in screen_text(pilot.app)
        await press(pilot, "escape escape")
    assert scene.db.value("SELECT COUNT(*) FROM receipt") == 1


async def test_an_account_that_moved_between_the_look_and_the_key(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p enter '1044' f5")
        with office.desk(scene.data, "ben") as ben:
            office.pay(ben, payer.account_id, 30_00, DAY)
        await press(pilot, "enter")
        assert "has moved since it was shown" in screen_text(pilot.app)
        assert scene.db.value("SELECT COUNT(*) FROM receipt") == 1


async def test_a_payment_whose_answer_was_lost_is_taken_once(
    scene: Scene, payer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    performing, lost = Desk.performing, []

    async def losing(self: Desk, *args: Any, **more: Any) -> Any:
        answer = await performing(self, *args, **more)
        if args[0] is counter.take and not lost:
            lost.append(answer)
            raise RuntimeError("the line was cut after the commit")
        return answer

    monkeypatch.setattr(Desk, "performing", losing)
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p enter '1044' f5 enter")
        assert lost and "This failed" in screen_text(pilot.app)
        await press(pilot, "f5 enter")
        assert "Receipt C00001-1: 80.00; owes 0.00 now." in screen_text(pilot.app)
    assert scene.db.rows("SELECT number, cents FROM receipt") == [("C00001-1", 80_00)]


async def test_the_drawer_is_counted_blind_and_the_deposit_made_in_five_keys(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p enter '1044' f5 enter g c")
        shown = screen_text(pilot.app)
        assert "Count drawer ana/" in shown and "1 receipt" in shown and "80.00" not in shown.split("Count drawer")[1]
        await press(pilot, "'0' enter '80' f5")
        shown = screen_text(pilot.app)
        assert "as expected" in shown and "to the bank" in shown and scene.db.value("SELECT COUNT(*) FROM deposit") == 0
        await press(pilot, "f5")
        assert "Deposit D-000001: 80.00 to the bank" in screen_text(pilot.app)
        await press(pilot, "g c")
        assert "Nothing is ready for the bank" in screen_text(pilot.app)


async def test_a_count_that_differs_by_more_asks_why(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "p enter '1044' f5 enter g c '0' enter '70' f5")
        shown = screen_text(pilot.app)
        assert "differs by more than 5.00" in shown and "80.00" not in shown.split("Count drawer")[1]
        await press(pilot, "tab tab tab 'one was torn' f5")
        assert "P-000001 waits for lead" in " ".join(screen_text(pilot.app).split())
        assert scene.db.value("SELECT closed_on FROM drawer") is None
    async with sitting(scene.data, "ben") as pilot:
        await press(pilot, "g a enter")
        shown = screen_text(pilot.app)
        assert "P12:run:drawer/ana/" in shown and "one was torn" in shown and "5910 Cash over and short" in shown


async def test_an_autopay_and_an_e_bill_are_four_keys_each(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "E 2 '1234' tab 'tok_9zK2' f5")
        shown = screen_text(pilot.app)
        assert "Autopay: done." in shown and "bank ending 1234" in shown and "draft" in shown
        await press(pilot, "E 4 'ann@x.org' f5")
        assert "ann@x.org" in screen_text(pilot.app)
        await press(pilot, "f2")
        assert "bank ending 1234" in screen_text(pilot.app)
    assert scene.db.rows("SELECT last4, token FROM autopay") == [("1234", "tok_9zK2")]


async def test_an_address_is_changed_in_four_keys_and_begins_with_what_it_is(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "E 1")
        line1 = scene.db.value("SELECT mail_line1 FROM party")
        assert line1 in screen_text(pilot.app)
        await press(pilot, "' Apt 2' shift+tab 'he called' escape escape")
        assert scene.db.value("SELECT mail_line1 FROM party") == line1
        await press(pilot, "E 1 ' Apt 2' shift+tab 'he called' f5")
    assert scene.db.value("SELECT mail_line1 FROM party") == f"{line1} Apt 2"


async def test_more_time_and_a_plan_are_asked_for_from_the_account(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data) as pilot:
        await at(pilot, payer.account)
        await press(pilot, "E 8 '2026-12-01' f5")
        await press(pilot, "E 9 f5")
    assert scene.db.rows("SELECT kind, expires_on FROM protection") == [("extension", "2026-12-01")]
    assert scene.db.value("SELECT COUNT(*) FROM arrangement WHERE ended_on IS NULL") == 1


async def test_an_escrow_demand_shows_its_statement_and_keeps_it(scene: Scene, payer: Customer) -> None:
    async with sitting(scene.data, size=(100, 40)) as pilot:
        await at(pilot, payer.account)
        keys = "E 6 'E-771' enter '2026-12-10' enter '2026-12-20' enter 'Sierra Title' f5"
        await press(pilot, keys)
        shown = screen_text(pilot.app)
        assert "Escrow E-771, Sierra Title" in shown and "80.00" in shown and "Demand statement" in shown
        await press(pilot, "escape")
        assert "kept with the account's documents" in " ".join(screen_text(pilot.app).split())
    assert scene.db.value("SELECT name FROM document") == "demand-E-771.txt"


async def test_a_refused_count_comes_back_with_its_receipts_and_is_counted_again(scene: Scene, payer: Customer) -> None:
    scene.act(counter.take, counter.Take(account=payer.account, kind="cash", amount_cents=80_00))
    made = scene.act(drawers.close, drawers.Close(cash_cents=1_00, reason="short")).result
    reject = adjustments.Reject(proposal=made.proposal, reason="look under the tray")
    scene.act(adjustments.reject, reject, who="ben")
    async with sitting(scene.data) as pilot:
        await press(pilot, "/ 'code:P12' enter")
        assert "Drawer to be counted again" in screen_text(pilot.app)
        await press(pilot, "enter")
        shown = screen_text(pilot.app)
        assert "C00001-1" in shown and "80.00" in shown and "count it again" in shown
        await press(pilot, "f5")
        shown = screen_text(pilot.app)
        assert "Count it and close it" in shown and "ana" in shown
        await press(pilot, "tab")
        form = pilot.app.screen.query_one(Form)
        assert form.values()["staff"] == "ana" and form.values()["cash_cents"] == ""
