"""Seals as the field finds them: use behind one, what a crew reports, and rounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest

from tests.detectors.money import bill
from tests.detectors.scene import PERIODS, Customer, Scene
from tests.services.office import DAY
from tests.services.test_seals import DAYS, item, look, on
from ubtui.domain.numbers import format_account
from ubtui.domain.subjects import ItemKey
from ubtui.services import fixes, orders, reads, rounds, seals, worklist


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


# -- use behind a seal -----------------------------------------------------------------------------------------


def test_r13_whoever_looked_saw_the_meter_move(scene: Scene) -> None:
    c, back = scene.customer(rate_code="R1-SEALED"), scene.customer(rate_code="R1-SEALED")
    for each in (c, back):
        scene.uses(each, [0] * 7, start=512)
    scene.act(seals.place, on(c, placed_on=DAY - 20 * DAYS, value=512))
    scene.act(seals.place, on(back, "9002", placed_on=DAY - 20 * DAYS, value=530))
    done = scene.act(seals.verify, look(c, value=530))
    assert [str(key) for key in done.opened] == [f"R13:point:{c.point}@B2/2026-12"]
    told = item(scene, "R13")
    assert told.why == "18 since 512 behind seal 9001, seen on Nov 23, 2026"
    with scene.desk() as desk:
        offered = [each.act for each in desk.ask(fixes.offers, told)]
    assert "read.review" not in offered and offered[0] == "seal.remove"
    scene.act(seals.verify, look(c, value=512))
    assert scene.items("R13") == []
    # A round brings what no meter can have shown: it is kept, and told.
    form = seals.Round(verified_on=DAY, rows=(seals.Found(seal="9002", value=480), seals.Found(seal="9001", value=512)))
    scene.act(seals.round_in, form)
    assert scene.items("M09") == [f"M09:point:{back.point}"] and item(scene, "M09").title == "Sealed meter went back"
    scene.steady()


def test_r13_whoever_looked_saw_the_counter_past_zero(scene: Scene) -> None:
    c = scene.customer(rate_code="R1-SEALED")
    scene.uses(c, [0] * 7, start=999_980)
    scene.act(seals.place, on(c, placed_on=DAY - 20 * DAYS, value=999_980))
    scene.act(seals.verify, look(c, value=999_985))
    assert item(scene, "R13").evidence["use"] == 5
    scene.act(seals.verify, look(c, value=12))
    assert (item(scene, "R13").evidence["use"], item(scene, "R13").evidence["before"]) == (32, 999_980)
    assert scene.items("M09") == [], "it went past zero, not back"
    scene.steady()
    scene.act(seals.verify, look(c, value=999_990))
    scene.read(c, "B2/2026-12", 40, on=DAY + DAYS, usage=60, rolled=1)
    scene.refresh(DAY + DAYS)
    assert scene.items("R13") == [f"R13:point:{c.point}@B2/2026-12"], "told once, by the read"
    assert item(scene, "R13").evidence["value"] == 40
    form = seals.Round(verified_on=DAY, rows=(seals.Found(seal="9001", value=500_000),))
    scene.act(seals.round_in, form)
    assert item(scene, "M09").title == "Sealed meter went back", "half way round is no pass of zero"


def test_r13_water_behind_a_lock_for_nonpayment_is_use_behind_a_seal(scene: Scene) -> None:
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    bill(scene, c, 60_00, DAY - 61 * DAYS)
    scene.refresh()
    scene.act(
        seals.place, on(c, placed_on=date(2026, 8, 20), value=1180, why="nonpayment", rate="full", effect="never")
    )
    scene.read(c, PERIODS[-1], 1190, usage=10)
    scene.refresh()
    assert scene.items("R13") == [f"R13:point:{c.point}@B2/2026-10"]


def held_behind_a_seal(scene: Scene) -> Customer:
    scene.policy("R07", base="1000")
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    scene.act(seals.place, on(c, placed_on=date(2026, 8, 20), value=1180))
    scene.read(c, PERIODS[-1], 1190, usage=10)
    scene.refresh()
    assert scene.items("R13") == [f"R13:point:{c.point}@B2/2026-10"]
    assert scene.db.value("SELECT held_code FROM read WHERE value = 1190") == "R13"
    return c


@pytest.mark.parametrize("decision", ["confirmed", "void"])
def test_r13_a_look_names_no_water_that_a_held_read_names(scene: Scene, decision: str) -> None:
    c = held_behind_a_seal(scene)
    of_read, of_look = (f"R13:point:{c.point}@B2/2026-{month}" for month in (10, 12))
    for value in (1190, 1187):
        done = scene.act(seals.verify, look(c, "broken", value=value))
        assert scene.items("R13") == [of_read] and not any(key.code == "R13" for key in done.opened)
        scene.steady()
    scene.act(seals.verify, look(c, "broken", value=1194))
    assert scene.items("R13") == [of_read, of_look]
    with scene.desk() as desk:
        assert desk.ask(worklist.item, ItemKey.parse(of_look)).why.startswith("4 since 1,190 behind seal 9001")
    scene.steady()
    scene.act(seals.verify, look(c, "broken", value=1190))
    scene.steady()
    read_on = date.fromisoformat(scene.db.value("SELECT read_on FROM read WHERE value = 1190"))
    form = reads.Review(point=c.point, read_on=read_on, code="R13", decision=decision, reason="owner was asked")  # type: ignore[arg-type]
    scene.act(reads.review, form)
    # Confirmed, the read bills it; struck, nothing but the look tells of it.
    assert scene.items("R13") == ([] if decision == "confirmed" else [of_look])
    scene.steady()


def test_r13_a_look_gives_way_to_the_read_that_reaches_it(scene: Scene) -> None:
    scene.policy("R07", base="1000")
    c = scene.customer()
    scene.uses(c, [30] * 6, last=PERIODS[-2])
    scene.act(seals.place, on(c, placed_on=date(2026, 8, 20), value=1180))
    scene.act(seals.verify, seals.Verify(point=c.point, verified_on=date(2026, 9, 1), found="on", value=1190))
    assert scene.items("R13") == [f"R13:point:{c.point}@B2/2026-10"]
    scene.read(c, PERIODS[-1], 1190, usage=10)
    scene.refresh()
    read_on = date.fromisoformat(scene.db.value("SELECT read_on FROM read WHERE value = 1190"))
    form = reads.Review(point=c.point, read_on=read_on, code="R13", decision="confirmed", reason="owner was asked")
    scene.act(reads.review, form)
    assert scene.items("R13") == []
    scene.steady()


# -- the field against the record ------------------------------------------------------------------------------


def reported(scene: Scene, c: Customer, kind: str = "verify", **found: Any) -> str:
    number = scene.act(orders.create, orders.Create(point=c.point, kind=kind, due_on=DAY)).result.order  # type: ignore[arg-type]
    scene.act(orders.result, orders.Result(order=number, done_on=DAY, **found))
    return str(number)


def test_m09_a_serial_a_size_a_place_that_differ(scene: Scene) -> None:
    c = scene.customer()
    number = reported(
        scene, c, found_serial="777", found_size='1"', found_location="behind the \x1b[31mshed", found_value=3
    )
    told = item(scene, "M09")
    assert told.why == (
        f"{number} found meter 777 on 2026-11-23; the record has badger/90001; {number} found it at behind the [31mshed"
        " on 2026-11-23; the record has front yard"
    )
    with scene.desk() as desk:
        offered = {each.act: each for each in desk.ask(fixes.offers, told)}
    assert offered["meter.exchange"].values()["serial"] == "777"
    assert offered["point.place"].values()["location"] == "behind the [31mshed"
    assert "adjust.propose" not in offered and "seal.remove" not in offered
    scene.steady()
    put = orders.Correct(order=number, found_serial="90001", found_location="Front  Yard", reason="lids look alike")
    scene.act(orders.correct, put)
    assert item(scene, "M09").title == "Another size", "with its own serial, its size counts"
    scene.act(orders.correct, orders.Correct(order=number, found_size="5/8 in", reason="read again"))
    assert scene.items("M09") == []
    scene.steady()


def test_m09_leaves_to_m07_what_is_live_elsewhere_whenever_it_comes_there(scene: Scene) -> None:
    from ubtui.services import installs

    here, there, third = scene.customer(), scene.customer(), scene.customer()
    reported(scene, here, found_serial="90002")
    assert scene.items("M09") == [] and scene.items("M07") == ["M07:meter:badger/90002"]
    swap = installs.Exchange(point=there.point, on=DAY, maker="badger", serial="888", reason="stopped")
    scene.act(installs.exchange, swap)
    assert scene.items("M09") == [f"M09:point:{here.point}"] and scene.items("M07") == []
    scene.steady()
    swap = installs.Exchange(point=third.point, on=DAY, maker="badger", serial="90002", reason="stopped")
    scene.act(installs.exchange, swap)
    assert scene.items("M09") == [] and scene.items("M07") == ["M07:meter:badger/90002"]
    scene.steady()


def test_m09_another_number_is_put_right_or_was_put_on(scene: Scene) -> None:
    a, b, none = scene.customer(), scene.customer(), scene.customer()
    for n, c in enumerate((a, b)):
        scene.act(seals.place, on(c, f"900{n}", why="vacant", effect="same_day"))
        reported(scene, c, "seal_check", found_seal=f"700{n}", found_code="ok")
    reported(scene, none, found_seal="7005")
    assert scene.items("M09") == [f"M09:point:{c.point}" for c in (a, b, none)]
    for n, (c, how) in enumerate(((a, "misread"), (b, "replaced"))):
        scene.act(seals.replace, seals.Replace(point=c.point, on=DAY, new=f"700{n}", how=how, reason="as it is"))  # type: ignore[arg-type]
    scene.act(seals.place, on(none, "7005", why="vacant"))
    assert scene.items("M09") == []
    assert scene.db.rows("SELECT number, rate_from, full_from FROM seal ORDER BY id") == [
        ("7000", "2026-11-23", None), ("9001", "2026-11-23", "2026-11-23"), ("7001", "2026-11-23", None),
        ("7005", "2026-11-23", None),
    ]  # fmt: skip
    scene.steady()


def test_a_number_put_right_of_an_earlier_day_takes_back_no_look(scene: Scene) -> None:
    c = scene.customer()
    scene.act(seals.place, on(c, placed_on=DAY - 90 * DAYS))
    scene.act(seals.verify, look(c))
    misread = seals.Replace(point=c.point, on=DAY - 80 * DAYS, new="7001", how="misread", reason="as it is")
    scene.act(seals.replace, misread)
    assert scene.db.rows("SELECT number, verified_on FROM seal") == [("7001", DAY.isoformat())]
    sent = scene.act(orders.create, orders.Create(point=c.point, kind="seal_check", due_on=DAY)).result.order
    scene.act(seals.verify, look(c))
    assert scene.db.value("SELECT state FROM field_order WHERE number = ?", [sent]) == "done", "told again"
    assert scene.db.value("SELECT COUNT(*) FROM seal_check") == 1
    scene.steady()


def test_the_loop_of_a_request_runs_by_itself(scene: Scene) -> None:
    c = scene.customer()
    sent = scene.act(seals.request, seals.Request(point=c.point, kind="seal", asked_by="Owner")).result.order
    done = scene.act(orders.result, orders.Result(order=sent, done_on=DAY, found_seal="RV1", found_value=1000))
    assert done.result.seal == "RV1 is on"
    assert scene.db.one("SELECT requested_by, placed_value, rate_status FROM seal") == ("Owner", 1000, "sealed")
    assert scene.db.value("SELECT state FROM seal_request") == "done"
    sent = scene.act(seals.request, seals.Request(point=c.point, kind="unseal", asked_by="Owner")).result.order
    done = scene.act(orders.result, orders.Result(order=sent, done_on=DAY, found_code="OK", found_value=1000))
    assert done.result.seal == "RV1 is off"
    assert scene.db.rows("SELECT kind, state FROM seal_request ORDER BY id") == [("seal", "done"), ("unseal", "done")]
    scene.steady()


def test_a_crew_makes_no_proposal_the_fee_of_its_seal_waits_for_the_desk(scene: Scene) -> None:
    from tests.services.office import hire

    c, settled = scene.customer(), scene.customer()
    hire(scene.db, "gus", "field")
    for n, each in enumerate((c, settled)):
        sent = scene.act(seals.request, seals.Request(point=each.point, kind="seal", asked_by="Owner")).result.order
        done = scene.act(orders.result, orders.Result(order=sent, done_on=DAY, found_seal=f"RV{n}"), who="gus")
        assert done.result.seal == f"RV{n} is on; its fee waits for the desk"
    assert scene.db.value("SELECT COUNT(*) FROM proposal") == 0, "a crew makes no money"
    assert scene.items("M09") == [f"M09:point:{each.point}" for each in (c, settled)]
    assert item(scene, "M09").money_cents == 2500
    scene.steady()
    with scene.desk() as desk:
        offer = desk.ask(fixes.offer, item(scene, "M09"), "seal.fee")
    assert offer is not None and offer.likely and offer.values()["number"] == "RV0"
    fee = scene.act(seals.charge, seals.Charge(point=c.point)).result
    assert (fee.seal, fee.fee_cents) == ("RV0", 2500)
    assert scene.db.rows("SELECT number, maker, reason, amount_cents FROM proposal") == [
        (fee.proposal, "ana", "seal-fee", 2500)
    ]  # fmt: skip
    assert scene.items("M09") == [f"M09:point:{settled.point}"]
    scene.steady()
    none = seals.Charge(point=settled.point, fee_cents=0)
    assert scene.refused(seals.charge, none).reason, "none is charged without its reason"
    assert "may not" in scene.refused(seals.charge, none, who="gus").reason
    scene.act(seals.charge, msgspec.structs.replace(none, reason="promised by the manager"))
    assert scene.items("M09") == [] and scene.db.value("SELECT COUNT(*) FROM proposal") == 1
    assert scene.db.rows("SELECT number, fee_cents FROM seal ORDER BY id") == [("RV0", 2500), ("RV1", 0)]
    assert "no fee" in scene.refused(seals.charge, seals.Charge(point=c.point)).reason
    scene.steady()


def moved(scene: Scene, c: Customer, state: str = "active") -> Customer:
    """Another account where this one was: its service ended yesterday, the other's begins today."""
    other = scene.customer()
    with scene.db.writing():
        scene.db.run("UPDATE service SET to_on = ? WHERE id = ?", [(DAY - DAYS).isoformat(), c.service_id])
        scene.db.run("UPDATE service SET point_id = ?, from_on = ? WHERE id = ?",
                     [c.point_id, DAY.isoformat(), other.service_id])  # fmt: skip
        if state == "closed":
            scene.db.run("UPDATE account SET state = 'closed', closed_on = ? WHERE id = ?",
                         [DAY.isoformat(), c.account_id])  # fmt: skip
    return other


