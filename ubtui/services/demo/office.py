"""The sample's people at work: acts on days given, each by one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from ubtui.act import Act, Actor, Form, Look, Refused, perform
from ubtui.db.session import Session
from ubtui.settings import District

F = TypeVar("F", bound=Form)
R = TypeVar("R")
_ROLES = {"ana": "technician", "ben": "lead", "cho": "finance", "service": "service"}


@dataclass
class Office:
    """The sample's people at work: one act after another, each some minutes after the one before, on a day given."""

    db: Session
    district: District
    seed: int
    acts: int = field(default=0)

    def does(self, name: str, day: date, act: Act[F, R], form: F) -> R:
        """One act by one person on a day; a refusal here is a fault of the sample."""
        self.acts += 1
        moment = datetime.combine(day, datetime.min.time()) + timedelta(hours=14, seconds=5 * self.acts)
        now = moment.isoformat(timespec="microseconds") + "Z"
        look = Look(self.db, day, now, now, self.district, Actor(name, _ROLES[name], f"as:{name}"))
        done = perform(look, act, form, f"sample-{self.seed}-{self.acts:04d}-{act.name}")
        if isinstance(done, Refused):
            raise RuntimeError(f"sample: {act.name} by {name} on {day} was refused: {done.sentence()}")
        return done.result
