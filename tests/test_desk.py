"""The desk: who sits here, what day it is, and database work that keeps off the caller's thread."""

from __future__ import annotations

import asyncio
import os
import pwd
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import apsw
import pytest

from tests.db.places import connected as admin_of
from tests.services.office import admin, sample_settings
from tests.services.office import install as install_at
from tests.test_act import NOTE, Mark, Marked
from ubtui.act import Act, Done, Look, Work
from ubtui.db.errors import Busy, RecordError
from ubtui.desk import Desk, DeskError, Seat
from ubtui.services import office
from ubtui.services.worklist.queue import day_began

ROOT = Path(__file__).parent.parent
ME = pwd.getpwuid(os.getuid()).pw_name
root_only = pytest.mark.skipif(os.getuid() != 0, reason="a file that only root can write is made by root")
EVENING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # still the 23rd in California


def install(data: str, change: Callable[[str], str] = str) -> str:
    install_at(data, change(sample_settings()))
    return data


def live(settings: str = "", ana: str = ME) -> Callable[[str], str]:
    """The sample's text as a live district's; ana has the login `ana`."""

    def change(text: str) -> str:
        text = text.replace('kind = "sample"', f'kind = "live"\n{settings}', 1)
        return text.replace('name = "ana"\n', f'name = "ana"\nlogin = "{ana}"\n', 1)

    return change


@pytest.fixture
def sample(backend: str) -> str:
    return install(backend)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "district")


def test_a_sample_takes_any_name_and_ana_by_itself(sample: str) -> None:
    with Desk(sample) as desk:
        assert (desk.actor.name, desk.actor.role) == ("ana", "technician")
    with Desk(sample, Seat("ben")) as desk:
        assert (desk.actor.name, desk.actor.role) == ("ben", "lead")
    with pytest.raises(DeskError, match="--as zed: nobody of that name works here; staff: ana, ben"):
        Desk(sample, Seat("zed"))


