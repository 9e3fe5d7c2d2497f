"""The one door for writing: who may, once only, refusals kept, rehearsals forgotten, and a kill at the worst moment."""
# Length: who may do what is typed by hand as one table.

from __future__ import annotations

import importlib
import json
import pkgutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import msgspec.inspect as shape
import pytest

import ubtui.services
from tests.services.office import admin, done, install, refused, sample_settings
from ubtui.act import ACTS, LARGEST, Act, Done, Form, Refused, Work, permissions, refuse_cards
from ubtui.db.errors import RecordError
from ubtui.desk import Desk, Seat
from ubtui.domain.text import has_card_number

ROOT = Path(__file__).parent.parent
ROLES = ("field", "trainee", "technician", "lead", "finance", "auditor", "admin", "manager", "service")
# Typed by hand: reliability's table of roles (make and check), the manager as second signature, service as cron.
#                      fie tra tec lea fin aud adm man ser
MATRIX = """
read.cancel_estimates   -   -   y   y   -   -   -   -   -
read.control            -   -   y   y   -   -   -   -   -
read.decide             -   -   y   y   -   -   -   -   -
read.days               -   -   y   y   -   -   -   -   -
read.enter              -   -   y   y   -   -   -   -   -
read.estimate           -   -   y   y   -   -   -   -   -
read.review             -   -   y   y   -   -   -   -   -
meter.exchange          -   -   y   y   -   -   -   -   -
meter.stock             -   -   y   y   -   -   -   -   -
meter.test              -   -   y   y   -   -   -   -   -
meter.face              -   -   y   y   -   -   -   -   -
contact.note            -   -   y   y   y   -   -   -   -
contact.promise         -   -   y   y   y   -   -   -   -
duty.done               -   -   y   y   y   -   -   y   -
order.cancel            -   -   y   y   -   -   -   -   -
order.correct           -   -   y   y   -   -   -   -   -
order.create            -   -   y   y   -   -   -   -   -
order.move              -   -   y   y   -   -   -   -   -
order.result            y   -   y   y   -   -   -   -   -
order.round             -   -   y   y   -   -   -   -   -
point.place             y   -   y   y   -   -   -   -   -
request.close           -   -   y   y   -   -   -   -   -
request.fee             -   -   y   y   -   -   -   -   -
request.make            -   -   y   y   -   -   -   -   -
request.paid            -   -   y   y   y   -   -   y   -
request.withdraw        -   -   y   y   -   -   -   -   -
intertie.agree          -   -   -   y   -   -   -   -   -
intertie.end            -   -   -   y   -   -   -   -   -
intertie.set            -   -   y   y   -   -   -   -   -
intertie.statement      -   -   y   y   -   -   -   -   -
right.document          -   -   y   y   -   -   -   -   -
right.end               -   -   -   y   -   -   -   -   -
right.set               -   -   y   y   -   -   -   -   -
right.verify            -   -   y   y   -   -   -   -   -
seal.fee                -   -   y   y   -   -   -   -   -
seal.place              -   -   y   y   -   -   -   -   -
seal.rate               -   -   y   y   -   -   -   -   -
seal.replace            -   -   y   y   -   -   -   -   -
seal.request            -   -   y   y   -   -   -   -   -
seal.round              -   -   y   y   -   -   -   -   -
seal.verify             -   -   y   y   -   -   -   -   -
seal.withdraw           -   -   y   y   -   -   -   -   -
service.rate            -   -   y   y   -   -   -   -   -
read.skip               -   -   y   y   -   -   -   -   -
read.swap               -   -   y   y   -   -   -   -   -
seal.remove             -   -   y   y   -   -   -   -   -
service.activate        -   -   y   y   -   -   -   -   -
service.seasonal        -   -   y   y   -   -   -   -   -
staged.decide           -   -   y   y   -   -   -   -   -
staged.link             -   -   y   y   -   -   -   -   -
staged.unlink           -   -   y   y   -   -   -   -   -
staged.mend             -   -   y   y   -   -   -   -   -
import.stage            -   -   y   y   -   -   -   -   y
import.release          -   -   y   y   -   -   -   -   y
adjust.propose          -   -   y   y   -   -   -   -   -
adjust.revise           -   -   y   y   -   -   -   -   -
adjust.submit           -   -   y   y   -   -   -   -   -
adjust.withdraw         -   -   y   y   -   -   -   -   -
adjust.acknowledge      -   -   y   y   -   -   -   -   -
adjust.approve          -   -   -   y   y   -   -   y   -
adjust.reject           -   -   -   y   y   -   -   y   -
ledger.reverse          -   -   y   y   -   -   -   -   -
document.attach         -   -   y   y   y   -   -   -   -
party.address           -   -   y   y   -   -   -   -   -
worklist.refresh        -   -   y   y   y   -   -   -   y
worklist.add            -   -   y   y   y   -   -   -   -
worklist.claim          -   -   y   y   y   -   -   y   -
worklist.release        -   -   y   y   y   -   -   y   -
worklist.wait           -   -   y   y   y   -   -   y   -
worklist.forward        -   -   y   y   y   -   -   y   -
worklist.note           -   -   y   y   y   -   -   y   -
worklist.dismiss        -   -   y   y   y   -   -   -   -
worklist.reopen         -   -   y   y   y   -   -   -   -
worklist.resolve        -   -   y   y   y   -   -   -   -
worklist.priority       -   -   -   y   -   -   -   -   -
worklist.next           -   -   y   y   y   -   -   y   -
worklist.answer         -   -   y   y   y   -   -   y   -
worklist.handover       -   -   y   y   y   -   -   y   -
worklist.promote        -   -   -   y   -   -   -   -   -
worklist.limits         -   -   -   y   -   -   -   -   -
settings.apply          -   -   -   y   -   -   y   -   -
settings.approve        -   -   -   y   y   -   y   y   -
settings.reject         -   -   -   y   y   -   y   y   -
settings.withdraw       -   -   -   y   -   -   y   -   -
view.save               -   -   y   y   y   y   y   y   -
view.drop               -   -   y   y   y   y   y   y   -
backup.set              -   -   y   y   y   -   -   y   -
backup.end              -   -   y   y   y   -   -   y   -
arrangement.end         -   -   y   y   -   -   -   -   -
arrangement.make        -   -   y   y   -   -   -   -   -
autopay.enrol           -   -   y   y   -   -   -   -   -
autopay.stop            -   -   y   y   -   -   -   -   -
billing.stop            -   -   y   y   -   -   -   -   -
credit.keep             -   -   y   y   -   -   -   -   -
credit.transfer         -   -   y   y   -   -   -   -   -
deposit.make            -   -   y   y   y   -   -   -   -
drawer.close            -   -   y   y   -   -   -   -   -
ebill.enrol             -   -   y   y   -   -   -   -   -
ebill.stop              -   -   y   y   -   -   -   -   -
escrow.demand           -   -   y   y   -   -   -   -   -
ladder.remind           -   -   -   y   -   -   -   -   -
lien.record             -   -   -   -   y   -   -   -   -
lien.release            -   -   -   -   y   -   -   -   -
mail.researched         -   -   y   y   -   -   -   -   -
mail.returned           -   -   y   y   -   -   -   -   -
owner.change            -   -   y   y   -   -   -   -   -
owner.confirm           -   -   y   y   -   -   -   -   -
owner.county            -   -   y   y   -   -   -   -   y
owner.debt              -   -   y   y   -   -   -   -   -
payment.match           -   -   y   y   -   -   -   -   -
payment.return          -   -   y   y   -   -   -   -   -
payment.stage           -   -   y   y   y   -   -   -   y
payment.take            -   -   y   y   -   -   -   -   -
protection.end          -   -   y   y   -   -   -   -   -
protection.set          -   -   y   y   -   -   -   -   -
route.place             -   -   y   y   -   -   -   -   -
clock.move              -   -   y   y   -   -   y   -   y
sample.fill             -   -   -   -   -   -   -   -   y
sample.seal             -   -   -   -   -   -   -   -   y
"""
# Views and exports; c: in sample and training districts alone.
VIEWS = """
account.show            -   c   y   y   y   y   -   y   -
meter.show              -   c   y   y   y   y   -   y   -
find.search             -   c   y   y   y   y   -   y   -
worklist.export         -   -   y   y   y   y   -   y   -
reads.export            -   -   y   y   -   -   -   -   -
worklist.names          -   c   y   y   y   y   -   y   -
worklist.board          -   -   c   y   y   y   -   y   -
record.backup           -   -   -   c   -   -   y   -   y
settings.show           -   -   c   y   y   y   y   y   -
"""


