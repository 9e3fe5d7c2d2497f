"""What the district charges around a seal: an ordinary proposal on the account that the point serves."""

from __future__ import annotations

from ubtui.act import Look, Refused, Work
from ubtui.domain.numbers import format_account
from ubtui.services import adjustments

_PAYS = (
    "SELECT a.number FROM live_service s JOIN account a ON a.id = s.account_id WHERE s.point_id = ?"
    " AND a.state = 'active' ORDER BY s.to_on IS NULL DESC, s.from_on DESC, s.id LIMIT 1"
)


def payer(look: Look, point_id: int) -> str:
    """The open account that pays at a point now, or paid last, as it is printed; empty where there is none.

    Who left and is done with his account asked for nothing since.
    """
    number = look.db.value(_PAYS, [point_id])
    return format_account(number) if number else ""


def charged(work: Work, point_id: int, usual: int, asked: int | None, note: str) -> str:
    """Propose a fee for the account that pays at the point; the proposal's number, empty where nothing is charged.

    `usual` is the fee by the district's terms, `asked` the one that was typed. Refused where that one can be charged
    to nobody, or for no reason.
    """
    cents, number, reason = usual if asked is None else asked, payer(work, point_id), work.district.seals.fee_reason
    if asked and not (number and reason):
        raise Refused(
            "the district names no reason (seals.fee_reason)" if number else "no open account pays at this point",
            rule="seals", cure="leave the fee empty",
        )  # fmt: skip
    if not cents or not number or not reason:
        return ""
    form = adjustments.Propose(account=number, reason=reason, amount_cents=cents, note=note)
    return adjustments.propose(work, form).number
