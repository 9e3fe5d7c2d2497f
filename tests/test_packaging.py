"""What is shipped is what was tested: the wheel in a clean environment, with declared dependencies only."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.pty import Terminal

ROOT = Path(__file__).parent.parent
APP = (ROOT / "ubtui/app.py").exists()

SERVER_ONLY = {"ubtui.db.pg"}  # needs the extra [postgres]

Run = Callable[..., subprocess.CompletedProcess[str]]


def build(kind: str, source: Path, target: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def shipped() -> set[str]:
    """Every file of the package and of the styles in the checkout, as it must stand in the wheel."""
    kept = set()
    for top, inside in (("ubtui", "ubtui"), ("styles", "ubtui/styles")):
        for path in (ROOT / top).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                kept.add(f"{inside}/{path.relative_to(ROOT / top).as_posix()}")
    return kept


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_package_its_styles_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {entry for entry in archive.namelist() if ".dist-info/" not in entry}
        notes = {entry.split("/", 1)[1] for entry in archive.namelist() if ".dist-info/" in entry}
    assert held == shipped()
    assert any(entry.startswith("ubtui/styles/") and entry.endswith(".tcss") for entry in held)
    assert "licenses/LICENSE" in notes


def test_a_wheel_built_from_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "again")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert {e.filename: e.CRC for e in first.infolist()} == {e.filename: e.CRC for e in second.infolist()}


def closure(names: list[str]) -> set[str]:
    """The installed distributions that these bring with them, by declared need, extras included."""
    found: set[str] = set()
    todo = [Requirement(name) for name in names]
    while todo:
        asked = todo.pop()
        found.add(asked.name)
        for line in metadata.requires(asked.name) or []:
            needed = Requirement(line)
            wanted = any(
                needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in {"", *asked.extras}
            )
            if wanted and needed.name not in found:
                todo.append(needed)
    return found


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and what it declares, and nothing else.

    The dependencies are linked from this environment, so that no registry is asked.
    """
    folder = tmp_path_factory.mktemp("clean") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        (declared,) = [entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA")]
        text = archive.read(declared).decode()
    runtime = [line for line in re.findall(r"^Requires-Dist: (.+)$", text, re.M) if "extra ==" not in line]
    for name in sorted(closure(runtime)):
        for file in metadata.files(name) or []:
            top = file.parts[0]
            if top in ("..", "__pycache__") or (packages / top).exists():
                continue
            (packages / top).symlink_to(Path(str(metadata.distribution(name).locate_file(top))))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder / "bin"


@pytest.fixture
def run(clean: Path, tmp_path: Path) -> Run:
    """Run a program of the clean environment in an empty folder that is also its home."""

    def run(program: str, *argv: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(clean / program), *argv],
            cwd=tmp_path,
            env=home(tmp_path),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def home(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def test_every_module_runs_on_the_declared_dependencies(run: Run, clean: Path) -> None:
    modules = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in shipped()
        if name.endswith(".py") and not name.endswith("/__main__.py")
    }
    code = "import importlib, sys\nfor name in sys.argv[1:]: print(importlib.import_module(name).__file__)"
    files = run("python", "-c", code, *sorted(modules - SERVER_ONLY)).stdout.split()
    assert len(files) == len(modules - SERVER_ONLY)
    assert all(Path(file).is_relative_to(clean.parent) for file in files), "the checkout was imported"
    for undeclared in ("pytest", "psycopg", "hypothesis"):
        run("python", "-c", f"import {undeclared}", code=1)


@pytest.mark.skipif(not APP, reason="no app yet")
def test_the_installed_program_opens_its_worklist_and_quits(run: Run, clean: Path, tmp_path: Path) -> None:
    run("ubtui", "demo", "district", "--accounts", "40", "--seed", "7")
    listed = json.loads(run("ubtui", "worklist", "export", "--format", "json", "--data", "district").stdout)
    first = next(item["account"] for item in listed if item["account"])
    with Terminal([clean / "ubtui", "--data", "district"], cwd=tmp_path, env=dict(home(tmp_path))) as terminal:
        terminal.wait_for("Worklist")
        terminal.wait_for(first)
        terminal.press("q")
        assert terminal.exit_code() == 0
        assert b"\x1b[?1049l" in terminal.log, "the person's own screen comes back"


@pytest.mark.skipif(not APP, reason="no app yet")
def test_without_a_terminal_it_says_so(run: Run) -> None:
    run("ubtui", "demo", "district", "--accounts", "40", "--seed", "7")
    said = run("ubtui", "--data", "district", code=2).stderr
    assert "export" in said and "Traceback" not in said
