"""A living district's settings: two people for money, one base, nothing that the record rests on, all in step."""
# Length: one change of settings from its file to its approval.

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st
from msgspec import Struct

from tests.services import office
from tests.services.office import DAY, done, refused
from ubtui.act import Act, Done, Refused, Work, perform
from ubtui.db.session import Session
from ubtui.desk import Desk, is_url
from ubtui.services import adjustments as adj
from ubtui.services import district as services
from ubtui.services import fixes, worklist
from ubtui.services import office as offices
from ubtui.services.district.kept import kept
from ubtui.services.worklist import acts, desks
from ubtui.settings import district

EVE = '\n[[staff]]\nname = "fay"\nfull_name = "Fay Wong"\nrole = "technician"\n'
LAID = {
    "staff": "SELECT name, full_name, login, role, seat_key_sha256 FROM staff WHERE active = 1",
    "staff_account": "SELECT staff, account_number, relation FROM staff_account",
    "cycle": "SELECT code, title, months, first_month, read_day, bill_day, due_days FROM cycle",
    "fund": "SELECT code, title FROM fund",
    "gl_account": "SELECT code, title, kind, use FROM gl_account",
    "charge_code": "SELECT c.code, c.title, r.code, v.code, f.code, c.priority, c.lienable, c.penalty_bearing,"
    " c.taxable FROM charge_code c JOIN gl_account r ON r.id = c.revenue_gl_id"
    " JOIN gl_account v ON v.id = c.receivable_gl_id JOIN fund f ON f.id = c.fund_id",
    "calendar_day": "SELECT calendar, day, title FROM calendar_day",
    "meta": "SELECT key, value FROM meta WHERE key IN ('name', 'kind')",
}


@pytest.fixture
def place(backend: str) -> str:
    office.found(backend)
    return backend


@pytest.fixture
def ben(place: str) -> Iterator[Desk]:
    with office.desk(place, "ben") as made:
        yield made


@pytest.fixture
def cho(place: str) -> Iterator[Desk]:
    with office.desk(place, "cho") as made:
        yield made


def now(at: Desk) -> str:
    return at.ask(services.text)


def apply(at: Desk, text: str, base: int | None = None, **how: Any) -> Done[services.Applied] | Refused:
    form = services.Apply(text=text, base=base or services.based_on(text) or 1, reason="Resolution 12")
    return at.perform(services.apply, form, **how)


def approve(at: Desk, number: int = 1) -> Done[services.Applied] | Refused:
    return at.perform(services.approve, services.Approve(number=number))


def fee(text: str, cents: int = 30_00) -> str:
    return re.sub(r"(?m)^seal_cents = .*", f"seal_cents = {cents}", text)


def without(text: str, section: str, name: str) -> str:
    """The file without one table of a list."""
    tables = re.split(r"(?m)^(?=\[)", text)
    gone = [t for t in tables if t.startswith(f"[[{section}]]") and re.search(rf'(?m)^(code|name) = "{name}"', t)]
    assert len(gone) == 1
    return "".join(t for t in tables if t != gone[0])


def changed(text: str, section: str, name: str, field: str, value: str) -> str:
    """The file with one field of one table of a list set."""
    tables = re.split(r"(?m)^(?=\[)", text)
    for n, table in enumerate(tables):
        if table.startswith(f"[[{section}]]") and re.search(rf'(?m)^(code|name) = "{name}"', table):
            tables[n] = re.sub(rf"(?m)^{field} = .*\n", "", table).rstrip("\n") + f"\n{field} = {value}\n\n"
    return "".join(tables)


def in_step(at: Desk, say: str = "") -> None:
    """A full refresh finds the list as the act left it."""
    again = done(at.perform(worklist.refresh, worklist.Refresh()))
    assert (again.opened, again.closed) == (0, 0), say


def laid(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(map(tuple, session.rows(sql)), key=repr) for table, sql in LAID.items()}


