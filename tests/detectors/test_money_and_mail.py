"""Credits on closed accounts, proposals that wait, mail that cannot arrive: found, fixed, silent just inside."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.detectors.scene import DAY, NOW, Customer, Scene
from tests.services.office import doing
from ubtui.db.models import office as office_models
from ubtui.db.models import record
from ubtui.detectors import heal
from ubtui.domain.subjects import Subject
from ubtui.services import adjustments, documents, ledger, parties


def healed(scene: Scene, *subjects: str) -> heal.Healed:
    with scene.db.writing():
        return heal.heal(scene.db, [Subject.parse(s) for s in subjects], DAY, NOW, "an.act", "ana")


def close(scene: Scene, c: Customer, on: date) -> None:
    with scene.db.writing():
        scene.db.run("UPDATE account SET state = 'closed', closed_on = ? WHERE id = ?", [on.isoformat(), c.account_id])


def pay(scene: Scene, c: Customer, cents: int, on: date, key: str) -> None:
    draft = ledger.ReceiptDraft(
        key=f"receipt-{key}", number=key, account_id=c.account_id, received_on=on, cents=cents, source="counter",
        kind="check",
    )  # fmt: skip
    with scene.desk() as desk:
        doing(desk, lambda work: ledger.post_receipts(work, [draft]))


def bill(scene: Scene, c: Customer, cents: int, on: date) -> None:
    draft = ledger.BillDraft(
        key=f"bill-{c.account_id}-{on}", number=f"B{c.account_id}{on}", account_id=c.account_id,
        period=f"B2/{on:%Y-%m}", from_on=on, to_on=on, billed_on=on, mailed_on=on, due_on=on,
        lines=[ledger.BillLine("USE", "Water", cents)],
    )  # fmt: skip
    with scene.desk() as desk:
        doing(desk, lambda work: ledger.post_bills(work, [draft]))


def test_p07_credit_on_closed_account(scene: Scene) -> None:
    late, inside, open_account, owing = (scene.customer() for _ in range(4))
    gone = DAY - timedelta(days=60)
    pay(scene, late, 1, DAY - timedelta(days=31), "L1")
    pay(scene, inside, 68_000, DAY - timedelta(days=30), "I1")
    pay(scene, open_account, 5_000, DAY - timedelta(days=90), "O1")
    bill(scene, owing, 2_500, DAY - timedelta(days=90))
    for c in (late, inside, owing):
        close(scene, c, gone)
    scene.refresh()
    assert scene.items("P07") == [f"P07:account:{late.account}"]
    scene.refresh(DAY + timedelta(days=1))
    assert scene.items("P07") == [f"P07:account:{c.account}" for c in (late, inside)]
    scene.policy("P07", days="31")
    scene.refresh()
    assert scene.items("P07") == []


def test_p07_age_is_that_of_the_oldest_cent_not_spent(scene: Scene) -> None:
    c = scene.customer()
    pay(scene, c, 1_000, DAY - timedelta(days=200), "A1")
    bill(scene, c, 1_000, DAY - timedelta(days=150))
    with scene.desk() as desk:
        doing(desk, lambda work: ledger.apply_credit(work, c.account_id, "apply-it-1", DAY - timedelta(days=150)))
    pay(scene, c, 300, DAY - timedelta(days=10), "A2")
    close(scene, c, DAY - timedelta(days=20))
    scene.refresh()
    assert scene.items("P07") == []


def proposal(scene: Scene, c: Customer, reason: str, dollars: str, draft: bool = False) -> str:
    form = adjustments.Propose(
        account=c.account, reason=reason, amount_cents=int(dollars) * 100, draft=draft, note="see the item"
    )  # fmt: skip
    return str(scene.act(adjustments.propose, form).result.number)


def test_p07_is_fixed_by_moving_the_credit(scene: Scene) -> None:
    c = scene.customer()
    pay(scene, c, 20_000, DAY - timedelta(days=45), "L1")
    close(scene, c, DAY - timedelta(days=60))
    scene.refresh()
    number = proposal(scene, c, "credit-to-refunds-payable", "200")
    scene.steady()
    done = scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=20_000), who="ben")
    assert f"P07:account:{c.account}" in [str(k) for k in done.closed]
    assert scene.items("P07") == []
    scene.steady()


def test_a01_waits_for_its_third_office_day(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 50_000, DAY - timedelta(days=10))
    number = proposal(scene, c, "read-correction", "100")  # submitted Monday, November 23
    for days in (1, 2, 5):  # Wednesday is the second office day; Thursday and Friday are holidays
        scene.refresh(DAY + timedelta(days=days))
        assert scene.items() == []
    scene.refresh(date(2026, 11, 30))
    assert scene.items() == [f"A01:proposal:{number}"]
    scene.policy("A01", business_days="3")
    scene.refresh(date(2026, 11, 30))
    assert scene.items() == []


def test_a01_and_a02_follow_the_decision(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 50_000, DAY - timedelta(days=10))
    number = proposal(scene, c, "read-correction", "100")
    scene.refresh(date(2026, 11, 30))
    assert scene.items() == [f"A01:proposal:{number}"]
    done = scene.act(adjustments.reject, adjustments.Reject(proposal=number, reason="no such read"), who="ben")
    assert [str(k) for k in done.closed] == [f"A01:proposal:{number}"]
    assert [str(k) for k in done.opened] == [f"A02:proposal:{number}"]
    scene.steady()
    done = scene.act(adjustments.acknowledge, adjustments.Acknowledge(proposal=number))
    assert [str(k) for k in done.closed] == [f"A02:proposal:{number}"]
    assert scene.items() == []
    scene.steady()


def test_a02_a_proposal_that_lapsed_comes_back_to_its_maker(scene: Scene) -> None:
    c = scene.customer()
    bill(scene, c, 50_000, DAY - timedelta(days=10))
    number, left = (proposal(scene, c, "read-correction", cents) for cents in ("100", "50"))
    scene.policy("A01", business_days="9")
    with scene.desk() as desk:
        assert doing(desk, adjustments.expire, day=DAY + timedelta(days=8)) == 2
    scene.refresh(DAY + timedelta(days=8))
    assert scene.items() == [f"A02:proposal:{number}", f"A02:proposal:{left}"]
    assert "nobody decided in time, it lapsed on 2026-12-01" in scene.db.value("SELECT MIN(why) FROM work_item")
    revised = scene.act(adjustments.revise, adjustments.Revise(proposal=number)).result
    assert (revised.state, scene.items()) == ("pending", [f"A02:proposal:{left}"])
    scene.act(adjustments.acknowledge, adjustments.Acknowledge(proposal=left))
    assert scene.items() == []


def test_a04_draft_without_its_document(scene: Scene) -> None:
    c = scene.customer()
    scene.refresh()
    bill(scene, c, 50_000, DAY - timedelta(days=10))
    proposal(scene, c, "read-correction", "100", draft=True)  # needs none
    number = proposal(scene, c, "charge-by-hand", "100", draft=True)
    assert scene.items() == [f"A04:proposal:{number}"]
    scene.steady()
    paper = documents.Paper(name="letter.txt", media="text/plain", content="cHJvb2Y=")
    done = scene.act(documents.attach, documents.Attach(subject=f"proposal:{number}", title="Letter", paper=paper))
    assert [str(k) for k in done.closed] == [f"A04:proposal:{number}"]
    scene.steady()


@pytest.mark.parametrize(
    ("column", "value", "lacking"),
    [
        ("mail_line1", None, "street"), ("mail_city", " ", "city"), ("mail_state", "", "state"),
        ("mail_zip", None, "zip"), ("mail_returned", 2, "came back"),
    ],
)  # fmt: skip
def test_q01_bad_address(scene: Scene, column: str, value: object, lacking: str) -> None:
    bad, once = scene.customer(), scene.customer()
    with scene.db.writing():
        scene.db.run(f"UPDATE party SET {column} = ? WHERE id = ?", [value, bad.party_id])
        scene.db.run("UPDATE party SET mail_returned = 1 WHERE id = ?", [once.party_id])
    scene.refresh()
    assert scene.items() == [f"Q01:account:{bad.account}"]
    assert lacking in scene.db.value("SELECT why FROM work_item")
    good = "12 Oak St" if column != "mail_returned" else 0
    with scene.db.writing():
        scene.db.run(f"UPDATE party SET {column} = ? WHERE id = ?", [good, bad.party_id])
    assert [str(k) for k in healed(scene, f"account:{bad.account}").closed] == [f"Q01:account:{bad.account}"]
    scene.steady()
    scene.policy("Q01", returned="1")
    scene.refresh()
    assert scene.items() == [f"Q01:account:{once.account}"]


def test_q01_looks_where_mail_goes(scene: Scene) -> None:
    """Abroad needs no state or zip; a mailing party with a good address stands before an owner without one."""
    abroad, agent = scene.customer(), scene.customer()
    with scene.db.writing():
        scene.db.run(
            "UPDATE party SET mail_country = 'DE', mail_state = NULL, mail_zip = NULL WHERE id = ?", [abroad.party_id]
        )
        scene.db.run("UPDATE party SET mail_line1 = NULL WHERE id = ?", [agent.party_id])
        scene.db.insert(
            record.AccountRole, account_id=agent.account_id, party_id=abroad.party_id, role="mailing", from_on=DAY
        )
    scene.refresh()
    assert scene.items() == []
    with scene.db.writing():
        scene.db.run("UPDATE account_role SET to_on = ? WHERE role = 'mailing'", [DAY.isoformat()])
    assert [str(k) for k in healed(scene, f"account:{agent.account}").opened] == [f"Q01:account:{agent.account}"]


def test_q01_stand_ins_of_an_import_are_one_item(scene: Scene) -> None:
    with scene.db.writing():
        batch = scene.db.insert(
            office_models.Batch, kind="usage", source="sm.csv", profile="santa-monica", sha256="0" * 64,
            created_by="ana", created_at=NOW, placeholders=2,
        )  # fmt: skip
        for _ in range(2):
            scene.db.insert(record.Party, kind="placeholder", name="Owner", search_name="owner", batch_id=batch)
    scene.refresh()
    assert scene.items() == []
    with scene.db.writing():
        scene.db.run("UPDATE batch SET released_at = ?, released_by = 'ana' WHERE id = ?", [NOW, batch])
    assert [str(k) for k in healed(scene, "run:import/2026-11-23").opened] == ["Q01:run:import/2026-11-23"]
    scene.steady()
    with scene.db.writing():
        scene.db.run("UPDATE party SET kind = 'person' WHERE kind = 'placeholder'")
    assert len(healed(scene, "run:import/2026-11-23").closed) == 1


def test_of_two_owners_the_one_who_gets_the_mail_is_judged_and_corrected(scene: Scene) -> None:
    c = scene.customer()
    with scene.db.writing():
        second = scene.db.insert(
            record.Party,
            name="Co Owner",
            search_name="co owner",
            mail_line1="2 Elm St",
            mail_city="Rincon",
            mail_state="CA",
            mail_zip="95946",
        )
        scene.db.insert(record.AccountRole, account_id=c.account_id, party_id=second, role="owner", from_on=DAY)
        scene.db.run("UPDATE party SET mail_returned = 2 WHERE id = ?", [c.party_id])
    scene.refresh()
    form = parties.Address(account=c.account, line1="9 Oak Rd", city="Rincon", state="CA", zip="95946", reason="called")
    done = scene.act(parties.address, form)
    assert [str(key) for key in done.closed] == [f"Q01:account:{c.account}"]
    assert scene.db.value("SELECT mail_line1 FROM party WHERE id = ?", [second]) == "2 Elm St"
    scene.steady()
