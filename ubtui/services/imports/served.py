"""Parcels, accounts with the points they are served at, and meters with where they hang."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ubtui.act import Look
from ubtui.domain.errors import BadValue
from ubtui.domain.numbers import account_number, format_account, parse_account
from ubtui.domain.register import Register
from ubtui.domain.text import fold
from ubtui.exchange.profile import Profile
from ubtui.services.imports.taking import (
    HIGHEST_ACCOUNT,
    HIGHEST_POINT,
    Line,
    Rows,
    Taker,
    Verdict,
    found,
    refuse,
)

KINDS = (
    *("potable", "irrigation", "raw", "recycled", "fire_line", "hydrant", "standby", "sewer", "flat"),
    "pass_through",
)


class ParcelTaker(Taker):
    """Parcels by their number; one that is here already is not brought in again."""

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.seen: set[str] = set()

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        sql = "SELECT apn FROM parcel WHERE apn IN ({marks})"
        self.seen.update(row[0] for row in found(self.db, sql, (line.values["apn"] for line in lines)))
        for line in lines:
            apn = line.values["apn"]
            if apn in self.seen:
                yield refuse(line, "duplicate-parcel", f"parcel {apn} is here already", "apn")
                continue
            self.seen.add(apn)
            yield Verdict(line, "accepted", goods=line.values)

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        accepted = [v for v in verdicts if v.state == "accepted"]
        for v, parcel_id in zip(accepted, rows.ids("parcel", len(accepted)), strict=True):
            said = v.goods
            rows.add("parcel", parcel_id, said["apn"], said["county"], *_texts(said, "situs", "legal"), rows.batch_id)


class OwnerTaker(Taker):
    """Owners of parcels on a roll's day, one a parcel and day; what an earlier roll said stays beside it."""

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.seen: dict[tuple[int, str], str] = {}

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        apns = [line.values["apn"] for line in lines]
        parcels: dict[str, int] = dict(found(self.db, "SELECT apn, id FROM live_parcel WHERE apn IN ({marks})", apns))
        sql = "SELECT parcel_id, as_of, name FROM county_owner WHERE parcel_id IN ({marks})"
        for parcel, day, name in found(self.db, sql, parcels.values()):
            self.seen.setdefault((parcel, day), name)
        for line in lines:
            yield self._weigh(line, parcels.get(line.values["apn"]))

    def _weigh(self, line: Line, parcel: int | None) -> Verdict:
        apn, name, day = line.values["apn"], line.values["name"][:120].strip(), line.values["as_of"][:10]
        if parcel is None:
            return refuse(line, "unknown-parcel", f"parcel {apn} is not here; import parcels first", "apn")
        if day > self.look.today.isoformat():
            return refuse(line, "coming-day", f"{day} is after today", "as_of")
        if (known := self.seen.get((parcel, day))) is not None:
            said = f"the roll of {day} has {known} on parcel {apn}"
            return Verdict(line, "passed") if known == name else refuse(line, "duplicate-owner", said, "name")
        self.seen[parcel, day] = name
        return Verdict(line, "accepted", goods=(parcel, day, name))

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        source = self.profile.title[:80]
        for v in verdicts:
            if v.state == "accepted":
                rows.add("county_owner", *v.goods, source, rows.batch_id)


@dataclass(slots=True)
class NewAccount:
    """An account of the file; further rows of the same number add points to it."""

    cycle: str
    name: str
    account_id: int | None = None
    places: set[tuple[str, str]] = field(default_factory=set)