def test_money_takes_two_people_and_every_open_desk_follows(place: str, ben: Desk, cho: Desk) -> None:
    done(ben.perform(worklist.refresh, worklist.Refresh()))
    with office.desk(place) as ana:
        put = done(apply(ben, fee(now(ben)) + EVE))
        assert (put.state, put.settings, put.waits_for) == ("waiting", 1, ("cho", "eve"))
        assert {c.setting: (c.before, c.after) for c in put.changes} == {
            "seals.seal_cents": ("2500", "3000"),
            "staff.fay": (None, "full name Fay Wong, role technician"),
        }
        assert ana.ask(lambda look: look.district.seals.seal_cents) == 25_00
        waits = cho.session.rows("SELECT title, role, state FROM work_item WHERE code = 'X06'")
        assert waits == [("Settings change 1 by ben waits for approval", "finance", "open")]
        assert "your own" in refused(approve(ben)).reason
        assert "may not do settings.approve" in refused(approve(ana)).reason
        assert done(approve(cho)).settings == 2
        assert ana.ask(lambda look: look.district.seals.seal_cents) == 30_00
        assert cho.session.value("SELECT state FROM work_item WHERE code = 'X06'") == "resolved"
        assert refused(approve(cho)).reason == "change 1 is in force"
    with office.desk(place, "fay") as fay:
        assert fay.actor.role == "technician"
    [kept] = [each for each in ben.ask(services.shown, "seals.seal_cents")]
    assert (kept.value, kept.comes_from, kept.since) == ("3000", "settings", f"{DAY} by ben and cho (change 1)")
    in_step(ben)


def test_nobody_is_given_an_account_that_is_not_there(place: str, ben: Desk) -> None:
    for number in ("999999-7", "999999-9", "x"):
        no = refused(apply(ben, changed(now(ben), "staff", "dee", "own", f'["{number}"]')))
        assert f"staff.dee: there is no account {number}" in no.sentence()
    assert done(apply(ben, changed(now(ben), "staff", "dee", "linked", '["000005-9"]'))).state == "waiting"


def test_finance_finds_the_change_on_the_worklist_and_decides_it_there(place: str, ben: Desk, cho: Desk) -> None:
    put = done(apply(ben, changed(fee(now(ben)) + EVE, "staff", "dee", "own", '["000005-9"]')))
    key = int(cho.session.value("SELECT id FROM work_item WHERE code = 'X06'"))

    def offered(at: Desk) -> tuple[worklist.ItemView, list[fixes.Offer]]:
        return at.ask(lambda look: (found := worklist.item(look, key), list(fixes.offers(look, found))))

    view, made = offered(cho)
    assert (view.evidence["settings change"], view.evidence["seals.seal cents"]) == (put.number, "2500 -> 3000")
    assert "000005" not in str(view.evidence)  # whose accounts are whose is not every desk's to see
    acts_of = [each.act for each in made]
    assert acts_of[0] == "settings.approve" and "settings.reject" in acts_of and "worklist.resolve" not in acts_of
    mine = {each.act for each in offered(ben)[1]}
    assert "settings.withdraw" in mine and not mine & {"settings.approve", "settings.reject"}
    done(cho.perform(services.approve, fixes.form("settings.approve", made[0].values())))
    if not is_url(place):
        assert (Path(place) / "district.toml").read_text() == now(cho)


def test_only_a_decision_takes_a_change_off_the_worklist(place: str, ben: Desk, cho: Desk) -> None:
    done(ben.perform(worklist.refresh, worklist.Refresh()))
    opened = apply(ben, fee(now(ben)))
    assert isinstance(opened, Done) and [each.code for each in opened.opened] == ["X06"]
    item = str(opened.opened[0])
    with office.desk(place) as ana:
        version = ana.session.value("SELECT version FROM work_item WHERE code = 'X06'")
        away = acts.Dismiss(item=item, version=version, reason="not mine", until=date(2026, 12, 1))
        assert "waits for a decision" in refused(ana.perform(acts.dismiss, away)).reason
        settled = acts.own.Resolve(item=item, version=version, resolution="done")
        assert "the cause of" in refused(ana.perform(acts.own.resolve, settled)).reason
    in_step(ben)
    ben.session.run("UPDATE work_item SET state = 'resolved' WHERE code = 'X06'")
    again = done(ben.perform(worklist.refresh, worklist.Refresh()))
    assert (again.opened, again.closed) == (1, 0)
    shut = cho.perform(services.reject, services.Reject(number=1, reason="not this year"))
    assert isinstance(shut, Done) and [str(each) for each in shut.closed] == [item]