def cells(table: str) -> dict[str, set[str]]:
    """Name to its roles, as the permission file writes them."""
    return {
        words[0]: {
            f"copy:{role}" if cell == "c" else role for role, cell in zip(ROLES, words[1:], strict=True) if cell != "-"
        }
        for words in map(str.split, table.split("\n"))
        if words
    }


EXPECTED = cells(MATRIX)
SEEN = cells(VIEWS)


class Mark(Form, kw_only=True):
    """A name to count."""

    name: str
    fail: str = ""


class Marked(msgspec.Struct, frozen=True):
    """How often it was counted."""

    count: int


def mark(work: Work, form: Mark) -> Marked:
    """Count a name, then fail as asked."""
    work.db.run(
        "INSERT INTO counter(name, value) VALUES (?, 1) ON CONFLICT(name) DO UPDATE SET value = counter.value + 1",
        [form.name],
    )
    work.fact(name=form.name)
    work.detail(secret=f"{form.name} lives at 1 Main St")
    if form.fail == "refused":
        raise Refused("not today", "the rule", "come tomorrow")
    if form.fail == "rule":
        work.db.run("DELETE FROM period WHERE ym = (SELECT MIN(ym) FROM period)")
    if form.fail == "unique":
        work.db.run("INSERT INTO counter(name, value) VALUES (?, 1)", [form.name])
    if form.fail == "late":
        work.db.run("INSERT INTO staff_account(staff, account_number, relation) VALUES ('nobody', '1', 'own')")
    if form.fail == "fault":
        raise ZeroDivisionError("a fault of the program")
    return Marked(work.db.value("SELECT value FROM counter WHERE name = ?", [form.name]))


