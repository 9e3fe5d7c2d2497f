"""What must be so at a service point for an order of a kind to make sense there."""

from __future__ import annotations

from typing import Final

from ubtui.act import Look, Refused

_METERED: Final = ("reread", "verify", "test")
_SERVING: Final = ("seal", "exchange", "shutoff", "restore")
_STANDS = (
    "SELECT p.state, (SELECT MIN(s.account_id) FROM live_service s WHERE s.point_id = p.id AND s.to_on IS NULL),"
    " (SELECT MIN(i.id) FROM live_install i WHERE i.point_id = p.id AND i.off_date IS NULL),"
    " (SELECT MIN(z.number) FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL),"
    " (SELECT MIN(z.number) FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL"
    " AND z.lock_state = 'locked'),"
    " (SELECT MIN(z.number) FROM seal z WHERE z.point_id = p.id AND z.removed_on IS NULL"
    " AND z.lock_reason = 'nonpayment'),"
    " (SELECT o.kind FROM field_order o WHERE o.point_id = p.id AND o.state = 'done'"
    " AND o.kind IN ('shutoff', 'restore') ORDER BY o.done_on DESC, o.id DESC LIMIT 1)"
    " FROM live_point p WHERE p.id = ?"
)


def sensible(look: Look, point_id: int, point: str, kind: str) -> None:
    """Refuse what cannot be done at a point as the record has it; whoever is sent would come back with nothing.

    A reread, a verification and a test need a meter; a seal goes on where none is and comes off where one is; water
    is shut off where it runs to somebody, and restored where it was shut off; a closed point is served no more.
    """
    row = look.db.one(_STANDS, [point_id])
    assert row is not None
    state, served, meter, seal, locked, unpaid, last = row
    if state == "closed" and kind in _SERVING:
        raise Refused(f"{point} is closed", "service points", "put it back into service first")
    if kind in _METERED and meter is None:
        raise Refused(f"no meter hangs at {point}", "field orders", "send `other`, or set the meter first")
    if kind in ("unseal", "seal_check") and seal is None:
        raise Refused(f"{point} has no seal on it", "seals", "see its meter card")
    if kind == "seal" and seal is not None:
        raise Refused(f"{point} is sealed by {seal}", "seals", "see its meter card")
    off = f"locked by seal {locked}" if locked is not None else "shut off" if last == "shutoff" else ""
    if kind == "shutoff" and (served is None or off):
        said = f"{point} is {off} already" if off else f"{point} serves nobody"
        raise Refused(said, "field orders", "no water runs there to be stopped")
    if kind == "restore" and unpaid is None and last != "shutoff":
        cure = f"a seal at the owner's wish is taken off: unseal {point}" if seal else "nothing to restore"
        raise Refused(f"{point} was not shut off", "field orders", cure)