@pytest.mark.parametrize(
    ("staff", "role"),
    [(("eve", "cho"), "finance"), (("eve",), "manager"), (("cho",), "finance"), (("amy", "fay"), "lead"), ((), None)],
)
def test_a_change_waits_on_the_list_of_the_first_role_that_somebody_has(
    backend: str, staff: tuple[str, ...], role: str | None
) -> None:
    text = office.sample_settings()
    for name in ("ana", "cho", "dee"):
        text = without(text, "staff", name)
    for name in staff:
        does = {"eve": "manager", "cho": "finance", "amy": "admin", "fay": "lead"}[name]
        text += EVE.replace('"fay"', f'"{name}"').replace("technician", does)
    office.install(backend, text)
    with office.desk(backend, "ben") as ben:
        done(apply(ben, fee(now(ben))))
        assert ben.session.value("SELECT role FROM work_item WHERE code = 'X06'") == role


def test_a_copy_that_cannot_be_written_undoes_nothing(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_url(backend):
        pytest.skip("a server has no folder beside it")
    office.found(backend)
    full = OSError(28, "No space left on device")

    def fails(*_: object) -> None:
        raise full

    with office.desk(backend, "ben") as ben, office.desk(backend, "cho") as cho, monkeypatch.context() as broken:
        done(apply(ben, fee(now(ben))))
        before = (Path(backend) / "district.toml").read_text()
        broken.setattr(os, "replace", fails)
        assert done(approve(cho)).settings == 2
        assert (Path(backend) / "district.toml").read_text() == before
        broken.setattr(tempfile, "mkstemp", fails)
        done(apply(ben, fee(now(ben), 31_00)))
    assert list(Path(backend).glob("district.toml*")) == [Path(backend) / "district.toml"]


def test_how_work_is_laid_out_takes_one(ben: Desk) -> None:
    done(ben.perform(worklist.refresh, worklist.Refresh()))
    text = now(ben).replace("residential = 300", "residential = 250")
    text += """
[worklist]
backlog_per_day = 3

[[holidays]]
day = 2026-12-24
title = "Closed"

[[holidays]]
day = 2026-12-25
title = "At work"
open = true

[[duties]]
code = "flush"
title = "Flush the mains"
day = 24
every = "month"
since = 2026-11-01
"""
    made = done(apply(ben, text))
    assert (made.state, made.settings, made.waits_for) == ("in force", 2, ())
    days = ben.session.rows("SELECT day FROM calendar_day WHERE calendar = 'OFFICE' AND day BETWEEN ? AND ?",
                            ["2026-12-20", "2026-12-31"])  # fmt: skip
    assert days == [("2026-12-24",)]
    assert ben.session.value("SELECT COUNT(*) FROM work_item WHERE code = 'X04'") == 1
    in_step(ben)
    taken = done(apply(ben, without(now(ben), "duties", "flush")))
    assert taken.settings == 3
    assert ben.session.value("SELECT state FROM work_item WHERE code = 'X04'") == "resolved"
    in_step(ben)


def test_limits_of_use_hold_at_once_and_free_nothing_by_themselves(sample: str) -> None:
    held = "SELECT COUNT(*) FROM read_summary WHERE status = 'held'"
    items = "SELECT COUNT(*) FROM work_item WHERE code = 'R06' AND state IN ('open', 'claimed', 'waiting')"
    with office.desk(sample, "ben") as ben:
        before = ben.session.value(held), ben.session.value(items)
        assert min(before) > 0
        every = r"(?m)^(residential|multi|commercial|institutional|irrigation) = .*"
        done(apply(ben, re.sub(every, r"\1 = 100000", now(ben))))
        assert ben.session.value(held) == before[0]
        in_step(ben, "wide")
        done(apply(ben, re.sub(every, r"\1 = 60", now(ben))))
        assert (ben.session.value(held), ben.session.value(items)) > before
        in_step(ben, "narrow")


def test_a_file_of_an_old_base_is_refused(ben: Desk, cho: Desk) -> None:
    first, second = fee(now(ben)), fee(now(ben), 99_00)
    done(apply(ben, first))
    assert "change 1 by ben waits" in refused(apply(ben, second)).reason
    done(approve(cho))
    no = refused(apply(ben, second))
    assert no.reason == "the file was made from settings 1; in force are 2, put in force by cho"
    assert now(ben).startswith("# Settings 2 of this district")
    assert services.based_on(now(ben)) == 2
    assert "nothing differs" in refused(apply(ben, now(ben))).reason
    assert "nothing differs" in refused(apply(ben, second.replace("9900", "3000"), base=2)).reason


def test_of_two_at_once_one_is_told_its_base_is_old(place: str) -> None:
    answers: list[Any] = []
    start = threading.Barrier(2)

    def seat(number: int) -> None:
        with office.desk(place, "ben") as at:
            text = now(at).replace("residential = 300", f"residential = {number}")
            start.wait()
            answers.append(apply(at, text))

    seats = [threading.Thread(target=seat, args=(n,)) for n in (301, 302)]
    for each in seats:
        each.start()
    for each in seats:
        each.join()
    [no] = [each for each in answers if isinstance(each, Refused)]
    assert no.reason == "the file was made from settings 1; in force are 2, put in force by ben"


def test_a_change_is_rejected_or_withdrawn(ben: Desk, cho: Desk) -> None:
    done(ben.perform(worklist.refresh, worklist.Refresh()))
    done(apply(ben, fee(now(ben))))
    assert "is ben's" in refused(cho_withdraws(cho)).reason
    done(cho.perform(services.reject, services.Reject(number=1, reason="not this year")))
    done(apply(ben, fee(now(ben))))
    done(ben.perform(services.withdraw, services.Withdraw(number=2)))
    assert [(m.number, m.state, m.decided_by, m.why) for m in ben.ask(services.history)] == [
        (2, "withdrawn", "ben", ""), (1, "rejected", "cho", "not this year"),
    ]  # fmt: skip
    assert ben.session.rows("SELECT DISTINCT state FROM work_item WHERE code = 'X06'") == [("resolved",)]
    assert ben.ask(lambda look: look.district.seals.seal_cents) == 25_00
    in_step(ben)


def cho_withdraws(at: Desk) -> Any:
    """The act itself, past the permissions that give it to leads alone."""
    at.session.run("UPDATE staff SET role = 'admin' WHERE name = 'cho'")
    answer = at.perform(services.withdraw, services.Withdraw(number=1))
    at.session.run("UPDATE staff SET role = 'finance' WHERE name = 'cho'")
    return answer


def test_who_leaves_gives_back_what_he_holds_and_has_no_seat(place: str, ben: Desk, cho: Desk) -> None:
    with office.desk(place) as ana:
        item = done(ana.perform(acts.own.add, acts.own.Add(title="call back")))
        done(ana.perform(acts.claim, acts.OnItem(item=item.item)))
        done(ben.perform(desks.set_backup, desks.Backup(person="ana", backup="ben", from_on=DAY, to_on=DAY)))
        draft = adj.Propose(account=office.account_number(1), reason="connection-fee", amount_cents=5_00)
        done(ana.perform(adj.propose, draft))
        done(apply(ben, without(now(ben), "staff", "ana")))
        gone = done(approve(cho))
        assert gone.notes[-1] == "1 item of ana are free again"
        assert any("ana leaves 1 of his proposals" in note for note in gone.notes)
        assert "no seat here" in refused(ana.perform(acts.claim, acts.OnItem(item=item.item))).reason
        with pytest.raises(Refused, match="no seat here any more"):
            ana.ask(services.text)
    row = ben.session.one(
        "SELECT state, assignee, lease_until FROM work_item WHERE code = 'X05' AND title = 'call back'"
    )
    assert row == ("open", None, None)
    assert ben.session.value("SELECT COUNT(*) FROM delegation WHERE ended_at IS NULL") == 0
    assert ben.session.value("SELECT maker FROM proposal") == "ana"
    in_step(ben)
    done(apply(ben, now(ben) + '\n[[staff]]\nname = "ana"\nfull_name = "Ana Ruiz"\nrole = "field"\n'))
    done(approve(cho, 2))
    with office.desk(place) as back:
        assert back.actor.role == "field"


def test_nobody_changes_his_own_place(place: str, ben: Desk, cho: Desk) -> None:
    for text in (
        changed(now(ben), "staff", "ben", "role", '"manager"') + EVE.replace("technician", "lead"),
        changed(now(ben), "staff", "ben", "own", "[]"),
    ):
        assert refused(apply(ben, text)).rule == "nobody widens his own role"
    done(apply(ben, changed(now(ben), "staff", "cho", "role", '"manager"')))
    assert "not cho's to approve" in refused(approve(cho)).reason
    with office.desk(place, "eve") as eve:
        assert done(approve(eve)).state == "in force"
    assert cho.ask(lambda look: look.actor.role) == "manager"


def test_two_who_decide_are_put_forward_one_by_one(place: str, ben: Desk, cho: Desk) -> None:
    promoted = changed(now(ben), "staff", "cho", "role", '"manager"')
    both = changed(promoted, "staff", "eve", "linked", "[]").replace('"Eve Stone"', '"Eve Stein"')
    no = refused(apply(ben, both))
    assert (no.reason, no.cure) == (
        "it changes the places of cho and eve, who would decide on it", "put them forward one by one",
    )  # fmt: skip
    assert no.sentence() in ben.ask(services.compared, both, 1).refused
    assert done(apply(ben, promoted)).waits_for == ("eve",)


def test_the_only_one_who_decides_falls_to_an_administrator_then_to_himself(backend: str) -> None:
    text = office.sample_settings()
    for name in ("ana", "dee"):
        text = without(text, "staff", name)
    promoted = changed(text, "staff", "cho", "full_name", '"Cho Park"')
    office.install(backend, text)
    with office.desk(backend, "ben") as ben, office.desk(backend, "cho") as cho:
        put = done(apply(ben, promoted))
        assert (put.waits_for, put.notes) == (("cho",), ("cho decides on his own place: nobody else is here",))
        assert done(approve(cho)).notes == put.notes
        done(apply(ben, now(ben) + EVE.replace("technician", "admin")))
        done(approve(cho, 2))
    with office.desk(backend, "fay") as fay:
        done(apply(fay, now(fay).replace('"Cho Park"', '"Cho Parker"')))
    with office.desk(backend, "cho") as cho, office.desk(backend, "ben") as ben:
        assert "not cho's to approve" in refused(approve(cho, 3)).reason
        assert cho.session.value("SELECT role FROM work_item WHERE code = 'X06' AND state = 'open'") == "lead"
        assert done(approve(ben, 3)).state == "in force"


def test_an_administrator_makes_people_and_no_money(place: str, ben: Desk, cho: Desk) -> None:
    done(apply(ben, now(ben) + EVE.replace("technician", "admin")))
    done(approve(cho))
    with office.desk(place, "fay") as fay:
        assert "money and policy" in refused(apply(fay, fee(now(fay)))).reason
        assert "an administrator's" in refused(apply(ben, without(now(ben), "staff", "dee"))).reason
        done(apply(fay, without(now(fay), "staff", "dee")))
    done(approve(cho, 2))
    with pytest.raises(Exception, match="nobody of that name"):
        office.desk(place, "dee")


def test_where_nobody_else_is_one_person_does_it_and_it_is_said(backend: str) -> None:
    text = office.sample_settings()
    for name in ("ana", "cho", "dee"):
        text = without(text, "staff", name)
    office.install(backend, text)
    with office.desk(backend, "ben") as ben:
        made = done(apply(ben, fee(now(ben))))
        assert (made.state, made.notes) == ("in force", ("nobody else is here to approve it",))
        done(apply(ben, now(ben) + EVE.replace("technician", "finance")))
        assert done(apply(ben, fee(now(ben), 1))).waits_for == ("fay",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace('kind = "sample"', 'kind = "live"'), "kind stays sample"),
        (lambda t: t.replace('billing_unit = "ccf"', 'billing_unit = "kgal"'), "billing_unit stays ccf"),
        (lambda t: without(t, "cycles", "B2"), "cycles.B2 goes, and 5 accounts are billed by it"),
        (lambda t: changed(t, "cycles", "B2", "months", "1"), "cycles.B2 gets another months"),
        (lambda t: changed(t, "cycles", "B2", "bill_day", "8"), "cycles.B2 gets another read_day"),
        (lambda t: changed(t, "charge_codes", "USE", "receivable", '"1110"'), "USE gets another receivable, and lines"),
        (lambda t: changed(t, "gl", "1100", "kind", '"L"'), "gl.1100 gets another kind"),
        (
            lambda t: changed(t, "funds", "501", "code", '"502"').replace('fund = "501"', 'fund = "502"'),
            "funds.501 goes",
        ),
        (
            lambda t: changed(t, "rates", "HY", "fixed", '"46.00"'),
            "rates.HY of 2023-01-01: bills went out to 2026-09-01",
        ),
        (lambda t: t.replace("[approval]\nversion = 1", "[approval]\nversion = 1\nexpires_days = 9"), "write 2"),
        (lambda t: without(t, "staff", "ben"), "nobody would be lead"),
        (lambda t: without(without(t, "staff", "cho"), "staff", "eve"), "nobody would be left to approve"),
        (lambda t: without(t, "reasons", "connection-fee"), "reasons.connection-fee goes"),
        (lambda t: changed(t, "reasons", "connection-fee", "gl", '"4020"'), "1 of it wait for approval"),
        (lambda t: t + '\n[[holidays]]\nday = 2026-11-20\ntitle = "x"\n', "holidays.2026-11-20: days up to 2026-11-23"),
        (lambda t: t + '\n[[staff]]\nname = "service"\nfull_name = "x"\nrole = "lead"\n', "seat of the nightly work"),
        (lambda t: t.replace("[approval]", "[aproval]"), "there is no such setting"),
        (lambda t: t + EVE + EVE.replace("fay", "gus").replace("role", 'login = "f"\nrole'), "PASSES"),
        (
            lambda t: t + (EVE + EVE.replace("fay", "gus")).replace("role", 'login = "f"\nrole'),
            "staff logins: `f` stands twice",
        ),
    ],
)
def test_what_the_record_or_the_office_rests_on_stays(ben: Desk, change: Callable[[str], str], said: str) -> None:
    office.bill(ben, office.account(ben.session), 90_00, date(2026, 9, 1))
    with office.desk(ben.data) as ana:
        paper = adj.Propose(account=office.account_number(1), reason="connection-fee", amount_cents=5_00)
        assert done(ana.perform(adj.propose, paper)).state == "pending"
    text = change(now(ben))
    assert text != now(ben)
    answer = apply(ben, text, base=1)
    if said == "PASSES":
        done(answer)
    else:
        assert said in refused(answer).reason


