"""One's own desk and the supervisor's board from the shell, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.services import items, office
from ubtui.cli import run_command

KEY = "R04:point:SP-00001@B2/2026-11"
HIGH = "R04:point:SP-00002@B2/2026-11"
Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(backend: str, capfd: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """`ubtui worklist …`: exit code, stdout, stderr."""
    office.found(backend, 3)
    with office.desk(backend) as desk:
        office.hire(desk.session, "di", "technician")
        items.put(desk.session, [items.made(1), items.made(2, priority=80), items.made(3, code="P07", priority=58)])

    def run(*argv: str, who: str = "ana") -> tuple[int, str, str]:
        capfd.readouterr()
        code = run_command(["worklist", *argv, "--data", backend, "--as", who])
        out, err = capfd.readouterr()
        return code, out, err

    yield run


def test_next_takes_and_shows_an_item(shell: Shell) -> None:
    code, out, _ = shell("next")
    assert code == 0 and out.splitlines()[0].startswith(f"{HIGH} claimed by ana until ")
    assert out.splitlines()[1:] == ["120440-3 · High use against last year", "41, last year 12"]
    assert shell("next", "--code", "P07")[1].startswith("P07:")
    assert shell("next", who="ben")[0] == 1


def test_bulk_previews_does_and_names_what_refuses(shell: Shell) -> None:
    asked = ("bulk", "claim", "--filter", "code:R04")
    code, out, err = shell(*asked, "--dry-run")
    assert (code, out.splitlines(), err) == (0, [HIGH, KEY], "would claim 2 items\n")
    assert "open" in shell("show", KEY)[1]
    shell("claim", KEY, who="di")
    code, out, err = shell(*asked)
    assert code == 1 and out.startswith(f"{HIGH} claimed") and f"refused: {KEY}: di has" in err
    assert "claim: 1 done, 1 refused" in err
    code, _, err = shell("bulk", "dismiss", "--filter", "code:P07", "--reason", "a pool", "--until", "2026-12-24")
    assert code == 0 and "dismiss: 1 done, 0 refused" in err
    again = ("bulk", "note", "--filter", "code:R04", "--reason", "called", "--key", "the-same-key", "--limit", "1")
    assert shell(*again)[0] == shell(*again)[0] == 0
    assert shell("show", HIGH)[1].count("note: called") == 1
    assert "only these" in shell(*again)[2]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("bulk", "claim"), "needs --filter or --view"),
        (("bulk", "wait", "--filter", "x", "--reason", "y"), "needs --until"),
        (("bulk", "dismiss", "--filter", "x", "--until", "2026-12-24"), "--reason"),
        (("bulk", "forward", "--filter", "x"), "needs --to"),
        (("whatif", "R04", "times"), "is not LIMIT=VALUE"),
        (("whatif", "R04", "times=lots"), "is not a number"),
        (("list", "--view", "cold"), "'cold' is not here"),
        (("backup", "--to", "di"), "needs --until"),
        (("save-view", "x", "--filter", "cide:R04"), "no such field"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(shell: Shell, argv: tuple[str, ...], says: str) -> None:
    code, out, err = shell(*argv)
    told = [line for line in err.splitlines() if not line.startswith("key ")]
    assert (code, out) == (2, "") and len(told) == 1 and says in told[0]


def test_views_are_kept_shown_and_dropped(shell: Shell) -> None:
    assert shell("save-view", "Hot", "--filter", ">70", "--sort", "age", "--reverse")[0] == 0
    assert shell("save-view", "reads", "--filter", "group:R", "--shared", who="ben")[0] == 0
    assert shell("views")[1].splitlines() == [
        "Hot                   own     >70  by age reversed",
        "reads                 shared  group:R",
    ]
    code, out, err = shell("--view", "hot")
    assert code == 0 and "SP-00002" not in err and err == "1 of 3 shown, filtered by >70\n" and "R04" in out
    assert shell("list", "--view", "reads", "--filter", "<70", who="di")[2] == "1 of 3 shown, filtered by group:R <70\n"
    assert json.loads(shell("views", "--format", "json", who="di")[1])["name"] == "reads"
    assert shell("drop-view", "hot")[0] == 0 and shell("--view", "hot")[0] == 2
    assert shell("drop-view", "reads", "--shared")[0] == 1


def test_the_group_alone_shows_its_help_and_its_options_stand_behind_the_command(shell: Shell) -> None:
    assert run_command(["worklist"]) == 2
    assert run_command(["worklist", "--view", "hot", "views"]) == 2


def test_a_question_and_its_answer(shell: Shell) -> None:
    assert shell("forward", KEY, "--to", "lead", "--question", "Waive it?")[0] == 0
    assert "ana asks: Waive it?" in shell("show", KEY, who="ben")[1]
    assert shell("answer", KEY, "Yes, once.", who="ben")[1] == f"{KEY} open by ana\n"
    assert shell("answer", KEY, "Again.", who="ben")[0] == 1


def test_a_colleague_stands_in_and_reads_what_was_left(shell: Shell) -> None:
    assert shell("handover", who="di")[1:] == ("", "nobody left a note within a week\n")
    shell("claim", KEY)
    assert shell("handover", "--leave", "Keys are at the counter.")[1].splitlines()[0] == "Keys are at the counter."
    code, out, _ = shell("handover", who="di")
    assert code == 0 and out.splitlines()[0].startswith("ana, Nov 23 ") and f"  in hand: {KEY} 120440-3" in out
    assert shell("backup", "--to", "di", "--until", "2026-11-27")[0] == 0
    assert shell("backup", who="di")[1] == "di for ana, 2026-11-23 to 2026-11-27\n"
    assert shell("backup", "--end")[0] == 0 and shell("backup")[1] == ""


def test_the_day_is_planned(shell: Shell) -> None:
    assert shell("plan")[1].splitlines() == ["0h30 of 7h30 planned", "done 0h00 · mine 0h00 · team 0h30, 3 items"]
    shell("claim", KEY)
    assert json.loads(shell("plan", "--format", "json")[1]) == {
        "done": 0, "mine": 10, "team": 20, "team_items": 2, "day": 450,
    }  # fmt: skip


def test_the_board_is_for_those_who_answer_for_the_work(shell: Shell) -> None:
    shell("claim", KEY)
    shell("dismiss", HIGH, "--reason", "a pool", "--until", "2026-12-24")
    code, out, err = shell("board", who="ben")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "2 open, 0 of them late, the oldest 0 d; 0 in the backlog"
    assert "R04 High against last year" in out and "ana " in out and "nobody yet" in out
    assert out.splitlines()[-1].startswith("Nov 23 ") and "1 dismissed" in out.splitlines()[-1]
    assert max(map(len, out.splitlines())) <= 90
    found = json.loads(shell("board", "--format", "json", who="ben")[1])
    assert (found["live"], found["days"][-1]["dismissed"]) == (2, 1)


def test_other_limits_are_counted(shell: Shell) -> None:
    code, out, _ = shell("whatif", "R04", "times=180%")
    assert code == 0 and out.splitlines()[0] == "At times 1.8 R04 would raise 0 instead of 0."
    assert "  times = 2 tried as 1.8" in out
    assert json.loads(shell("whatif", "R04", "--format", "json")[1])["then"] == 0
    code, out, _ = shell("limits", "R04", "times=180%", "--reason", "leaks", who="ben")
    assert code == 0 and "times  1.8" in out
    assert "  times = 1.8" in shell("whatif", "R04")[1]
    assert shell("limits", "R04", "times=3", "--reason", "leaks")[0] == 1
    assert shell("promote", "R04", "--reason", "x", who="ben")[0] == 1
