"""Who lives and owns in the sample district: owners, tenants, agents, and where their mail goes."""

from __future__ import annotations

import random
from datetime import date, timedelta

from ubtui.services.demo import names
from ubtui.services.demo.desk import transfer
from ubtui.services.demo.draft import AGENCIES, Draft
from ubtui.services.demo.story import Person, Role

_STREETS_A_ROUTE = 4


def situs(route: int, step: int, cycle_no: int) -> tuple[str, str, str]:
    """Street address, town and ZIP of a step of a route: house numbers rise along its streets."""
    block, house = divmod(step, 40 // _STREETS_A_ROUTE)
    at = (route * _STREETS_A_ROUTE + block) * 2 + (cycle_no - 1) % 2
    lap, street = divmod(at, len(names.STREETS))
    town, zip_code = names.TOWNS[(route + cycle_no) % len(names.TOWNS)]
    across = 7 * ((cycle_no - 1) // 2)
    house = 10_000 + lap * 1_000 + 110 * (block + 1) + house * 14 + at % 7 + across
    return f"{house} {names.STREETS[street]}", town, zip_code


def roles(
    rng: random.Random, d: Draft, opened: date, sold: date | None, address: str, city: str, zip_code: str
) -> tuple[Role, ...]:
    """Owner and payer, those before them, and where there are: tenants, an agent with his scope, mail elsewhere."""
    shared = d.index - 1 if d.index % 10 == 9 else d.index
    if shared != d.index:
        home = random.Random(rng.random())
        owner = _owner(random.Random(f"owner:{shared}"), d, shared, *_home(home, address, city, zip_code, True))
    else:
        away = d.tenant or d.occasional or rng.random() < 0.12
        person = random.Random(f"owner:{shared}") if d.index % 10 == 8 else random.Random(rng.random())
        owner = _owner(person, d, shared, *_home(rng, address, city, zip_code, away))
    sold = d.changed_on or sold
    since = opened if sold is None else sold
    found = [Role("owner", owner, since, vesting=rng.choice(names.VESTING)), Role("payer", owner, since)]
    if sold is not None and opened < sold:
        name = _name(rng)
        before = Person(
            f"s{d.index}", "person", name, phone(rng), email(rng, name), *_home(rng, address, city, zip_code, True)
        )
        found.append(Role("owner", before, opened, vesting=rng.choice(names.VESTING), to_on=sold))
        found.append(Role("payer", before, opened, to_on=sold))
        d.rows.append(transfer(sold, before.key, owner.key))
    last = d.windows[-1].reads[0]
    if d.tenant:
        since = min(opened + timedelta(days=rng.randrange(30, 900)), last)
        if since - opened > timedelta(days=400):
            found.append(Role("occupant", _tenant(rng, d, "e", address, city, zip_code), opened, to_on=since))
        found.append(Role("occupant", _tenant(rng, d, "t", address, city, zip_code), since))
    if d.agent:
        n = rng.randrange(len(names.AGENTS))
        firm = Person(
            f"a{n}", "organization", names.AGENTS[n], f"(530) 555-01{90 + n}", f"office{n}@example.com",
            f"{200 + n * 14} Rincon Ave, Suite {n + 1}", names.TOWNS[0][0], "CA", names.TOWNS[0][1],
        )  # fmt: skip
        found.append(Role("agent", firm, min(opened + timedelta(days=40), last), scope="bills, arrangements"))
        found.append(Role("mailing", firm, min(opened + timedelta(days=40), last)))
    elif not d.tenant and not d.plant and d.customer_class == "residential" and rng.random() < 0.03:
        name = _name(rng)
        kin = Person(
            f"k{d.index}", "person", name, phone(rng), email(rng, name), *_home(rng, address, city, zip_code, True)
        )
        found.append(Role("third_party", kin, min(opened + timedelta(days=300), last), scope="past-due notices"))
    return tuple(found)


def _tenant(rng: random.Random, d: Draft, key: str, address: str, city: str, zip_code: str) -> Person:
    name = _name(rng)
    return Person(f"{key}{d.index}", "person", name, phone(rng), email(rng, name), address, city, "CA", zip_code)


def _owner(rng: random.Random, d: Draft, key: int, line1: str, city: str, state: str, zip_code: str) -> Person:
    if d.customer_class == "residential" or key != d.index or d.index % 10 == 8 or d.customer_class == "irrigation":
        kind, name = "person", _name(rng)
        if rng.random() < 0.25:
            name = f"{name} & {rng.choice(names.GIVEN)} {name.rpartition(' ')[2]}"
    elif d.customer_class == "agency":
        kind, name = "organization", names.AGENCIES[AGENCIES.index(d.index)]
    else:
        kind = "organization"
        word = {"multi": names.MULTI, "commercial": names.BUSINESS, "institutional": names.PUBLIC}[d.customer_class]
        name = f"{rng.choice((*names.FAMILY, *(town for town, _ in names.TOWNS)))} {rng.choice(word)}"
    line: str | None = line1
    post: str | None = zip_code
    if d.mail_blank:
        line, post = (None, zip_code) if d.mail_blank == "line1" else (line1, None)
    return Person(
        f"o{key}", kind, name, phone(rng), email(rng, name) if rng.random() < 0.7 else None, line, city, state, post,
        d.mail_returned,
    )  # fmt: skip


def _home(rng: random.Random, address: str, city: str, zip_code: str, away: bool) -> tuple[str, str, str, str]:
    if away:
        town, state, far = rng.choice(names.AWAY)
        return f"{rng.randrange(100, 9_900)} {rng.choice(names.AWAY_STREETS)}", town, state, far
    if rng.random() < 0.16:
        return f"PO Box {rng.randrange(100, 1_990)}", city, "CA", zip_code
    return address, city, "CA", zip_code


def _name(rng: random.Random) -> str:
    return f"{rng.choice(names.GIVEN)} {rng.choice(names.FAMILY)}"


def phone(rng: random.Random) -> str:
    """A number of the block kept for stories."""
    return f"(530) 555-01{rng.randrange(90):02d}"


def email(rng: random.Random, name: str) -> str:
    plain = "".join(c for c in name.casefold() if "a" <= c <= "z" or c == " ").replace(" ", ".")
    return f"{plain}{rng.randrange(10, 99)}@example.com"