def test_what_nothing_rests_on_goes_and_comes(ben: Desk, cho: Desk) -> None:
    text = without(now(ben), "cycles", "M1")
    for code in ("FLM", "HY"):
        text = without(text, "rates", code)
    text = without(without(text, "reasons", "connection-fee"), "charge_codes", "CON")
    text = without(text, "gl", "4120").replace("version = 1", "version = 2\nexpires_days = 9")
    text = text.replace("Water operations", "Water").replace("Rincon Vista", "Rincon Alta")
    done(apply(ben, text + '\n[[funds]]\ncode = "502"\ntitle = "Capital"\n'))
    done(approve(cho))
    assert ben.session.rows("SELECT code FROM cycle ORDER BY code") == [("B1",), ("B2",)]
    assert ben.session.rows("SELECT code, title FROM fund ORDER BY code") == [("501", "Water"), ("502", "Capital")]
    assert ben.session.value("SELECT value FROM meta WHERE key = 'name'") == "Rincon Alta Water District"
    policies = ben.session.rows("SELECT version, adopted_by FROM policy WHERE kind = 'approval' ORDER BY version")
    assert policies == [(1, "district file"), (2, "cho")]


class Seen(Struct, frozen=True):
    """What an act works by."""

    cents: int
    role: str


def test_an_act_works_by_what_is_in_force_when_it_writes(place: str, ben: Desk, cho: Desk) -> None:
    def body(work: Work, form: acts.Next) -> Seen:
        return Seen(work.district.seals.seal_cents, work.actor.role)

    with office.desk(place) as ana:
        before = ana.look()
        done(apply(ben, changed(fee(now(ben)), "staff", "ana", "role", '"lead"')))
        done(approve(cho))
        seen = done(perform(before, Act("worklist.next", acts.Next, Seen, body), acts.Next(), "after-the-change"))
        assert seen == Seen(30_00, "lead")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE meta SET value = replace(value, '3000', '3001') WHERE key = 'district'", "not those that event"),
        ("UPDATE staff SET role = 'lead' WHERE name = 'ana'", "staff ana: is lead; the settings say technician"),
        ("UPDATE staff SET active = 0 WHERE name = 'cho'", "staff cho: is gone; the settings say finance"),
        ("INSERT INTO staff(name, full_name, role, login) VALUES ('mal', 'M', 'lead', 'mal')", "no settings name him"),
        ("UPDATE meta SET value = 'x' WHERE key = 'district'", "meta district: district.toml: "),
    ],
)
def test_verify_finds_settings_that_nobody_put_in_force(ben: Desk, cho: Desk, harm: str, said: str) -> None:
    done(apply(ben, fee(now(ben))))
    done(approve(cho))
    assert list(kept(ben.session)) == []
    ben.session.run(harm)
    told = [str(each) for each in kept(ben.session)]
    assert any(said in each for each in told), told