class AccountTaker(Taker):
    """A row is an account and one point it is served at; rows of one number with other addresses add points."""

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.cycles: dict[str, int] = {code: id for code, id in self.db.rows("SELECT code, id FROM cycle")}
        self.new: dict[str, NewAccount] = {}
        self.points: set[str] = set()

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        values = [line.values for line in lines]
        numbers = [v["number"] for v in values if "number" in v]
        taken = {row[0] for row in found(self.db, "SELECT number FROM account WHERE number IN ({marks})", numbers)}
        old = found(
            self.db,
            "SELECT value FROM external_id WHERE system = ? AND kind = 'account' AND value IN ({marks})",
            [v["old_number"] for v in values if "old_number" in v],
            self.profile.system,
        )
        taken |= {row[0] for row in old}
        if self.batch_id is not None:
            self._came(taken, self.batch_id)
        asked = [v["point"] for v in values if "point" in v]
        points = {r[0] for r in found(self.db, "SELECT number FROM service_point WHERE number IN ({marks})", asked)}
        apns = {v["apn"] for v in values if "apn" in v}
        parcels = dict(found(self.db, "SELECT apn, id FROM live_parcel WHERE apn IN ({marks})", apns))
        for line in lines:
            yield self._weigh(line, taken, points, parcels)

    def _came(self, keys: set[str], batch_id: int) -> None:
        """Accounts of these numbers that came with the same file: a row judged later may add a point to them."""
        sql = (
            "SELECT {key}, a.id, c.code, p.number, m.address FROM account a JOIN cycle c ON c.id = a.cycle_id"
            " JOIN service s ON s.account_id = a.id JOIN service_point p ON p.id = s.point_id"
            " JOIN premise m ON m.id = p.premise_id {more} WHERE a.batch_id = ? AND {key} IN ({{marks}})"
        )
        more = "JOIN external_id x ON x.subject_type = 'account' AND x.subject_id = a.id AND x.kind = 'account'"
        for key, join in (("a.number", ""), ("x.value", more)):
            for name, account_id, cycle, point, address in found(
                self.db, sql.format(key=key, more=join), keys, batch_id
            ):
                account = self.new.setdefault(name, NewAccount(cycle, "", account_id))
                account.places |= {(point, address), ("", address)}

    def _weigh(self, line: Line, taken: set[str], points: set[str], parcels: dict[str, int]) -> Verdict:
        said = line.values
        key = said.get("number") or said.get("old_number")
        if key is None:
            return refuse(line, "missing-field", "number and old_number are empty, and one is needed", "number")
        account = self.new.get(key)
        if account is None and taken & {key, said.get("old_number", key)}:
            return refuse(line, "duplicate-account", f"account {format_account(key)} is here already", "number")
        if said["cycle"] not in self.cycles:
            known = ", ".join(sorted(self.cycles))
            return refuse(line, "unknown-cycle", f"cycle {said['cycle']} is not one of {known}", "cycle")
        if said["service"] not in KINDS:
            return refuse(line, "bad-value", f"service {said['service']} is not one of {', '.join(KINDS)}", "service")
        if "apn" in said and said["apn"] not in parcels:
            return refuse(line, "unknown-parcel", f"parcel {said['apn']} is not here; import parcels first", "apn")
        if said["opened_on"][:10] > self.look.today.isoformat():
            return refuse(line, "future-date", f"{said['opened_on'][:10]} lies after today", "opened_on")
        point = said.get("point", "")
        if point in points or point in self.points:
            return refuse(line, "duplicate-point", f"service point {point} is here already", "point")
        place = (point, said["address"])
        if account is not None and (place in account.places or account.cycle != said["cycle"]):
            why = "stands twice in the file" if place in account.places else f"has cycle {account.cycle} above"
            return refuse(line, "duplicate-account", f"account {format_account(key)} {why}", "number")
        if account is None:
            account = self.new[key] = NewAccount(said["cycle"], said["name"])
        account.places.add(place)
        if point:
            self.points.add(point)
        return Verdict(line, "accepted", goods=(account, said, parcels.get(said.get("apn", ""))))

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        accepted = [v for v in verdicts if v.state == "accepted"]
        fresh: dict[int, Verdict] = {}
        for v in accepted:
            if v.goods[0].account_id is None:
                fresh.setdefault(id(v.goods[0]), v)
        self._accounts(rows, list(fresh.values()))
        unnumbered = sum("point" not in v.goods[1] for v in accepted)
        serial = self.next_serial("point", HIGHEST_POINT, unnumbered) if unnumbered else 0
        ids = {table: rows.ids(table, len(accepted)) for table in ("premise", "service_point", "service")}
        for v in accepted:
            account, said, parcel = v.goods
            one = {table: next(some) for table, some in ids.items()}
            number = said.get("point")
            if number is None:
                number, serial = f"SP-{serial:05d}", serial + 1
            opened, batch = said["opened_on"][:10], rows.batch_id
            v.account_id, v.point_id = account.account_id, one["service_point"]
            rows.add(
                "premise", one["premise"], parcel, said["address"], *_texts(said, "city", "zip"), said["class"], batch
            )
            rows.add(
                *("service_point", one["service_point"], number, one["premise"], self.route(said["route"])),
                *(said["sequence"], batch),
            )
            rows.add(
                *("service", one["service"], account.account_id, one["service_point"], said["service"], said["rate"]),
                *(self.district.billing_unit, said["class"], opened, batch),
            )
            if parcel is not None:
                link = (account.account_id, parcel)
                if link not in rows.tables.get("account_parcel", []) and not self.db.value(
                    "SELECT 1 FROM account_parcel WHERE account_id = ? AND parcel_id = ?", link
                ):
                    rows.add("account_parcel", *link)

    def _accounts(self, rows: Rows, fresh: list[Verdict]) -> None:
        """The account, its owner and his role, once for each number of the file."""
        ids = {table: rows.ids(table, len(fresh)) for table in ("party", "account", "account_role")}
        unnumbered = sum("number" not in v.goods[1] for v in fresh)
        serial = self.next_serial("account", HIGHEST_ACCOUNT, unnumbered) if unnumbered else 0
        for v in fresh:
            account, said, _ = v.goods
            party, account_id, role = (next(ids[table]) for table in ("party", "account", "account_role"))
            account.account_id, batch, opened = account_id, rows.batch_id, said["opened_on"][:10]
            number = said.get("number")
            if number is None:
                number, serial = account_number(serial), serial + 1
            mail = [
                said.get(f)
                for f in ("phone", "email", "mail_line1", "mail_line2", "mail_city", "mail_state", "mail_zip")
            ]
            rows.add("party", party, "person", said["name"], fold(said["name"]), *mail, batch)
            rows.add("account", account_id, number, self.cycles[account.cycle], said["class"], opened, batch)
            rows.add("account_role", role, account_id, party, "owner", opened, batch)
            if "old_number" in said:
                rows.add("external_id", self.profile.system, "account", said["old_number"], "account", account_id)


