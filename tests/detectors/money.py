"""Money on a scene's customers: bills, receipts, closings, each as the ledger posts them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.detectors.scene import DAY, NOW, Customer, Scene
from tests.services.office import doing
from ubtui.detectors import heal
from ubtui.domain.subjects import Subject
from ubtui.services import adjustments, ledger, payments

DAYS = timedelta(days=1)


def healed(scene: Scene, *subjects: str, day: date = DAY) -> heal.Healed:
    with scene.db.writing():
        return heal.heal(scene.db, [Subject.parse(s) for s in subjects], day, NOW, "an.act", "ana")


def close(scene: Scene, c: Customer, on: date) -> None:
    with scene.db.writing():
        scene.db.run("UPDATE account SET state = 'closed', closed_on = ? WHERE id = ?", [on.isoformat(), c.account_id])


def pay(scene: Scene, c: Customer, cents: int, on: date, source: str = "counter", kind: str = "check") -> str:
    number = f"R{scene.db.value('SELECT COUNT(*) FROM receipt') + 1:04d}"
    draft = ledger.ReceiptDraft(
        key=f"receipt-{number}", number=number, account_id=c.account_id, received_on=on, cents=cents, source=source,
        kind=kind,
    )  # fmt: skip
    with scene.desk() as desk:
        doing(desk, lambda work: ledger.post_receipts(work, [draft]))
    return number


def bill(scene: Scene, c: Customer, cents: int, due: date, to_on: date | None = None, service: bool = False) -> int:
    """A bill of one line that was mailed 30 days before it is due; the item's number."""
    on = min(due - 30 * DAYS, DAY)
    n = scene.db.value("SELECT COUNT(*) FROM bill") + 1
    draft = ledger.BillDraft(
        key=f"bill-{n:06d}", number=f"B{n:06d}", account_id=c.account_id, period=f"B2/{on:%Y-%m}#{n}",
        from_on=(to_on or on) - 60 * DAYS, to_on=to_on or on, billed_on=on, mailed_on=on, due_on=due,
        lines=[ledger.BillLine("USE", "Water", cents, service_id=c.service_id if service else None)],
    )  # fmt: skip
    with scene.desk() as desk:
        doing(desk, lambda work: ledger.post_bills(work, [draft]))
    return int(scene.db.value("SELECT MAX(id) FROM receivable_item"))


def stage(scene: Scene, *lines: payments.Came, on: date = DAY) -> tuple[str, ...]:
    total = sum(line.cents for line in lines)
    form = payments.Stage(
        source="Lockbox", kind="lockbox", received_on=on, lines=list(lines), control_cents=total
    )  # fmt: skip
    return staged(scene, form)[0]


def staged(scene: Scene, form: payments.Stage, by: str = "ben") -> tuple[tuple[str, ...], Any]:
    """Payments staged by ana and released by another: their keys, and the release's answer."""
    made = scene.act(payments.stage, form).result
    approve = adjustments.Approve(proposal=made.proposal, amount_cents=made.total_cents)
    return made.payments, scene.act(adjustments.approve, approve, who=by)


def refund(scene: Scene, c: Customer, cents: int, who: str = "ben") -> Any:
    """Propose and approve the refund of a credit; the approval's answer."""
    form = adjustments.Propose(
        account=c.account, reason="credit-to-refunds-payable", amount_cents=cents, note="asked for"
    )
    number = scene.act(adjustments.propose, form).result.number
    return scene.act(adjustments.approve, adjustments.Approve(proposal=number, amount_cents=cents), who=who)


def items(scene: Scene, *codes: str) -> list[str]:
    """Open items of these codes alone."""
    return [key for key in scene.items() if key[:3] in codes]


def closed(done: Any, *codes: str) -> list[str]:
    return [str(key) for key in done.closed if key.code in codes]


def opened(done: Any, *codes: str) -> list[str]:
    return [str(key) for key in done.opened if key.code in codes]