def named(name: str) -> Act[Mark, Marked]:
    """An act of that name, known to nobody else, that only counts."""
    return Act(name, Mark, Marked, mark)


NOTE = named("worklist.note")


@pytest.fixture
def place(backend: str) -> str:
    """A sample district with one person for each role, named after it."""
    people = [
        f'\n[[staff]]\nname = "one-{role}"\nfull_name = "One {role}"\nrole = "{role}"\n'
        for role in ROLES
        if role != "service"
    ]
    install(backend, sample_settings() + "".join(people))
    return backend


@pytest.fixture
def desk(place: str) -> Iterator[Desk]:
    with Desk(place, Seat("ana")) as made:
        yield made


def events(desk: Desk) -> list[tuple[str, str]]:
    return [(act, outcome) for act, outcome in desk.session.rows("SELECT act, outcome FROM audit ORDER BY seq")][1:]


def count(desk: Desk, name: str = "n") -> int:
    return desk.session.value("SELECT COALESCE(MAX(value), 0) FROM counter WHERE name = ?", [name])  # type: ignore[no-any-return]


def test_the_permission_file_is_the_matrix_cell_by_cell() -> None:
    assert {name: set(roles) for name, roles in permissions().items()} == EXPECTED | SEEN


def test_every_act_has_its_row() -> None:
    for info in pkgutil.walk_packages(ubtui.services.__path__, "ubtui.services."):
        importlib.import_module(info.name)
    assert len(ACTS) > 20
    assert set(ACTS) <= set(EXPECTED), set(ACTS) - set(EXPECTED)


def test_the_matrix_holds_at_the_door(place: str) -> None:
    for role in ROLES:
        with Desk(place, Seat("service" if role == "service" else f"one-{role}")) as desk:
            for name, roles in EXPECTED.items():
                form = Mark(name=f"{role} {name}")
                answer = desk.perform(named(name), form)
                if role in roles:
                    assert isinstance(answer, Done), (name, answer)
                else:
                    assert refused(answer).rule == "permission matrix", name
                    assert f"the role {role} may not do {name}" in refused(answer).reason
                assert count(desk, form.name) == int(role in roles)
            assert refused(desk.perform(named("worklist.unheard"), Mark(name="x"))).rule == "permission matrix"


