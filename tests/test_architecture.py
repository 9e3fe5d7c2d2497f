"""The house keeps its own rules: small files, one clock, no markup from data, no screen below the app."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "ubtui").rglob("*.py"))
LONGEST = 400

# Rooms that start without a terminal, by the directions in pyproject.toml.
HEADLESS = (
    "cli desk services act detectors exchange documents db settings keyfile keys domain".split()  # noqa: SIM905
)
# The only modules that may ask the machine what time it is, and what for.
CLOCKS = {
    "ubtui/desk.py": "the business day and the instant, handed to all others",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), name(path))


def failures(check: Callable[[Path], Iterator[str]], paths: list[Path]) -> list[str]:
    assert paths
    return [f"{name(path)}: {fault}" for path in paths for fault in check(path)]


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Each call with the dotted text of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


# Files


def opening(path: Path) -> Iterator[str]:
    said = ast.get_docstring(parsed(path))
    if not said:
        yield "does not say what it is for"


def length(path: Path) -> Iterator[str]:
    lines = path.read_text("utf-8").splitlines()
    reason = [line for line in lines[:12] if line.lstrip().startswith("# Length: ")]
    if len(lines) > LONGEST and not any(len(line.split()) >= 6 for line in reason):
        yield f"{len(lines)} lines, and no reason for it ('# Length: reason' in the first lines)"


def test_every_file_opens_with_what_it_is_for() -> None:
    assert failures(opening, SOURCES) == []


def test_no_file_grows_beyond_one_reader_without_a_reason() -> None:
    beside = [path for room in ("tests", "benchmarks") for path in sorted((ROOT / room).rglob("*.py"))]
    assert failures(length, [*SOURCES, *beside]) == []


# The clock

WALL_CLOCK = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"},
    "pendulum": {"now", "today", "tomorrow", "yesterday"},
    "DateTime": {"now", "today", "utcnow"},
}


SQL_CLOCK = re.compile(
    r"\bCURRENT_(TIMESTAMP|DATE|TIME)\b|\b(now|clock_timestamp|statement_timestamp)\(\)|\(\s*'now'", re.I
)


def wall_clock(path: Path) -> Iterator[str]:
    """Calls, the same functions handed on uncalled (`default=date.today`), and SQL's own clocks."""
    if name(path) in CLOCKS:
        return
    tree = parsed(path)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    called = {alias.asname: alias.name for node in imports for alias in node.names if alias.asname}
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rsplit(".", 1)[-1]
            if node.attr in WALL_CLOCK.get(called.get(owner, owner), ()):
                yield f"{node.lineno}: {ast.unparse(node)} (the desk's clock tells the time)"
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "pendulum"):
            for alias in node.names:
                if alias.name in WALL_CLOCK[node.module]:
                    yield f"{node.lineno}: from {node.module} import {alias.name} (the desk's clock tells the time)"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            for found in SQL_CLOCK.finditer(node.value):
                yield f"{node.lineno}: {found[0]} in SQL (the desk's clock tells the time)"


def test_only_the_clock_reads_the_clock() -> None:
    assert failures(wall_clock, SOURCES) == []


# Hostile text

# What draws its first argument (or the named one) as markup unless told otherwise; * takes none otherwise.
MARKUP = {
    "Static": "content",
    "Label": "content",
    "Button": "label",
    "Checkbox": "label",
    "RadioButton": "label",
    "Collapsible": "title",
    "TabPane": "title",
    "Option": "prompt",
    "notify": "message",
    "add_option": "item",
    "from_markup": "markup",
}
ASSIGNED = {"border_title", "border_subtitle", "tooltip"}


def harmless(value: ast.expr | None) -> bool:
    """True of a literal, and of text built by a call that takes no markup (Content, Text, safe…)."""
    if value is None or isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.Name | ast.Attribute):  # a constant of the program's own
        return ast.unparse(value).rsplit(".", 1)[-1].isupper()
    if isinstance(value, ast.IfExp):
        return harmless(value.body) and harmless(value.orelse)
    return isinstance(value, ast.Call) and ast.unparse(value.func).rsplit(".", 1)[-1] in {
        "Content",
        "Text",
        "assemble",
        "styled",
        "from_text",
        "safe",
    }


