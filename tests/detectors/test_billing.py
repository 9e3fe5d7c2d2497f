"""What is not billed, cannot be, or came back: found at the limit, silent just inside, healed by its own acts."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.detectors.money import DAYS, bill, close, closed, healed, items, opened
from tests.detectors.scene import DAY, NOW, Customer, Scene
from tests.services import importing
from ubtui.act import Done
from ubtui.db.models import office as office_models
from ubtui.db.models import record
from ubtui.domain.numbers import account_number, format_account
from ubtui.services import adjustments, billing, mail, parties, worklist
from ubtui.services.documents import Paper
from ubtui.services.imports import staged

LIMIT = timedelta(days=76)  # a bi-monthly cycle and a quarter
PAPER = Paper(name="order.pdf", media="application/pdf", content=base64.b64encode(b"%PDF-1.4").decode())


def billed(scene: Scene, days: int) -> Customer:
    c = scene.customer()
    bill(scene, c, 40_00, DAY + 9 * DAYS, to_on=DAY - timedelta(days=days))
    return c


# -- B01 ---------------------------------------------------------------------------------------------------------------


def test_b01_is_left_out_by_its_cycle(scene: Scene) -> None:
    left, inside = billed(scene, 77), billed(scene, 76)
    never = scene.customer()
    fresh = scene.customer(opened=DAY - LIMIT)
    gone, idle = scene.customer(), scene.customer()
    close(scene, gone, DAY - DAYS)
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET state = 'inactive' WHERE id = ?", [idle.point_id])
    scene.refresh()
    assert items(scene, "B01") == [f"B01:account:{c.account}" for c in (left, never)]
    why = dict(scene.db.rows("SELECT subject_key, why FROM work_item WHERE code = 'B01'"))
    assert why[left.account] == f"potable {left.point}: billed to 2026-09-07, while cycle B2 was"
    assert "never billed" in why[never.account]
    scene.policy("B01", cycles="1.3")
    scene.refresh()
    assert items(scene, "B01") == [f"B01:account:{never.account}"]
    billed(scene, 5)
    scene.policy("B01", cycles="1.2")
    scene.refresh()
    assert items(scene, "B01") == [f"B01:account:{c.account}" for c in (left, inside, never, fresh)]


def test_b01_a_late_run_is_not_everybodys_trouble(scene: Scene) -> None:
    for _ in range(3):
        billed(scene, 77)
    scene.refresh()
    assert items(scene, "B01") == []


def test_b01_a_second_service_that_no_line_names(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 40_00, DAY + 9 * DAYS, service=True)
    with scene.db.writing():
        scene.db.insert(
            record.Service, account_id=c.account_id, point_id=None, kind="fire_line", rate_code="R1", unit="ccf",
            customer_class="commercial", from_on=date(2024, 1, 1),
        )  # fmt: skip
    scene.refresh()
    assert items(scene, "B01") == [f"B01:account:{c.account}"]
    assert "fire line" in scene.db.value("SELECT why FROM work_item WHERE code = 'B01'")


def test_b01_is_healed_by_a_charge_or_by_the_end_of_the_service(scene: Scene) -> None:
    billed(scene, 10)
    charge, stop = billed(scene, 100), billed(scene, 100)
    scene.refresh()
    form = adjustments.Propose(
        account=charge.account, reason="charge-by-hand", amount_cents=40_00, item=f"B01:account:{charge.account}",
        documents=[PAPER],
    )  # fmt: skip
    number = scene.act(adjustments.propose, form).result.number
    assert len(items(scene, "B01")) == 2
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=40_00), who="ben")
    assert closed(done, "B01") == [f"B01:account:{charge.account}"]
    scene.steady()
    ended = billing.Stop(account=stop.account, last_on=DAY - 100 * DAYS, reason="the house is gone")
    done = scene.act(billing.stop, ended)
    assert closed(done, "B01") == [f"B01:account:{stop.account}"] and done.result.idle == (stop.point,)
    scene.steady()
    assert scene.db.value("SELECT state FROM service_point WHERE id = ?", [stop.point_id]) == "inactive"
    assert "no running service" in scene.refused(billing.stop, ended).reason
    future = billing.Stop(account=charge.account, last_on=DAY + DAYS, reason="next week")
    assert "still to come" in scene.refused(billing.stop, future).reason


def test_a_service_does_not_end_before_a_day_that_is_billed(scene: Scene) -> None:
    c, taken = scene.customer(), scene.customer()
    bill(scene, c, 40_00, DAY + 9 * DAYS, to_on=DAY - 20 * DAYS, service=True)
    bill(scene, taken, 40_00, DAY + 9 * DAYS, to_on=DAY - 20 * DAYS)
    early = billing.Stop(account=c.account, last_on=DAY - 21 * DAYS, reason="moved out")
    no = scene.refused(billing.stop, early)
    assert no.reason == f"{c.account} is billed to {DAY - 20 * DAYS}" and str(DAY - 20 * DAYS) in no.cure
    assert "is billed to" in scene.refused(billing.stop, billing.Stop(
        account=taken.account, last_on=early.last_on, reason="moved out")).reason  # fmt: skip
    with scene.db.writing():
        other = scene.db.insert(
            record.Service, account_id=c.account_id, point_id=taken.point_id, kind="fire_line", rate_code="R1",
            unit="ccf", customer_class="commercial", from_on=date(2024, 1, 1),
        )  # fmt: skip
    # Its own bills say nothing of it: the line of the bill names the other service.
    assert scene.act(billing.stop, msgspec.structs.replace(early, point=taken.point)).result.services == 1
    assert scene.db.value("SELECT to_on FROM service WHERE id = ?", [other]) == early.last_on.isoformat()
    on_it = msgspec.structs.replace(early, last_on=DAY - 20 * DAYS)
    assert scene.act(billing.stop, on_it).result.services == 1


# -- B02 and Q02 -------------------------------------------------------------------------------------------------------


def test_b02_no_route_or_sequence(scene: Scene) -> None:
    lost, fine, dry = scene.customer(), scene.customer(), scene.customer(kind="fire_line")
    with scene.db.writing():
        for c in (lost, dry):
            scene.db.run("UPDATE service_point SET sequence = NULL WHERE id = ?", [c.point_id])
    scene.refresh()
    assert items(scene, "B02") == [f"B02:account:{lost.account}"]
    no = scene.refused(billing.place, billing.Place(point=lost.point, route="R07", sequence=2))
    assert (no.reason, no.cure) == (f"{fine.point} has that place", "3 is free")
    done = scene.act(billing.place, billing.Place(point=lost.point, route="R07", sequence=9))
    assert closed(done, "B02") == [f"B02:account:{lost.account}"]
    scene.steady()
    for wish, says in (({"point": "SP-99"}, "no service point"), ({"route": "R99"}, "no route")):
        form = billing.Place(**{"point": lost.point, "route": "R07", "sequence": 11} | wish)  # type: ignore[arg-type]
        assert says in scene.refused(billing.place, form).reason


def kept_back(scene: Scene, number: str, reason: str = "missing-field", kind: str = "accounts") -> int:
    fields = {"number": number, "name": "Lund", "address": "1 Oak"}
    with scene.db.writing():
        n = scene.db.value("SELECT COUNT(*) FROM batch")
        batch = scene.db.insert(
            office_models.Batch, kind="accounts", source="old.csv", profile="generic-accounts", sha256=f"{n:064d}",
            rows_in=1, staged=1, created_by="ana", created_at=NOW, released_by="ana", released_at=NOW,
        )  # fmt: skip
        return scene.db.insert(
            office_models.StagedRow, batch_id=batch, row_no=1, kind=kind, reason=reason, sentence="cycle is empty",
            state="staged", raw="[]", fields=json.dumps(fields), cents=0,
        )  # fmt: skip


def test_b02_a_row_kept_back_for_want_of_a_field(scene: Scene) -> None:
    number = account_number(777)
    row = kept_back(scene, number)
    nameless = kept_back(scene, "")
    kept_back(scene, account_number(778), reason="duplicate-account")
    scene.refresh()
    shown = format_account(number)
    assert items(scene, "B02") == [f"B02:account:{shown}", f"B02:run:import/{DAY}"]
    for n, key in ((row, f"B02:account:{shown}"), (nameless, f"B02:run:import/{DAY}")):
        done = scene.act(staged.decide, staged.Decide(row=n, decision="drop", reason="came again with it"))
        if n == row:
            assert closed(done, "B02") == [key]
    scene.refresh()
    assert items(scene, "B02") == []


def test_b02_is_found_by_the_release_itself_and_mended(backend: str, tmp_path: Path) -> None:
    importing.training(backend)
    number = format_account(account_number(777))
    head = "number,old_number,name,class,cycle,address,route,sequence,rate,opened_on"
    rows = f"{number},,Lund,single,,1 Oak St,R1,50,SM,2010-01-01\n,A-9,Diaz,single,,2 Oak St,R1,60,SM,2010-01-01\n"
    with importing.seat(backend) as desk:
        report = importing.bring(desk, "accounts", importing.file(tmp_path, f"{head}\n{rows}"))
        assert report.staged == 2
        live = "SELECT subject_type, subject_key FROM work_item WHERE code = 'B02' AND state = 'open' ORDER BY id"
        assert desk.session.rows(live) == [("account", number), ("run", f"import/{importing.DAY}")]
        nightly = desk.perform(worklist.refresh, worklist.Refresh())
        assert isinstance(nightly, Done) and (nightly.opened, nightly.closed) == ((), ())
        for row in (1, 2):
            done = desk.perform(staged.mend, staged.Mend(row=row, set=("cycle=SM",)))
            assert isinstance(done, Done), done.sentence()
            assert [str(key) for key in done.closed if key.code == "B02"]
        assert desk.session.rows(live) == []


def test_q02_one_place_twice(scene: Scene) -> None:
    first, second, third = (scene.customer() for _ in range(3))
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET sequence = 1 WHERE id IN (?, ?)", [second.point_id, third.point_id])
    scene.refresh()
    assert items(scene, "Q02") == ["Q02:route:R07"]
    assert scene.db.value("SELECT why FROM work_item WHERE code = 'Q02'") == "3 points at R07-0001"
    assert scene.db.value("SELECT backlog FROM work_item WHERE code = 'Q02'") == 1
    done = scene.act(billing.place, billing.Place(point=second.point, route="R07", sequence=2))
    assert closed(done, "Q02") == []
    done = scene.act(billing.place, billing.Place(point=third.point, route="R07", sequence=3))
    assert closed(done, "Q02") == ["Q02:route:R07"]
    scene.steady()
    with scene.db.writing():
        scene.db.run("UPDATE service_point SET sequence = 1, state = 'closed' WHERE id = ?", [third.point_id])
    assert healed(scene, "route:R07").opened == (), "a closed point is walked to no more"
    assert first.point


# -- B15 ---------------------------------------------------------------------------------------------------------------


def back(c: Customer, on: date = DAY) -> mail.Back:
    return mail.Back(account=c.account, what="bill", returned_on=on, reason="moved")


@pytest.mark.parametrize("outcome", ["address-right", "not-found"])
def test_b15_is_looked_into(scene: Scene, outcome: str) -> None:
    c, quiet = scene.customer(), scene.customer()
    scene.refresh()
    done = scene.act(mail.mail_returned, back(c))
    assert opened(done, "B15") == [f"B15:account:{c.account}"] and done.result.times == 1
    scene.steady()
    form = mail.Researched(account=c.account, outcome=outcome, note="asked the neighbour")  # type: ignore[arg-type]
    done = scene.act(mail.researched, form)
    assert closed(done, "B15") == [f"B15:account:{c.account}"]
    times = scene.db.value("SELECT mail_returned FROM party WHERE id = ?", [c.party_id])
    assert times == (0 if outcome == "address-right" else 1)
    scene.steady()
    assert "came back" in scene.refused(mail.researched, form).reason
    assert "after today" in scene.refused(mail.mail_returned, back(quiet, DAY + DAYS)).reason


def test_b15_a_new_address_settles_it_and_a_second_return_is_a_bad_address(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    scene.act(mail.mail_returned, back(c, DAY - DAYS))
    done = scene.act(mail.mail_returned, back(c))
    assert opened(done, "Q01") == [f"Q01:account:{c.account}"]
    evidence = json.loads(scene.db.value("SELECT evidence FROM work_item WHERE code = 'B15'"))
    assert (evidence["pieces"], evidence["times"]) == (2, 2)
    form = parties.Address(
        account=c.account, line1="9 Oak Rd", city="Rincon", state="CA", zip="95946", reason="forwarding slip"
    )
    done = scene.act(parties.address, form)
    assert closed(done, "B15", "Q01") == [f"B15:account:{c.account}", f"Q01:account:{c.account}"]
    scene.steady()
    assert scene.db.value("SELECT due_on FROM work_item WHERE code = 'B15'") == "2026-11-25"
