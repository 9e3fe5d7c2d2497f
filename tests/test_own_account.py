"""Nobody acts on his own or a linked account, by whatever act and subject; and a key is one person's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.detectors.scene import DAY, PERIODS, Customer, Scene, read_day
from ubtui.act import Act, Form, Refused
from ubtui.db.models import record
from ubtui.services import documents, parties, points, reads, worklist
from ubtui.services.worklist import Forward, Note, OnItem

LAST = PERIODS[-1]
PAPER = documents.Paper(name="a.pdf", media="application/pdf", content="eA==")


@pytest.fixture
def scene(backend: str) -> Iterator[Scene]:
    made = Scene(backend)
    yield made
    made.close()


@pytest.fixture
def mine(scene: Scene) -> Customer:
    """Ana's own account, with a high read to be judged."""
    found = scene.customer()
    scene.uses(found, [30] * 6 + [90])
    belongs(scene, found)
    scene.refresh()
    return found


def belongs(scene: Scene, c: Customer, relation: str = "own") -> None:
    with scene.db.writing():
        number = scene.db.value("SELECT number FROM account WHERE id = ?", [c.account_id])
        scene.db.insert(record.StaffAccount, staff="ana", account_number=number, relation=relation)


def judged(c: Customer) -> reads.Review:
    return reads.Review(point=c.point, read_on=read_day(LAST), code="R04", decision="confirmed", reason="seen")


def deeds(c: Customer, item: str) -> list[tuple[Act[Any, Any], Form]]:
    where = {"line1": "1 Main St", "city": "Rincon", "state": "CA", "zip": "95945", "reason": "letter"}
    return [
        (reads.review, judged(c)),
        (points.seasonal, points.Seasonal(point=c.point, seasonal=True, reason="rests")),
        (parties.address, parties.Address(account=c.account, **where)),
        (documents.attach, documents.Attach(subject=f"account:{c.account}", paper=PAPER)),
        (worklist.dismiss, worklist.Dismiss(item=item, reason="known", until=DAY + timedelta(days=30))),
        (worklist.wait, worklist.Wait(item=item, until=DAY + timedelta(days=30), wait_for="me")),
        (worklist.claim, OnItem(item=item)),
    ]


@pytest.mark.parametrize("n", range(7))
def test_no_act_moves_what_one_pays_oneself(scene: Scene, mine: Customer, n: int) -> None:
    item = scene.items("R04")[0]
    act, form = deeds(mine, item)[n]
    no = scene.refused(act, form)
    assert (no.rule, mine.account in no.reason) == ("nobody acts on his own or a linked account", True), no.sentence()
    assert "your own account" in no.reason and "finance" in no.cure
    assert scene.items("R04") == [item], "nothing was done"
    scene.act(act, form, who="ben")


def test_a_linked_account_is_as_ones_own(scene: Scene) -> None:
    theirs = scene.customer()
    scene.uses(theirs, [30] * 6 + [90])
    belongs(scene, theirs, "linked")
    assert "linked to you" in scene.refused(reads.review, judged(theirs)).reason


def test_a_service_that_ended_still_concerns_its_account(scene: Scene, mine: Customer) -> None:
    with scene.db.writing():
        scene.db.run("UPDATE service SET to_on = '2026-11-01' WHERE id = ?", [mine.service_id])
    assert "your own" in scene.refused(reads.review, judged(mine)).reason


def test_handing_an_item_to_another_is_no_deed_on_the_account(scene: Scene, mine: Customer) -> None:
    item = scene.items("R04")[0]
    scene.act(worklist.note, Note(item=item, note="mine: please take it"))
    scene.act(worklist.forward, Forward(item=item, to="finance", note="mine"))
    notes = scene.db.rows("SELECT actor, note FROM work_event WHERE note LIKE '%mine%' ORDER BY id")
    assert [who for who, _ in notes] == ["ana", "ana"] and "please take it" in notes[0][1]
    assert scene.db.value("SELECT role FROM work_item WHERE code = 'R04'") == "finance"
    assert scene.items("R04") == [item], "the cause stands"


def test_the_nightly_refresh_and_others_accounts_are_free(scene: Scene, mine: Customer) -> None:
    other = scene.customer()
    scene.uses(other, [30] * 6 + [90])
    done = scene.act(worklist.refresh, worklist.Refresh())
    assert [str(key) for key in done.opened if key.code == "R04"] == [f"R04:point:{other.point}@{LAST}"]
    done = scene.act(reads.review, judged(other))
    assert [str(key) for key in done.closed if key.code == "R04"] == [f"R04:point:{other.point}@{LAST}"]
    assert [each for each in scene.items("R04") if mine.point in each] != [], "hers waits for a colleague"


def test_a_key_answers_only_who_used_it(scene: Scene) -> None:
    other = scene.customer()
    scene.uses(other, [30] * 6 + [90])
    with scene.desk() as ana, scene.desk("ben") as ben:
        first = ana.perform(reads.review, judged(other), "the-same-key")
        no = ben.perform(reads.review, judged(other), "the-same-key")
        assert not isinstance(first, Refused)
        assert isinstance(no, Refused) and "another person's" in no.reason and no.rule == "one key, one request"
        again = ana.perform(reads.review, judged(other), "the-same-key")
        assert not isinstance(again, Refused) and again.replayed