def bare_markup(path: Path) -> Iterator[str]:
    tree = parsed(path)
    for call, called in calls(tree):
        kind = called.rsplit(".", 1)[-1]
        if kind not in MARKUP:
            continue
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        plain = isinstance(named.get("markup"), ast.Constant) and named["markup"].value is False  # type: ignore[union-attr]
        shown = call.args[0] if call.args else named.get(MARKUP[kind])
        if not plain and not harmless(shown):
            yield f"{call.lineno}: {ast.unparse(call)[:70]} draws data as markup (markup=False, Content or Text)"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in ASSIGNED and not harmless(node.value):
                    yield f"{node.lineno}: {ast.unparse(node)[:70]} draws data as markup (Content or Text)"


def test_no_screen_draws_data_as_markup() -> None:
    drawn = [path for path in SOURCES if path.parts[-2] in ("screens", "widgets") or path.name == "app.py"]
    assert failures(bare_markup, drawn) == []


# What imports what (the directions between rooms are import-linter's, in pyproject.toml)


def foreign(path: Path) -> Iterator[str]:
    """Domain knows the standard library; pendulum inside a function, where zones and instants need it."""
    tree = parsed(path)
    lazy = {inner for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        for module in modules:
            top = module.split(".")[0]
            known = top in sys.stdlib_module_names or module.startswith("ubtui.domain")
            if not known and not (top == "pendulum" and node in lazy):
                yield f"{node.lineno}: imports {module}"


def test_domain_imports_the_standard_library_only() -> None:
    assert failures(foreign, [path for path in SOURCES if "domain" in path.parts]) == []


def test_one_command_starts_the_app_and_lazily() -> None:
    edges = []
    for path in SOURCES:
        if "cli" not in path.parts:
            continue
        tree = parsed(path)
        top = set(tree.body)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("ubtui.app", "ubtui"):
                if node.module == "ubtui" and "app" not in {alias.name for alias in node.names}:
                    continue
                edges.append(f"{name(path)}:{node.lineno}")
                assert node not in top, f"{edges[-1]} imports the app when the shell starts"
    expected = 1 if (ROOT / "ubtui/app.py").exists() else 0
    assert len(edges) == expected, edges


def loaded(code: str, *argv: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """The top-level modules that a fresh interpreter holds after running `code` with `argv`."""
    report = "import atexit, sys, json\n"
    report += "atexit.register(lambda: print('\\n' + json.dumps(sorted({m.split('.')[0] for m in sys.modules"
    report += " if sys.modules[m] is not None})), file=sys.stderr))\n"
    done = subprocess.run(
        [sys.executable, "-c", report + code, *argv], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    return set(json.loads(done.stderr.splitlines()[-1])), done


FORBIDDEN = {"textual", "psycopg", "psycopg_binary", "psycopg2"}


def test_the_guard_sees_a_forbidden_module() -> None:
    assert loaded("import textual, psycopg")[0] >= {"textual", "psycopg"}


# The modules of db that are PostgreSQL's own and are imported only for it.
SERVER_ONLY = {"ubtui.db.pg"}


def test_no_room_below_the_app_loads_textual_or_a_server_driver() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.relative_to(ROOT / "ubtui").with_suffix("").parts[0] in HEADLESS
    ]
    modules = [module for module in modules if module not in SERVER_ONLY]
    found, done = loaded("import importlib\nfor m in sys.argv[1:]: importlib.import_module(m)", *modules)
    assert done.returncode == 0, done.stderr
    assert found & FORBIDDEN == set()


@pytest.mark.skipif(find_spec("ubtui.__main__") is None, reason="no command yet")
@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "md", "text"])
def test_a_headless_export_loads_no_screen_and_no_server(sample: Path, form: str) -> None:
    found, done = loaded(
        "from ubtui.cli import main; main()", "worklist", "export", "--format", form, "--data", str(sample)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "the sample district has trouble on its list"
    assert found & (FORBIDDEN | {"xlsxwriter"}) == set()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("architecture") / "district"
    made = [sys.executable, "-m", "ubtui", "demo", str(folder), "--accounts", "40", "--seed", "7"]
    subprocess.run(made, check=True, capture_output=True, timeout=300, cwd=ROOT)
    return folder


# One key for all tries of a question


def keyless(path: Path) -> Iterator[str]:
    """Acts of a question that is asked until they are done: under a key each try, a lost answer is done twice."""
    for function in ast.walk(parsed(path)):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        made = [(call, called.rsplit(".", 1)[-1]) for call, called in calls(function)]
        if "until_done" in {called for _, called in made}:
            for call, called in made:
                if called == "perform" and "key" not in {given.arg for given in call.keywords}:
                    yield f"{call.lineno}: {ast.unparse(call)[:70]} has no key for all tries"


def test_all_tries_of_a_question_are_one_act() -> None:
    assert failures(keyless, [path for path in SOURCES if path.parent.name == "screens"]) == []


# The lock file


def test_the_lock_pins_and_hashes_everything_and_names_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    entries = text.replace("\\\n", " ").splitlines()
    pinned = {}
    for entry in entries:
        requirement, *hashes = entry.split(" --hash=")
        assert "==" in requirement, entry[:80]
        assert hashes and all(h.strip().startswith("sha256:") and len(h.strip()) == 71 for h in hashes), entry[:80]
        pinned[requirement.split("==")[0].split("[")[0]] = requirement.split("==")[1].split()[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["postgres"],
        *project["dependency-groups"]["dev"],
    ]
    from packaging.requirements import Requirement

    for line in asked:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[requirement.name]), line