MOVES: dict[str, Callable[[str], str]] = {
    "fee": fee,
    "hired": lambda t: t + EVE,
    "left": lambda t: without(t, "staff", "dee"),
    "role": lambda t: changed(t, "staff", "ana", "role", '"field"'),
    "linked": lambda t: changed(t, "staff", "ana", "linked", "[]"),
    "cycle": lambda t: changed(t, "cycles", "B1", "due_days", "20"),
    "cycle gone": lambda t: without(t, "cycles", "M1"),
    "first": lambda t: changed(t, "charge_codes", "PEN", "priority", "9"),
    "code gone": lambda t: without(without(t, "reasons", "connection-fee"), "charge_codes", "CON"),
    "gl": lambda t: changed(t, "gl", "4940", "title", '"By hand"'),
    "closed": lambda t: t + '\n[[holidays]]\nday = 2027-03-12\ntitle = "Closed"\n',
    "renamed": lambda t: t + '\n[[holidays]]\nday = 2026-12-25\ntitle = "Yule"\n',
    "name": lambda t: t.replace("Rincon Vista", "Rincon Alta"),
}


@runs(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(MOVES)), min_size=1, max_size=5, unique=True))
def test_a_changed_district_is_as_one_set_up_so(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    ways = tmp_path_factory.mktemp("ways")
    start = final = office.text()
    for name in names:
        final = MOVES[name](final)
    office.install(str(ways / "fresh"), final)
    office.install(str(ways / "living"), start)
    for name in names:
        with office.desk(str(ways / "living"), "ben") as ben, office.desk(str(ways / "living"), "cho") as cho:
            made = done(apply(ben, MOVES[name](now(ben))))
            if made.state == "waiting":
                done(approve(cho, made.number))
            in_step(ben, name)
    with office.desk(str(ways / "fresh"), "ben") as fresh, office.desk(str(ways / "living"), "ben") as living:
        assert laid(living.session) == laid(fresh.session)
        assert living.ask(lambda look: look.district) == district(final)
        assert offices.holidays(district(final)) == {
            str(day): title
            for day, title in living.session.rows("SELECT day, title FROM calendar_day WHERE calendar = 'OFFICE'")
        }


def test_a_change_is_decided_once_and_stays_as_it_was_put_forward(ben: Desk, cho: Desk) -> None:
    done(apply(ben, fee(now(ben))))
    session = ben.session
    for sql in (
        "UPDATE settings_change SET body = 'x'",
        "UPDATE settings_change SET state = 'in force', decided_by = 'ben', makes = 2",
        "DELETE FROM settings_change",
    ):
        with pytest.raises(Exception, match=r"what was put forward stays|settings_checked|changes are kept"):
            session.run(sql)
    done(approve(cho))
    with pytest.raises(Exception, match="a change is decided once"):
        session.run("UPDATE settings_change SET why = 'x'")
