"""Which period of a cycle a read belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ubtui.domain.dates import period


def billed_on(name: str, bill_day: int | None) -> date | None:
    """The bill date of a period, by the day of the month on which its cycle is billed; None where it is no cycle's."""
    month = name.rpartition("/")[2]
    return None if bill_day is None or len(month) != 7 else date(int(month[:4]), int(month[5:]), bill_day)


def later(name: str, other: str) -> bool:
    """Whether another period is a later one of the same cycle."""
    return other > name and other.rpartition("/")[0] == name.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class ReadCycle:
    """A cycle's calendar: bills every `months` from `first_month`, read on or before the bill day."""

    code: str
    months: int
    first_month: int
    read_day: int
    bill_day: int

    def read_date(self, year: int, month: int) -> date:
        """The read day of that month's bill; in the month before where bills go out earlier in their month."""
        if self.read_day > self.bill_day:
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        return date(year, month, self.read_day)

    @property
    def window(self) -> int:
        """Days a read may lie from its read day, either side: a third of the period, at least 15."""
        return max(15, 10 * self.months)

    def period_of(self, day: date) -> str | None:
        """The period whose window holds `day`; None between windows."""
        found = self.open_on(day)
        return found[0] if found else None

    def open_on(self, day: date) -> tuple[str, date] | None:
        """The period whose window holds `day`, the nearest read day's (the earlier of two equals), and that read day.

        None between windows: who asks says whether the `newest` or the `coming` one is meant then.
        """
        near = min(self.newest(day), self.coming(day), key=lambda each: abs(each[1] - day))
        return near if abs((near[1] - day).days) <= self.window else None

    def named(self, name: str) -> date | None:
        """The read day of the period of that name; None where this cycle has no such period."""
        month = name.rpartition("/")[2]
        try:
            day = self.read_date(int(month[:4]), int(month[5:]))
        except ValueError:
            return None
        return day if 1 < day.year < 9999 and self.newest(day)[0] == name else None

    def coming(self, day: date) -> tuple[str, date]:
        """The period that is read next, on `day` or after it, and its read day."""
        for step in range(0, self.months + 2):
            year, index = divmod(day.year * 12 + day.month - 1 + step, 12)
            if (index + 1 - self.first_month) % self.months:
                continue
            read_on = self.read_date(year, index + 1)
            if read_on >= day:
                return period(self.code, date(year, index + 1, 1)), read_on
        raise AssertionError("a cycle reads at least once in its months")

    def newest(self, day: date) -> tuple[str, date]:
        """The period whose read day comes last on or before `day`, and that read day."""
        month = day.year * 12 + day.month  # the next one: bills of a month may be read in the month before
        while True:
            year, index = divmod(month, 12)
            if (index + 1 - self.first_month) % self.months == 0:
                read_on = self.read_date(year, index + 1)
                if read_on <= day:
                    return period(self.code, date(year, index + 1, 1)), read_on
            month -= 1