class MeterTaker(Taker):
    """A row is a meter with one register, installed at a point, or at an account's point that has none."""

    def __init__(self, look: Look, profile: Profile) -> None:
        super().__init__(look, profile)
        self.live: set[tuple[str, str]] = set()
        self.full: set[int] = set()

    def weigh(self, lines: Sequence[Line]) -> Iterator[Verdict]:
        said = [line.values for line in lines]
        sql = (
            "SELECT m.maker, m.serial FROM meter m JOIN install i ON i.meter_id = m.id AND i.off_date IS NULL"
            " WHERE m.serial IN ({marks})"
        )
        self.live |= {(row[0], row[1]) for row in found(self.db, sql, (v["serial"] for v in said))}
        by_number = {
            row[0]: row[1:]
            for row in found(
                self.db,
                "SELECT p.number, p.id, (SELECT MAX(i.on_date) FROM install i WHERE i.point_id = p.id"
                " AND i.off_date IS NULL) FROM live_point p WHERE p.number IN ({marks})",
                [v["point"] for v in said if "point" in v],
            )
        }
        by_account = self._accounts([v["account"] for v in said if "account" in v and "point" not in v])
        for line in lines:
            yield self._weigh(line, by_number, by_account)

    def _accounts(self, names: list[str]) -> dict[str, list[tuple[Any, ...]]]:
        """Points of accounts, by our number or an old one: id, day of an open install."""
        numbers: dict[str, list[str]] = {}
        for name in names:
            try:
                numbers.setdefault(parse_account(name), []).append(name)
            except BadValue:
                continue
        select = (
            "SELECT {key}, p.id, (SELECT MAX(i.on_date) FROM install i WHERE i.point_id = p.id AND i.off_date IS NULL)"
            " FROM live_account a JOIN live_service s ON s.account_id = a.id AND s.to_on IS NULL"
            " JOIN live_point p ON p.id = s.point_id {more} ORDER BY p.number"
        )
        own = select.format(key="a.number", more="WHERE a.number IN ({marks})")
        old = select.format(
            key="x.value",
            more="JOIN external_id x ON x.subject_type = 'account' AND x.subject_id = a.id AND x.kind = 'account'"
            " WHERE x.system = ? AND x.value IN ({marks})",
        )
        points: dict[str, list[tuple[Any, ...]]] = {}
        for name, *point in found(self.db, old, names, self.profile.system):
            points.setdefault(name, []).append(tuple(point))
        for number, *point in found(self.db, own, numbers):
            for name in numbers[number]:
                points.setdefault(name, []).append(tuple(point))
        return points

    def _weigh(self, line: Line, by_number: dict[str, Any], by_account: dict[str, list[tuple[Any, ...]]]) -> Verdict:
        said = line.values
        if not 3 <= said["dials"] <= 12:
            return refuse(line, "bad-value", f"{said['dials']} dials: a register has 3 to 12", "dials")
        ratio: Fraction = said["multiplier"]
        Register(said["dials"], 0, ratio, said["unit"])
        day = said["installed_on"][:10]
        if day > self.look.today.isoformat():
            return refuse(line, "future-date", f"{day} lies after today, {self.look.today}", "installed_on")
        if "point" in said:
            places = [by_number[said["point"]]] if said["point"] in by_number else []
            where = f"service point {said['point']}"
        elif "account" in said:
            places, where = by_account.get(said["account"], []), f"account {said['account']}"
        else:
            return refuse(line, "missing-field", "point and account are empty, and one is needed", "point")
        if not places:
            return refuse(line, "unknown-point", f"{where} is not here; import accounts first", "point")
        if (said["maker"], said["serial"]) in self.live:
            return refuse(
                line, "serial-installed", f"{said['maker']}/{said['serial']} hangs somewhere already", "serial"
            )
        free = [place for place in places if place[1] is None and place[0] not in self.full]
        if not free:
            return refuse(line, "point-has-meter", f"{where} has a meter already", "point", point_id=places[0][0])
        self.full.add(free[0][0])
        self.live.add((said["maker"], said["serial"]))
        return Verdict(line, "accepted", point_id=free[0][0], goods=said)

    def write(self, rows: Rows, verdicts: Sequence[Verdict]) -> None:
        accepted = [v for v in verdicts if v.state == "accepted"]
        ids = {table: rows.ids(table, len(accepted)) for table in ("meter", "register", "install", "endpoint")}
        for v in accepted:
            said = v.goods
            one = {table: next(some) for table, some in ids.items()}
            day, ratio = said["installed_on"][:10], said["multiplier"]
            v.register_id = one["register"]
            rows.add(
                "meter", one["meter"], said["maker"], said["serial"], said.get("model"), said["size"], 0, rows.batch_id
            )
            rows.add(
                *("register", one["register"], one["meter"], said["dials"], ratio.numerator, ratio.denominator),
                str(said["unit"]),
            )
            if "radio" in said:
                rows.add("endpoint", one["endpoint"], one["meter"], said["radio"], day)
            rows.add("install", one["install"], one["meter"], v.point_id, day, rows.batch_id)


def _texts(said: dict[str, Any], *fields: str) -> list[str]:
    return [said.get(name, "") for name in fields]