def test_the_matrix_of_views_holds_and_each_refusal_is_an_event(place: str) -> None:
    for role in ROLES:
        with Desk(place, Seat("service" if role == "service" else f"one-{role}")) as desk:
            for name, roles in {**SEEN, "record.unheard": set()}.items():
                if {role, f"copy:{role}"} & roles:
                    desk.viewed(name, account="120440-3")
                else:
                    with pytest.raises(Refused, match=f"the role {role} may not do {name}"):
                        desk.viewed(name, account="120440-3")
                assert events(desk)[-1] == (name, "viewed" if {role, f"copy:{role}"} & roles else "refused")


def test_in_a_live_district_a_copys_right_is_none(place: str) -> None:
    with Desk(place, Seat("one-lead")) as desk:
        session = admin(place)
        session.run(
            "UPDATE meta SET value = replace(value, 'kind = \"sample\"', 'kind = \"live\"') WHERE key = 'district'"
        )
        session.database.close()
        with pytest.raises(Refused, match=r"the role lead may not do record\.backup"):
            desk.viewed("record.backup", file="b")
        desk.viewed("account.show", account="120440-3")


def test_who_left_has_no_seat(place: str, desk: Desk) -> None:
    session = admin(place)
    session.run("UPDATE staff SET active = 0 WHERE name = 'ana'")
    session.database.close()
    assert refused(desk.perform(NOTE, Mark(name="n"))).rule == "staff"


def test_one_act_is_one_event_in_the_chain(desk: Desk) -> None:
    answer = desk.perform(NOTE, Mark(name="n"))
    assert isinstance(answer, Done) and answer.result == Marked(1) and not answer.replayed
    assert events(desk) == [("worklist.note", "done")]
    body = desk.session.value("SELECT body FROM audit WHERE seq = ?", [answer.seq])
    assert json.loads(body)["facts"] == {"name": "n"} and "Main St" not in body
    assert "Main St" in desk.session.value(
        "SELECT body FROM audit_personal WHERE digest = ?", [json.loads(body)["details"]]
    )


def test_a_known_key_gives_the_first_answer(desk: Desk) -> None:
    first = desk.perform(NOTE, Mark(name="n"), key="the-same-key")
    again = desk.perform(NOTE, Mark(name="n"), key="the-same-key")
    assert isinstance(first, Done) and isinstance(again, Done)
    assert (again.replayed, again.result, again.seq) == (True, first.result, first.seq)
    assert count(desk) == 1 and len(events(desk)) == 1


def test_a_key_used_for_something_else_is_refused_and_kept(desk: Desk) -> None:
    desk.perform(NOTE, Mark(name="n"), key="the-same-key")
    for act, form in ((NOTE, Mark(name="m")), (named("worklist.claim"), Mark(name="n"))):
        assert refused(desk.perform(act, form, key="the-same-key")).rule == "one key, one request"
    assert count(desk) == 1 and count(desk, "m") == 0
    assert [outcome for _, outcome in events(desk)] == ["done", "refused", "refused"]


@pytest.mark.parametrize(
    ("fail", "rule", "says"),
    [("refused", "the rule", "not today"), ("rule", "the record's own guard", "periods are kept")],
)
def test_a_refusal_keeps_nothing_but_its_event(desk: Desk, fail: str, rule: str, says: str) -> None:
    answer = refused(desk.perform(NOTE, Mark(name="n", fail=fail)))
    assert (answer.rule, answer.reason) == (rule, says)
    assert says in answer.sentence()
    assert count(desk) == 0 and events(desk) == [("worklist.note", "refused")]
    assert desk.session.value("SELECT COUNT(*) FROM act_result") == 0


def test_a_refused_key_may_be_used_again(desk: Desk) -> None:
    refused(desk.perform(NOTE, Mark(name="n", fail="refused"), key="the-same-key"))
    assert done(desk.perform(NOTE, Mark(name="n"), key="the-same-key")) == Marked(1)


