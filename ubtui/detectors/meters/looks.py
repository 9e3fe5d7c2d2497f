"""How seals that are on were looked at, for detectors: the newest look, and what the meter showed before it."""

from __future__ import annotations

LOOKS = (
    "seal z JOIN seal_check k ON k.seal_id = z.id AND z.removed_on IS NULL"
    " AND (z.batch_id IS NULL OR z.batch_id IN (SELECT b.id FROM batch b WHERE b.released_at IS NOT NULL))"
    " JOIN live_point p ON p.id = z.point_id"
)
_SHOWN = (
    "FROM live_read r WHERE r.register_id = g.id AND r.value IS NOT NULL AND r.source <> 'E'"
    " AND r.kind NOT IN ('control', 'reread')"
)
_SINCE = "r.read_on <= k.checked_on AND r.read_on >= z.placed_on AND r.read_on >= i.on_date"
_STANDS = "r.status IN ('released', 'billed')"
# What the meter that hangs now showed last between the seal's day and the look; none: its value at sealing counts.
BASE = f"(SELECT r.value {_SHOWN} AND {_SINCE} AND {_STANDS} ORDER BY r.read_on DESC, r.seq DESC LIMIT 1)"
# The most that a held read newer than that one shows: its water is told of by the read itself, which a person decides.
HELD = (
    "(SELECT MAX(h.value) FROM live_read h WHERE h.register_id = g.id AND h.value IS NOT NULL AND h.status = 'held'"
    " AND h.read_on <= k.checked_on AND h.read_on >= z.placed_on AND h.read_on >= i.on_date"
    f" AND NOT EXISTS(SELECT 1 {_SHOWN} AND {_SINCE} AND {_STANDS} AND (r.read_on, r.seq) > (h.read_on, h.seq)))"
)
# A read after the look reached what was seen, by itself or past zero: from then on the read tells of the water, and
# what was decided of it.
REACHED = (
    f"EXISTS(SELECT 1 {_SHOWN} AND r.read_on > k.checked_on AND (r.value >= k.value"
    f" OR (r.rolled = 1 AND k.value >= COALESCE({BASE}, z.placed_value, 0))) AND (r.status = 'held' OR {_STANDS}))"
)
# What the counter carries beyond what it showed on the day of the look.
CARRIED = (
    "(SELECT r.carry FROM live_read r WHERE r.register_id = g.id AND r.status <> 'void' AND r.read_on <= k.checked_on"
    " AND r.kind NOT IN ('control', 'reread') ORDER BY r.read_on DESC, r.seq DESC LIMIT 1)"
)


def newest(more: str = "") -> str:
    """The id of a seal's newest look, narrowed by `more` over `y`."""
    return (
        f"(SELECT y.id FROM seal_check y WHERE y.seal_id = z.id {more} ORDER BY y.checked_on DESC, y.id DESC LIMIT 1)"
    )
