"""Where a meter is found: said once by whoever stood there, and shown to whoever stands there next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from ubtui.act import Form, Look, Refused, Work, act
from ubtui.db.models.record import ServicePoint
from ubtui.domain.degrees import format_degrees, parse_degrees
from ubtui.domain.errors import BadValue
from ubtui.domain.text import clean_text
from ubtui.services import orders, points
from ubtui.services.points import Point

_TOLD = ("location_note", "box", "access", "photo")
_COLUMNS = (*_TOLD, "lat_micro", "lon_micro")


class Place(Form, frozen=True, kw_only=True):
    """Where a meter is found, for whoever stands there next; what is empty stays as it was."""

    point: Point
    location: Annotated[str, msgspec.Meta(description="where it is: 3 ft left of the gate", max_length=200)] = ""
    box: Annotated[
        str, msgspec.Meta(description="type and size of its box: concrete 12x20, steel lid", max_length=80)
    ] = ""
    access: Annotated[str, msgspec.Meta(description="how to get at it: gate code, dog, pump first", max_length=120)] = (
        ""
    )
    latitude: Annotated[str, msgspec.Meta(description="decimal degrees, 39.219061", max_length=24)] = ""
    longitude: Annotated[str, msgspec.Meta(description="decimal degrees, -121.061106", max_length=24)] = ""
    photo: Annotated[str, msgspec.Meta(description="name or number of a photo of it", max_length=120)] = ""


class Placed(msgspec.Struct, frozen=True):
    """The point and its location as kept."""

    point: str
    location: str
    box: str = ""
    access: str = ""
    latitude: str = ""
    longitude: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """What is known of the place of a point's meter; what is not known is empty."""

    note: str
    box: str
    access: str
    latitude: str
    longitude: str
    photo: str

    def lines(self) -> list[tuple[str, str]]:
        """It as labelled lines for a sheet."""
        where = f"{self.latitude}, {self.longitude}" if self.latitude else ""
        told = [("Place", self.note), ("Box", self.box), ("Access", self.access), ("GPS", where), ("Photo", self.photo)]
        return [(label, value) for label, value in told if value]


@act("point.place")
def place(work: Work, form: Place) -> Placed:
    """Say where a point's meter is found and how to get at it; an open order to locate it is done with a place."""
    point = points.found(work, form.point)
    told = dict(zip(_TOLD, (form.location, form.box, form.access, form.photo), strict=True))
    given: dict[str, Any] = {name: text for name, value in told.items() if (text := clean_text(value, 200).strip())}
    if form.location.strip() and len(given.get("location_note", "")) < 3:
        raise Refused("that is no place", rule="locations", cure="say where to look for it")
    if bool(form.latitude.strip()) != bool(form.longitude.strip()):
        raise Refused("one of two degrees", rule="locations", cure="give latitude and longitude")
    if form.latitude.strip():
        try:
            given["lat_micro"] = parse_degrees(form.latitude, "latitude")
            given["lon_micro"] = parse_degrees(form.longitude, "longitude")
        except BadValue as exc:
            raise Refused(str(exc), rule="locations", cure="read it off the receiver again", bad_input=True) from exc
    if not given:
        raise Refused("nothing is said of the place", rule="locations", cure="say where to look for it")
    before = work.db.one(f"SELECT {', '.join(_COLUMNS)} FROM service_point WHERE id = ?", [point[0]])
    assert before is not None
    work.db.update(ServicePoint, point[0], point[2], **given)
    if said := given.get("location_note"):
        orders.finish(work, point[0], form.point, "locate", work.today, said)
    work.touch("point", form.point)
    work.fact(point=form.point)
    work.detail(before=dict(zip(_COLUMNS, before, strict=True)), after=given)
    now = location(work, form.point)
    return Placed(form.point, now.note, now.box, now.access, now.latitude, now.longitude, now.photo)


def location(look: Look, point: str) -> Location:
    """What is known of the place of a point's meter. Raises BadValue where there is no such point."""
    row = look.db.one(f"SELECT {', '.join(_COLUMNS)} FROM live_point WHERE number = ?", [point])
    if row is None:
        raise BadValue(f"There is no service point {clean_text(point, 40)!r}.")
    note, box, access, photo, latitude, longitude = row
    degrees = ("", "") if latitude is None else (format_degrees(latitude), format_degrees(longitude))
    note, box, access, photo = (clean_text(each or "") for each in (note, box, access, photo))
    return Location(note, box, access, *degrees, photo)


def notes(look: Look, route: str) -> dict[str, str]:
    """Where the meters of a route are found and how to get at them, by point; only what is known."""
    rows = look.db.rows(
        "SELECT p.number, p.location_note, p.access FROM live_point p JOIN route t ON t.id = p.route_id"
        " WHERE t.code = ?",
        [route],
    )
    told = {point: "; ".join(clean_text(each) for each in (note, access) if each) for point, note, access in rows}
    return {point: text for point, text in told.items() if text}