def test_a_live_district_takes_the_login_and_nothing_else(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(folder, live())
    monkeypatch.setenv("USER", "ben")
    monkeypatch.setenv("LOGNAME", "ben")
    monkeypatch.setenv("SUDO_UID", "1")
    with Desk(folder) as desk:
        assert (desk.actor.name, desk.actor.seat) == ("ana", f"uid:{os.getuid()}")
    with pytest.raises(DeskError, match="--as is for sample and training districts"):
        Desk(folder, Seat("ben"))


def test_a_login_that_is_not_on_the_list_has_no_seat(folder: str) -> None:
    install(folder, live(ana="somebody-else"))
    with pytest.raises(DeskError, match=f"login {ME} is not on the staff list; ask the lead"):
        Desk(folder)


def test_behind_the_service_account_sudo_says_who(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(folder, live("service_uid = 4242"))
    real = os.getuid()
    monkeypatch.setattr("ubtui.desk.os.getuid", lambda: 4242)
    monkeypatch.setenv("SUDO_UID", str(real))
    with Desk(folder) as desk:
        assert (desk.actor.name, desk.actor.seat) == ("ana", f"sudo:{real}")
    for forged in ("", "x", "-1", "999999"):
        monkeypatch.setenv("SUDO_UID", forged)
        with pytest.raises(DeskError, match="is not on the staff list"):
            Desk(folder)


@root_only
def test_a_seat_key_is_read_from_roots_file_only(folder: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("ben secret-of-ben\nzed secret-of-zed\n")
    keys.chmod(0o640)
    install(folder, live(f'seat_keys = "{keys}"'))
    with Desk(folder, Seat(seat_key="secret-of-ben")) as desk:
        assert (desk.actor.name, desk.actor.seat) == ("ben", "key:ben")
    for wrong in ("secret-of-zed", "", "secret"):
        with pytest.raises(DeskError, match="not known here"):
            Desk(folder, Seat(seat_key=wrong))
    keys.chmod(0o666)
    with pytest.raises(DeskError, match="only root can write"):
        Desk(folder, Seat(seat_key="secret-of-ben"))
    keys.chmod(0o640)
    os.chown(keys, 65534, 0)
    with pytest.raises(DeskError, match="only root can write"):
        Desk(folder, Seat(seat_key="secret-of-ben"))
    keys.unlink()
    with pytest.raises(DeskError, match="cannot be read"):
        Desk(folder, Seat(seat_key="secret-of-ben"))


def test_a_seat_key_without_a_file_is_refused(folder: str) -> None:
    install(folder, live())
    with pytest.raises(DeskError, match="only root can write"):
        Desk(folder, Seat(seat_key="anything"))


def test_a_live_day_is_the_districts_and_a_sample_keeps_its_own(folder: str, tmp_path: Path) -> None:
    install(folder, live())
    kept = install(str(tmp_path / "kept"))
    with Desk(folder, utc=lambda: EVENING) as desk:
        look = desk.ask(lambda look: look)
        assert (look.today, look.now, look.utc) == (
            date(2026, 11, 23), "2026-11-24T06:30:00.000000Z", "2026-11-24T06:30:00.000000Z",
        )  # fmt: skip
    with Desk(kept, utc=lambda: datetime(2031, 1, 5, 12, 0, tzinfo=UTC)) as desk:
        look = desk.ask(lambda look: look)
        assert (look.today, look.now[:10], look.utc[:10]) == (date(2026, 11, 23), "2026-11-23", "2031-01-05")
    with Desk(kept, utc=lambda: datetime(2031, 1, 5, 2, 30, tzinfo=UTC)) as desk:  # half past six in the evening there
        look = desk.ask(lambda look: look)
        assert (look.today, look.now) == (date(2026, 11, 23), "2026-11-24T02:30:00.000000Z")
        assert day_began(look) == "2026-11-23T08:00:00.000000Z"


def test_a_day_moved_elsewhere_is_seen_at_the_next_look(sample: str) -> None:
    with Desk(sample) as one, Desk(sample) as two:
        assert isinstance(one.perform(office.move_clock, office.MoveClock(to=date(2026, 12, 1))), Done)
        assert two.ask(lambda look: look.today) == date(2026, 12, 1)


@pytest.mark.parametrize("threads", [False, True])
def test_a_place_that_does_not_open_says_why_in_one_sentence(threads: bool, tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="no district here; make one with `ubtui init"):
        Desk(str(tmp_path / "none"), threads=threads)
    (tmp_path / "ubtui.db").write_text("not a database " * 500)
    with pytest.raises(RecordError) as caught:
        Desk(str(tmp_path), threads=threads)
    assert caught.value.cause == "notadb"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("writer", "reader"))]


def test_tables_that_are_not_ours_do_not_open(sample: str) -> None:
    session = admin(sample)
    if session.kind == "sqlite":
        session.execute("DROP TRIGGER posting_nd")
    else:
        session.execute("DROP TRIGGER posting_nd ON posting")
    session.database.close()
    with pytest.raises(DeskError, match="not as this program made them; run `ubtui doctor`"):
        Desk(sample)


def thread_of(look: Look) -> str:
    return threading.current_thread().name


async def test_database_work_keeps_off_the_callers_thread(sample: str) -> None:
    mine = threading.current_thread().name
    with Desk(sample, threads=True) as desk:
        assert (await desk.asking(thread_of)).startswith("reader") and mine != await desk.asking(thread_of)
        heard: list[Done[Marked]] = []
        desk.on_change(heard.append)
        answer = await desk.performing(NOTE, Mark(name="n"))
        assert isinstance(answer, Done) and heard == [answer]
        assert desk.ask(thread_of).startswith("reader"), "waiting for it is possible too"
        await desk.viewing("account.show", account="120440-3")
        acts = await desk.asking(lambda look: look.db.rows("SELECT act, outcome FROM audit ORDER BY seq DESC LIMIT 1"))
        assert acts == [("account.show", "viewed")]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("writer", "reader"))]