def test_the_fee_of_a_seal_goes_to_who_paid_there_when_the_crew_was_there(scene: Scene) -> None:
    from tests.services.office import hire

    c, typed = scene.customer(), scene.customer()
    hire(scene.db, "gus", "field")
    sent = scene.act(seals.request, seals.Request(point=c.point, kind="seal", asked_by="Owner")).result.order
    scene.act(orders.result, orders.Result(order=sent, done_on=DAY, found_seal="RV1"), who="gus")
    moved(scene, c)
    moved(scene, typed)
    charged = "SELECT a.number FROM proposal p JOIN account a ON a.id = p.account_id ORDER BY p.id"
    scene.act(seals.charge, seals.Charge(point=c.point))
    scene.act(seals.place, on(typed, "9001", placed_on=DAY - 3 * DAYS))
    assert [(format_account(n),) for (n,) in scene.db.rows(charged)] == [(c.account,), (typed.account,)]
    gone = scene.customer()
    moved(scene, gone, "closed")
    late = on(gone, "9002", placed_on=DAY - 3 * DAYS)
    assert scene.act(seals.place, late).result.fee == "", "who came after him is not asked for it"
    scene.steady()


def test_a_fee_whose_account_is_closed_is_charged_to_nobody(scene: Scene) -> None:
    from tests.services.office import hire

    c = scene.customer()
    hire(scene.db, "gus", "field")
    sent = scene.act(seals.request, seals.Request(point=c.point, kind="seal", asked_by="Owner")).result.order
    scene.act(orders.result, orders.Result(order=sent, done_on=DAY, found_seal="RV1"), who="gus")
    told = item(scene, "M09")
    with scene.desk() as desk:
        offer = desk.ask(fixes.offer, told, "seal.fee")
    assert offer is not None and offer.values()["fee_cents"] == ""
    moved(scene, c, "closed")
    no = scene.refused(seals.charge, seals.Charge(point=c.point))
    assert (no.reason, no.cure) == (f"{c.account}, which is to pay, is closed", "fee 0, with a reason: none is charged")
    assert scene.refused(seals.charge, seals.Charge(point=c.point, fee_cents=5_00, reason="half")).cure == no.cure
    with scene.desk() as desk:
        offer = desk.ask(fixes.offer, told, "seal.fee")
    assert offer is not None and offer.values()["fee_cents"] == "0.00" and c.account in str(offer.values()["reason"])
    none = seals.Charge(point=c.point, fee_cents=0, reason=str(offer.values()["reason"]))
    assert scene.act(seals.charge, none).result.proposal == "" and scene.items("M09") == []
    scene.steady()


