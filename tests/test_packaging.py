"""What people install is what is tested: wheel, ``pip install .`` and ``pip install -e .``, each from any folder.

Works on copies of the tree, and leaves nothing in it.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

import chatd
from tests.processes import ROOT, Visitor, environment, running

pytestmark = pytest.mark.timeout(600)  # several downloads

CLEAN = environment()
NOT_SOURCE = shutil.ignore_patterns(
    ".git",
    ".venv*",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "*.egg-info",
    "build",
    "dist",
    "dropin.cache",
    "chatd.db*",
)


def run(*command: str | Path, cwd: Path | str = "/", env: dict[str, str] = CLEAN) -> str:
    """Run a program to its end, which must be a good one; what it said is returned."""
    ended = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment."""

    folder: Path

    def program(self, name: str) -> Path:
        """One of its programs."""
        return self.folder / "bin" / name

    def pip(self, *arguments: str | Path) -> None:
        """Install something, or the contrary."""
        run(self.program("python"), "-m", "pip", "--quiet", *arguments)

    def plugins(self) -> set[str]:
        """What its twistd offers to run, asked in a folder that has nothing to do with it."""
        return set(re.findall(r"^    (\w+) ", run(self.program("twistd"), "--help"), re.MULTILINE))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree."""
    folder = tmp_path_factory.mktemp("source") / "chatd"
    shutil.copytree(ROOT, folder, ignore=NOT_SOURCE)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive, which so is known to be complete."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--outdir", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment in which nothing is installed but the wheel and what it asks for."""
    clean = Environment(tmp_path_factory.mktemp("clean") / "venv")
    run(sys.executable, "-m", "venv", clean.folder)
    clean.pip("install", wheel)
    return clean


@contextmanager
def uninstalled(environment: Environment, wheel: Path) -> Iterator[None]:
    """Without chatd until the end of the block, but with all else."""
    environment.pip("uninstall", "--yes", "chatd")
    try:
        yield
    finally:
        environment.pip("install", "--no-deps", "--force-reinstall", wheel)


def test_the_wheel_holds_the_packages_the_plugin_and_nothing_else(wheel: Path) -> None:
    """No tests, no cache of plugins, no __init__.py that hides the plugin or Twisted; all modules, schemas, catalogues."""
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    modules = [*(ROOT / "chatd").rglob("*.py"), *(ROOT / "clients").rglob("*.py")]
    expected = {str(path.relative_to(ROOT)) for path in modules}
    read = [*(ROOT / "chatd").rglob("*.sql"), *(ROOT / "chatd").rglob("*.mo")]
    data = {"chatd/py.typed", *(str(path.relative_to(ROOT)) for path in read)}
    assert names == expected | data | {"twisted/plugins/chatd_plugin.py"}


def test_the_wheel_is_of_this_version_and_brings_its_licence(wheel: Path) -> None:
    """The version stands in one place."""
    archive = ZipFile(wheel)
    metadata = archive.read(f"chatd-{chatd.__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {chatd.__version__}\n" in metadata
    assert re.search(r"^License(-Expression)?: MIT$", metadata, re.MULTILINE)
    assert [name for name in archive.namelist() if name.endswith("/LICENSE")]


def test_twistd_knows_chatd_from_any_folder(installed: Environment) -> None:
    """Installed is installed: the tree is not needed."""
    assert "chatd" in installed.plugins()
    assert "[default: 5050]" in run(installed.program("twistd"), "chatd", "--help")


def test_the_clients_can_be_imported(installed: Environment) -> None:
    """They are a package like any other."""
    run(installed.program("python"), "-c", "import clients")


def test_the_installed_server_keeps_its_history_where_it_is_started(installed: Environment, tmp_path: Path) -> None:
    """In an empty folder: a line is said and heard, and the database is there, for its owner only, and nothing else."""
    with running([installed.program("twistd"), "-n", "chatd", "--port", "0"], tmp_path, CLEAN) as server:
        converse(server.port)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chatd.db", "chatd.db.mark"]
    assert stat.S_IMODE((tmp_path / "chatd.db").stat().st_mode) == 0o600
    assert "is whole (messages: 1," in run(installed.program("chatd"), "check", tmp_path / "chatd.db")


def test_the_installed_server_runs_from_the_root_folder(installed: Environment, tmp_path: Path) -> None:
    """Where no file of ours could be found by accident."""
    store = f"sqlite:{tmp_path / 'history'}"
    command = [str(installed.program("twistd")), "-n", "--pidfile=", "chatd", "--port", "0", "--store", store]
    with running(command, Path("/"), CLEAN) as server:
        converse(server.port)
    assert (tmp_path / "history").exists()


def test_uninstalling_leaves_twisted_whole(installed: Environment, wheel: Path) -> None:
    """There is a file of ours beside Twisted's own; only that one goes."""
    with uninstalled(installed, wheel):
        assert "chatd" not in installed.plugins()
        run(installed.program("python"), "-c", "import twisted.internet.reactor, twisted.plugins")


def test_an_editable_install_is_known_from_any_folder(installed: Environment, wheel: Path, source: Path) -> None:
    """Twisted finds plugins in folders on the path only: an import hook, which pip prefers, would hide this one."""
    with uninstalled(installed, wheel):
        installed.pip("install", "--no-deps", "--editable", source)
        try:
            assert "chatd" in installed.plugins()
            where = run(installed.program("python"), "-c", "import chatd, clients; print(chatd.__file__)")
            assert where.strip() == str(source / "chatd" / "__init__.py")
        finally:
            installed.pip("uninstall", "--yes", "chatd")


def test_the_line_of_the_readme_starts_a_server(tmp_path: Path) -> None:
    """As it stands there, in a fresh copy of the tree, but on a free port."""
    folder = tmp_path / "chatd"
    shutil.copytree(ROOT, folder, ignore=NOT_SOURCE)
    (line,) = re.findall(
        r"^    (python3 -m venv .*twistd -n chatd)$", (ROOT / "README.rst").read_text("utf-8"), re.MULTILINE
    )
    set_up, _, start = line.rpartition(" && ")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run("sh", "-ec", set_up, cwd=folder, env={**CLEAN, "PATH": path})
    with running([folder / start.split()[0], *start.split()[1:], "--port", "0"], folder, CLEAN) as server:
        converse(server.port)
    assert (folder / "chatd.db").exists()


def converse(port: int) -> None:
    """One says something, and another hears it."""
    ali, sara = Visitor(port), Visitor(port)
    ali.types("ali")
    ali.sees()
    sara.types("سارا")
    sara.sees()
    ali.sees()
    sara.types("سلام!")
    assert "سلام!" in ali.sees()
    ali.goes()
    sara.goes()