def cut(url: str) -> None:
    """End every other line to this database, as a restart of its server does."""
    with admin_of(url) as session:
        session.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_seat_outlives_its_servers_restart(postgres_url: str) -> None:
    install(postgres_url)
    with Desk(postgres_url, threads=True) as desk:
        for _ in range(2):
            cut(postgres_url)
            assert await desk.asking(lambda look: look.today) == date(2026, 11, 23)
            assert isinstance(await desk.performing(NOTE, Mark(name="n")), Done)
            cut(postgres_url)
            await desk.viewing("account.show", account="120440-3")
            await desk.saving(lambda look: look.db.value("SELECT 1"))
        assert await desk.asking(lambda look: look.db.value("SELECT value FROM counter WHERE name = 'n'")) == 2


def test_an_act_whose_line_broke_is_not_done_again_by_itself(postgres_url: str) -> None:
    install(postgres_url)
    tries = 0

    def breaking(work: Work, form: Mark) -> Marked:
        nonlocal tries
        tries += 1
        if tries == 1:
            cut(postgres_url)
        work.db.run("INSERT INTO counter(name, value) VALUES (?, 1)", [form.name])
        return Marked(1)

    act = Act("worklist.note", Mark, Marked, breaking)
    with Desk(postgres_url) as desk:
        with pytest.raises(Busy, match="do it again, under the same key it is done once"):
            desk.perform(act, Mark(name="n"), key="the-same-key")
        assert tries == 1 and desk.ask(lambda look: look.db.value("SELECT COUNT(*) FROM counter")) == 0
        again = desk.perform(act, Mark(name="n"), key="the-same-key")
        assert isinstance(again, Done) and not again.replayed and tries == 2


def test_a_text_loses_its_nul_at_the_door(sample: str) -> None:
    with Desk(sample) as desk:
        assert isinstance(desk.perform(NOTE, Mark(name="a\0b")), Done)
        assert desk.session.value("SELECT value FROM counter WHERE name = 'ab'") == 1


async def test_lists_do_not_wait_for_an_export(sample: str) -> None:
    go, begun = threading.Event(), threading.Event()

    def long(look: Look) -> str:
        begun.set()
        go.wait(20)
        return thread_of(look)

    with Desk(sample, threads=True) as desk:
        writing = asyncio.create_task(desk.exporting(long))
        await asyncio.to_thread(begun.wait, 10)
        assert await asyncio.wait_for(desk.asking(lambda look: look.today), 10) == date(2026, 11, 23)
        assert not writing.done()
        go.set()
        assert (await writing).startswith("export")


async def test_reading_goes_on_while_another_seat_holds_the_lock(folder: str) -> None:
    install(folder)
    other = apsw.Connection(f"{folder}/ubtui.db")
    with Desk(folder, threads=True) as desk:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(desk.performing(NOTE, Mark(name="n")))
        slowest = 0.0
        for _ in range(20):
            started = time.perf_counter()
            assert await desk.asking(lambda look: look.today) == date(2026, 11, 23)
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0.01)
        assert slowest < 1.0 and not waiting.done()
        other.execute("ROLLBACK")
        assert isinstance(await waiting, Done)
    other.close()


def test_a_listener_that_fails_does_not_make_a_committed_act_look_failed(sample: str) -> None:
    heard = []
    with Desk(sample) as desk:
        desk.on_change(lambda done: 1 // 0)  # type: ignore[arg-type,return-value]
        desk.on_change(heard.append)
        assert isinstance(desk.perform(NOTE, Mark(name="n")), Done)
        desk.perform(NOTE, Mark(name="n"), dry_run=True)
        desk.perform(NOTE, Mark(name="n", fail="refused"))
    assert len(heard) == 1, "commits alone are told"


def test_a_question_sees_one_state(sample: str) -> None:
    with Desk(sample) as one, Desk(sample) as two:

        def twice(look: Look) -> tuple[int, int]:
            before = look.db.value("SELECT COUNT(*) FROM counter")
            two.perform(NOTE, Mark(name="n"))
            return before, look.db.value("SELECT COUNT(*) FROM counter")

        assert one.ask(twice) == (0, 0)
        assert one.ask(lambda look: look.db.value("SELECT COUNT(*) FROM counter")) == 1