@pytest.mark.parametrize("fail", ["", "refused", "rule"])
def test_a_dry_run_keeps_nothing_at_all(desk: Desk, fail: str) -> None:
    answer = desk.perform(NOTE, Mark(name="n", fail=fail), key="the-same-key", dry_run=True)
    assert (isinstance(answer, Done) and answer.dry_run) if not fail else isinstance(answer, Refused)
    assert count(desk) == 0 and events(desk) == []
    assert isinstance(desk.perform(NOTE, Mark(name="n"), key="the-same-key"), Done), "the key is still free"


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_only_the_commit_finds_is_found_by_the_rehearsal_too(desk: Desk, dry_run: bool) -> None:
    with pytest.raises(RecordError) as caught:
        desk.perform(NOTE, Mark(name="n", fail="late"), dry_run=dry_run)
    assert caught.value.cause == "foreign"
    assert count(desk) == 0 and events(desk) == []


@pytest.mark.parametrize(("fail", "kind"), [("fault", ZeroDivisionError), ("unique", RecordError)])
def test_a_fault_is_raised_and_nothing_is_written(desk: Desk, fail: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        desk.perform(NOTE, Mark(name="n", fail=fail))
    assert count(desk) == 0 and events(desk) == []
    assert done(desk.perform(NOTE, Mark(name="n"))) == Marked(1), "the desk works on"


def test_two_seats_with_one_key_do_it_once(place: str) -> None:
    answers: list[Done[Marked] | Refused] = []
    gate = threading.Barrier(4)

    def seat() -> None:
        with Desk(place, Seat("ana")) as mine:
            gate.wait()
            for n in range(10):
                answers.append(mine.perform(NOTE, Mark(name=f"n{n}"), key=f"the-same-key-{n}"))

    threads = [threading.Thread(target=seat) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [answer for answer in answers if isinstance(answer, Done)]
    assert len(made) == 40 and sum(not answer.replayed for answer in made) == 10
    assert all(answer.result == Marked(1) for answer in made)
    with Desk(place, Seat("ana")) as desk:
        assert len(events(desk)) == 10


# Dies after the commit and before anyone hears of it.
VICTIM = """
import os, signal, sys
from tests.test_act import NOTE, Mark
from ubtui.desk import Desk, Seat
from ubtui.domain.text import has_card_number
with Desk(sys.argv[1], Seat("ana")) as desk:
    desk.on_change(lambda done: os.kill(os.getpid(), signal.SIGKILL))
    desk.perform(NOTE, Mark(name="n"), key="the-same-key")
    print("told")
"""


def test_a_kill_between_the_commit_and_the_answer_is_answered_by_the_key(place: str) -> None:
    killed = subprocess.run([sys.executable, "-c", VICTIM, place], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert killed.returncode == -signal.SIGKILL and killed.stdout == "", killed.stderr
    with Desk(place, Seat("ana")) as desk:
        assert count(desk) == 1
        answer = desk.perform(NOTE, Mark(name="n"), key="the-same-key")
        assert isinstance(answer, Done) and answer.replayed and answer.result == Marked(1)
        assert count(desk) == 1 and events(desk) == [("worklist.note", "done")]


def test_the_chain_of_all_this_is_sound(desk: Desk) -> None:
    from ubtui.services.verify import Report

    desk.perform(NOTE, Mark(name="n"))
    desk.perform(NOTE, Mark(name="n", fail="refused"))
    desk.viewed("account.show", account="x")
    assert list(Report(desk.session, date(2026, 11, 23)).findings()) == []


def test_no_act_takes_a_number_that_no_column_holds() -> None:
    """Every whole number in every form that is registered: refused by field as bad input, before the act's own body."""
    for info in pkgutil.walk_packages(ubtui.services.__path__, "ubtui.services."):
        importlib.import_module(info.name)
    seen = 0
    for name, made in ACTS.items():
        plain = example(made.form)
        for field, bad in beyond(made.form):
            form = msgspec.convert({**plain, field: bad}, made.form)
            with pytest.raises(Refused) as no:
                made(None, form)  # type: ignore[arg-type]  # nothing of the work is looked at
            assert no.value.bad_input and no.value.reason.startswith(
                f"{field.removesuffix('_cents').replace('_', ' ')}: no number of more"
            ), (name, field, no.value.reason)
            seen += 1
    assert seen > 40


def test_the_largest_numbers_are_kept_and_those_beyond_are_a_refusal_with_its_event(place: str) -> None:
    with Desk(place, Seat("ana")) as desk:
        number = Act("worklist.note", Count, Marked, count_by)
        assert done(desk.perform(number, Count(by=LARGEST))).count == LARGEST
        assert done(desk.perform(number, Count(by=-LARGEST))).count == 0
        for beyond_it in (LARGEST + 1, -LARGEST - 1, 2**63, 10**30):
            answer = refused(desk.perform(number, Count(by=beyond_it)))
            assert answer.bad_input and answer.reason == "by: no number of more than 15 digits is taken"
        assert [outcome for _, outcome in events(desk)] == ["done", "done", *["refused"] * 4]
        body = desk.session.value(
            "SELECT MAX(body) FROM audit_personal WHERE body LIKE '%1000000000000000000000000000000%'"
        )
        assert json.loads(body)["form"] == {"by": 10**30}


class Count(Form, kw_only=True):
    """A number to count by."""

    by: int


def count_by(work: Work, form: Count) -> Marked:
    """Count on by a number."""
    work.db.run(
        "INSERT INTO counter(name, value) VALUES ('by', ?)"
        " ON CONFLICT(name) DO UPDATE SET value = counter.value + excluded.value", [form.by],
    )  # fmt: skip
    return Marked(work.db.value("SELECT value FROM counter WHERE name = 'by'"))


def example(of: type[msgspec.Struct]) -> dict[str, Any]:
    """Plain values for what a form needs."""
    info = shape.type_info(of)
    assert isinstance(info, shape.StructType)
    return {each.name: value(each.type) for each in info.fields if each.required}


def value(kind: shape.Type) -> Any:
    """A plain value of a type, within its limits."""
    match kind:
        case shape.Metadata():
            return value(kind.type)
        case shape.UnionType():
            return value(next(each for each in kind.types if not isinstance(each, shape.NoneType)))
        case shape.BoolType():
            return False
        case shape.IntType():
            return max(1, kind.ge or 1)
        case shape.DateType():
            return "2026-11-23"
        case shape.LiteralType():
            return kind.values[0]
        case shape.ListType() | shape.VarTupleType():
            return [value(kind.item_type)] * max(1, kind.min_length or 1)
        case shape.TupleType():
            return [value(each) for each in kind.item_types]
        case shape.DictType():
            return {}
        case shape.StructType():
            return example(kind.cls)
        case shape.StrType():
            return "abc" if kind.pattern is None else "2026-01"
        case shape.BytesType():
            return ""
    raise AssertionError(kind)


def beyond(of: type[msgspec.Struct]) -> Iterator[tuple[str, Any]]:
    """Each field of a form that holds whole numbers, alone, in a list or deeper, with one that is too large."""
    info = shape.type_info(of)
    assert isinstance(info, shape.StructType)
    for each in info.fields:
        found = too_large(each.type)
        if found is not None:
            yield each.name, found


def too_large(kind: shape.Type) -> Any:
    """A value of the type with a number of 31 digits in it; None where it has none, or a limit of its own."""
    match kind:
        case shape.Metadata():
            return too_large(kind.type)
        case shape.UnionType():
            return next(filter(None, map(too_large, kind.types)), None)
        case shape.IntType():
            return 10**30 if kind.le is None and kind.lt is None else None
        case shape.ListType() | shape.VarTupleType():
            found = too_large(kind.item_type)
            return None if found is None else [found] * max(1, kind.min_length or 1)
        case shape.StructType():
            inner = next(iter(beyond(kind.cls)), None)
            return None if inner is None else {**example(kind.cls), inner[0]: inner[1]}
    return None


def test_what_the_program_itself_calls_a_contact_is_no_card_number() -> None:
    """Some keys hold thirteen digits between their letters that pass the test of cards."""
    key = "e248dbb6-2670-5904-8299-3efbafa4aaac"
    assert has_card_number(key)
    refuse_cards({"key": key, "item": f"X01:text:{key}", "subject": f"text:{key}"})
    for text in (f"{key} and more", "6-2670-5904-8299-3"):
        with pytest.raises(Refused, match="card number"):
            refuse_cards([text])
