"""How seals that are on were looked at, for detectors: the newest look, and what the meter showed before it."""

from __future__ import annotations

LOOKS = (
    "seal z JOIN seal_check k ON k.seal_id = z.id AND z.removed_on IS NULL"
    " AND (z.batch_id IS NULL OR z.batch_id IN (SELECT b.id FROM batch b WHERE b.released_at IS NOT NULL))"
    " JOIN live_point p ON p.id = z.point_id"
)
# What the meter that hangs now showed last between the seal's day and the look; none: its value at sealing counts.
BASE = (
    "(SELECT r.value FROM live_read r WHERE r.register_id = g.id AND r.value IS NOT NULL AND r.read_on <= k.checked_on"
    " AND r.read_on >= z.placed_on AND r.read_on >= i.on_date"
    " AND r.status IN ('released', 'billed') AND r.source <> 'E' AND r.kind NOT IN ('control', 'reread')"
    " ORDER BY r.read_on DESC, r.seq DESC LIMIT 1)"
)


def newest(more: str = "") -> str:
    """The id of a seal's newest look, narrowed by `more` over `y`."""
    return (
        f"(SELECT y.id FROM seal_check y WHERE y.seal_id = z.id {more} ORDER BY y.checked_on DESC, y.id DESC LIMIT 1)"
    )