# The checks above, checked


@pytest.mark.parametrize(
    ("check", "source", "faults"),
    [
        (opening, "x = 1\n", 1),
        (length, '"""Long."""\n' + "x = 1\n" * LONGEST, 1),
        (length, '"""Long."""\n# Length: one table that is read from top to bottom\n' + "x = 1\n" * LONGEST, 0),
        (wall_clock, "from datetime import date\nd = date.today()\n", 1),
        (wall_clock, "import datetime as dt, time\na = dt.datetime.now()\nb = time.time\n", 2),
        (wall_clock, "import pendulum\np = pendulum.now()\nfrom time import time\n", 2),
        (wall_clock, "import time as t\nfrom datetime import datetime as d\nt.time()\nd.now()\n", 2),
        (wall_clock, "import time\ntime.monotonic()\nclock.now()\n", 0),
        (wall_clock, "q = 'INSERT INTO t VALUES (now())'\nr = f\"date('now') {q}\"\n", 2),
        (wall_clock, '"""Never CURRENT_DATE."""\n', 0),
        (bare_markup, "Static(account.name)\nself.notify(f'{why}')\n", 2),
        (bare_markup, "Label(name, markup=False)\nStatic('Fixed')\nStatic(Content(name))\n", 0),
        (bare_markup, "self.border_title = name\n", 1),
        (
            keyless,
            "async def f():\n    await s.until_done(q, lambda v: s.perform(a, v))\n    s.perform(a, v, key=k)\n",
            1,
        ),
        (keyless, "async def f():\n    await s.perform(a, v)\n", 0),
        (foreign, "import rich\nimport pendulum\nfrom ubtui.db import x\nimport json\n", 3),
        (foreign, "def f():\n    import pendulum\n", 0),
    ],
)
def test_each_check_finds_what_it_looks_for(
    check: Callable[[Path], Iterator[str]],
    source: str,
    faults: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "case.py"
    path.write_text(source, "utf-8")
    assert len(list(check(path))) == faults