def test_what_the_desk_brings_in_itself_is_proposed_at_once(scene: Scene) -> None:
    c = scene.customer()
    sent = scene.act(seals.request, seals.Request(point=c.point, kind="seal", asked_by="Owner")).result.order
    done = scene.act(orders.result, orders.Result(order=sent, done_on=DAY, found_seal="RV1"))
    assert done.result.seal == "RV1 is on" and scene.items("M09") == []
    assert scene.db.value("SELECT COUNT(*) FROM proposal") == 1
    assert scene.db.value("SELECT COUNT(*) FROM seal_fee") == 0


# -- rounds ----------------------------------------------------------------------------------------------------

ROUND = "M03:run:seal-round/2026-11"


def old_seals(scene: Scene, n: int) -> list[Customer]:
    made = [scene.customer(rate_code="R1-SEALED") for _ in range(n)]
    for c in made:
        scene.act(seals.place, on(c, f"S{c.point_id}", placed_on=DAY - 400 * DAYS, why="vacant"))
    return made


def test_a_round_comes_back_row_by_row(scene: Scene) -> None:
    here = old_seals(scene, 5)
    scene.act(rounds.send_out, rounds.SendOut(item=ROUND, due_on=DAY))
    with scene.db.writing():
        scene.db.run(
            "INSERT INTO staff_account(staff, account_number, relation) VALUES ('ana', ?, 'linked')",
            [here[4].account.replace("-", "")],
        )
    numbers = [f"S{c.point_id}" for c in here]
    rows = [
        seals.Found(seal=numbers[0], value=7), seals.Found(seal=numbers[1], found="broken", note="cut"),
        seals.Found(seal=numbers[2], found="other"), seals.Found(seal="S999"), seals.Found(seal=numbers[0]),
        seals.Found(seal=numbers[4]), seals.Found(seal=numbers[3], other=numbers[3]),
    ]  # fmt: skip
    done = scene.act(seals.round_in, seals.Round(verified_on=DAY, rows=tuple(rows), by="Gus"))
    assert (done.result.looked, done.result.held) == (3, 2)
    assert [(each.row, each.seal, each.why.partition(" — ")[0]) for each in done.result.refused] == [
        (2, numbers[2], f"which number is on instead of {numbers[2]}"), (3, "S999", "no seal S999 is on"),
        (4, numbers[0], f"seal {numbers[0]} stands twice"),
        (5, numbers[4], f"{here[4].point} concerns {here[4].account}: that is linked to you"),
    ]  # fmt: skip
    assert scene.db.rows("SELECT found, checked_by FROM seal_check ORDER BY id") == [
        ("on", "Gus"), ("broken", "Gus"), ("on", "Gus"),
    ]  # fmt: skip
    states = scene.db.rows("SELECT state FROM field_order ORDER BY id")
    assert [state for (state,) in states] == ["done", "done", "open", "done", "open"]
    assert scene.items("M09") == [f"M09:point:{here[1].point}"]
    assert scene.items("M03") == [ROUND] and scene.db.value("SELECT units FROM work_item WHERE code = 'M03'") == 2
    nothing = seals.Round(verified_on=DAY, rows=(seals.Found(seal="S999"),))
    assert "none of 1 seals could go in: S999" in scene.refused(seals.round_in, nothing).reason
    scene.steady()
