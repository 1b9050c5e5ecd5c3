"""Which part may import which: every arrow points one way. Read from the source, without running it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

VOCABULARY = (
    "chatd.details",
    "chatd.events",
    "chatd.requests",
    "chatd.errors",
    "chatd.limits",
    "chatd.folding",
    "chatd.languages",
    "chatd.secret",
    "chatd.text",
    "chatd.timestyle",
    "chatd.words",
)
"""What everybody may speak in."""
CLIENT_VOCABULARY = (
    *VOCABULARY,
    "chatd.wire.commands",
    "chatd.wire.phrases",
    "clients.events",
    "clients.outbox",
    "clients.terminal_text",
    "clients.wording",
)
"""What every part of an interface may speak in."""
EDGES = (
    "chatd.auth",
    "chatd.certificates",
    "chatd.hangup",
    "chatd.journal",
    "chatd.listening",
    "chatd.options",
    "chatd.self_signed",
    "chatd.operators_log",
    "chatd.service",
    "chatd.tap",
)
"""The modules beside the core that put Twisted and the parts together."""
TIME_AND_CHANCE = ("time", "datetime", "secrets", "uuid", "random")
INPUT_AND_OUTPUT = ("socket", "ssl", "select", "selectors", "asyncio", "threading", "subprocess", "os", "io", "pathlib")
FRAMEWORKS = ("twisted", "zope", "prompt_toolkit", "sqlite3")


@dataclass(frozen=True)
class Part:
    """Some modules, what of the project they may know, and what of the rest of the world they may not."""

    name: str
    modules: tuple[str, ...]
    knows: tuple[str, ...]
    forbidden: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    """Exceptions from what is forbidden."""


PARTS = (
    # The first part that a module belongs to counts.
    Part("the assembly", ("chatd.tap",), ("chatd",)),
    Part(
        "the languages",
        ("chatd.languages",),
        (),
        forbidden=(*FRAMEWORKS, "time", "random", "os", "io", "socket", "asyncio"),
    ),
    Part(
        "an edge",
        EDGES,
        ("chatd",),
        forbidden=("sqlite3", "chatd.tap", "chatd.storage.sqlite", "chatd.storage.reading", "chatd.wire"),
    ),
    Part(
        "the wire",
        ("chatd.wire",),
        ("chatd.wire", *VOCABULARY),
        forbidden=(*FRAMEWORKS, *INPUT_AND_OUTPUT, "time", "random", "secrets", "uuid"),
    ),
    Part(
        "the program for operators",
        ("chatd.command",),
        ("chatd.command", "chatd.storage", "chatd.names", "chatd.__version__", *VOCABULARY),
        forbidden=(
            "twisted",
            "zope",
            "prompt_toolkit",
            "socket",
            "asyncio",
            "chatd.storage.sqlite",
            "chatd.storage.reading",
            "chatd.storage.threaded",
        ),
    ),
    Part(
        "storage",
        ("chatd.storage",),
        ("chatd.storage", "chatd.clock", *VOCABULARY),
        forbidden=("socket", "ssl", "asyncio", "prompt_toolkit"),
    ),
    Part(
        "the protocols",
        ("chatd.protocols",),
        ("chatd",),
        forbidden=("sqlite3", "chatd.storage", "chatd.tap", "chatd.service", "chatd.options", "time", "random"),
    ),
    Part(
        "the core",
        ("chatd",),
        ("chatd",),
        forbidden=(
            *FRAMEWORKS,
            *INPUT_AND_OUTPUT,
            *TIME_AND_CHANCE,
            "chatd.wire",
            "chatd.protocols",
            "chatd.storage",
            *EDGES,
        ),
        allowed=("chatd.storage.contract", "random.Random"),
    ),
    Part(
        "the window's text and model",
        ("clients.gui.text", "clients.gui.model"),
        (
            "clients.gui.text",
            "clients.gui.model",
            "clients.presentation",
            "clients.core",
            "clients.rooms",
            *CLIENT_VOCABULARY,
        ),
        forbidden=(*FRAMEWORKS, *INPUT_AND_OUTPUT, "tkinter", "time"),
    ),
    Part(
        "the window's widgets",
        ("clients.gui.log", "clients.gui.main", "clients.gui.login", "clients.gui.input"),
        (
            "clients.gui",
            "clients.presentation",
            "clients.addresses",
            "clients.trust",
            "chatd.__version__",
            *CLIENT_VOCABULARY,
        ),
        forbidden=(*FRAMEWORKS, "asyncio", "socket", "ssl", "clients.gui.worker", "clients.gui.application"),
    ),
    Part("the window", ("clients.gui",), ("clients", "chatd"), forbidden=(*FRAMEWORKS, "clients.console")),
    Part(
        "the console",
        ("clients.console",),
        ("clients", "chatd"),
        forbidden=("twisted", "zope", "sqlite3", "tkinter", "clients.gui"),
    ),
    Part(
        "the clients",
        ("clients",),
        ("clients", "chatd.wire", "chatd.__version__", *VOCABULARY),
        forbidden=(*FRAMEWORKS, "tkinter", "clients.console", "clients.gui"),
    ),
)

REACTOR = "twisted.internet.reactor"
ASSEMBLY = "chatd.tap"


@dataclass(frozen=True)
class Import:
    """One name that a module imports: ``os.path``, ``random.Random``."""

    module: str
    line: int
    target: str
    at_start: bool
    """When the module itself is imported, not in a function, and not for the type checker only."""


def imports_of(module: str, source: str) -> Iterator[Import]:
    """Everything that the source of a module imports."""
    yield from _imports(module, ast.parse(source).body, at_start=True)


def _imports(module: str, nodes: Iterable[ast.AST], at_start: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(module, node.lineno, alias.name, at_start) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively in line {node.lineno}"
            yield from (Import(module, node.lineno, f"{node.module}.{alias.name}", at_start) for alias in node.names)
        else:
            later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _for_types_only(node)
            yield from _imports(module, ast.iter_child_nodes(node), at_start and not later)


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def below(name: str, packages: Iterable[str]) -> bool:
    """Whether this is one of them, or in one of them."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def objections(found: Import) -> Iterator[str]:
    """What is wrong with this import, as sentences."""
    where = f"{found.module.replace('.', '/')}.py, line {found.line}"
    if found.target == REACTOR and found.module != ASSEMBLY:
        yield f"{where}: only {ASSEMBLY} may name the reactor; it must be passed in"
    part = next(part for part in PARTS if below(found.module, part.modules))
    ours = below(found.target, ("chatd", "clients"))
    unknown = ours and not below(found.target, part.knows)
    forbidden = below(found.target, part.forbidden) and not below(found.target, part.allowed)
    if unknown or forbidden:
        yield f"{where}: {part.name} must not import {found.target}"


def circles(imports: Iterable[Import], modules: frozenset[str]) -> Iterator[str]:
    """Modules that need each other before either can be imported."""
    needs: dict[str, set[str]] = {module: set() for module in modules}
    for found in imports:
        package = found.target.rpartition(".")[0]
        target = found.target if found.target in modules else package
        if found.at_start and target in modules and target != found.module:
            needs[found.module].add(target)
    while ready := {module for module, needed in needs.items() if not needed & needs.keys()}:
        needs = {module: needed for module, needed in needs.items() if module not in ready}
    if needs:
        yield f"modules that import each other in a circle, or depend on one: {', '.join(sorted(needs))}"


def sources() -> dict[str, str]:
    """Every module of the project, by its name."""
    found = {}
    for top in ("chatd", "clients"):
        for path in sorted((ROOT / top).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = path.read_text(encoding="utf-8")
    return found


SOURCES = sources()


@pytest.mark.parametrize("module", SOURCES)
def test_every_arrow_points_the_right_way(module: str) -> None:
    """No module imports what its part must not know."""
    wrong = [sentence for found in imports_of(module, SOURCES[module]) for sentence in objections(found)]
    assert not wrong, "\n".join(wrong)


def test_no_two_modules_need_each_other() -> None:
    """Each can be imported, and understood, after those it imports."""
    imports = [found for module, source in SOURCES.items() for found in imports_of(module, source)]
    wrong = list(circles(imports, frozenset(SOURCES)))
    assert not wrong, "\n".join(wrong)


def test_the_parts_are_all_there() -> None:
    """The table speaks of modules that exist: a renamed part would be watched no more."""
    named = {module for part in PARTS for module in part.modules} | set(VOCABULARY)
    assert named <= SOURCES.keys()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chatd.room", "import twisted"),
        ("chatd.room", "from twisted.internet import defer"),
        ("chatd.room", "def f():\n    import time"),
        ("chatd.chat", "from random import choice"),
        ("chatd.chat", "import random"),
        ("chatd.chat", "from chatd.storage.memory import MemoryStore"),
        ("chatd.chat", "from chatd import tap"),
        ("chatd.log", "from chatd.wire.text import TextForm"),
        ("chatd.log", "if TYPE_CHECKING:\n    from chatd.protocols.outlet import Outlet"),
        ("chatd.wire.text", "from chatd.session import Session"),
        ("chatd.wire.text", "from chatd import room"),
        ("chatd.wire.text", "import socket"),
        ("chatd.wire.text", "from chatd.storage.contract import Page"),
        ("chatd.storage.sqlite", "from chatd.wire.text import TextForm"),
        ("chatd.storage.sqlite", "from chatd.session import Session"),
        ("chatd.command.check", "from chatd.storage.threaded import open_sqlite"),
        ("chatd.command.check", "from twisted.internet import defer"),
        ("chatd.protocols.line", "import sqlite3"),
        ("chatd.protocols.line", "from chatd.storage.contract import Store"),
        ("chatd.protocols.line", "from twisted.internet import reactor"),
        ("chatd.service", "def f():\n    from twisted.internet import reactor"),
        ("chatd.service", "import twisted.internet.reactor"),
        ("chatd.service", "from chatd.tap import makeService"),
        ("clients.chat", "from chatd.session import Session"),
        ("clients.chat", "from twisted.internet import defer"),
    ],
)
def test_a_wrong_import_is_noticed(module: str, source: str) -> None:
    """Wherever it stands, and however it is written; the sentence names the file and the import."""
    (sentence,) = (sentence for found in imports_of(module, source) for sentence in objections(found))
    assert f"{module.replace('.', '/')}.py, line " in sentence
    assert "import" in sentence or "reactor" in sentence


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chatd.chat", "from random import Random"),
        ("chatd.chat", "from chatd.storage.contract import Store"),
        ("chatd.tap", "from twisted.internet import reactor"),
        ("chatd.wire.text", "from chatd.events import Message"),
        ("chatd.protocols.line", "from chatd.session import Session"),
        ("clients.chat", "import asyncio"),
    ],
)
def test_a_right_import_is_left_alone(module: str, source: str) -> None:
    """What the design asks for is allowed."""
    assert not [sentence for found in imports_of(module, source) for sentence in objections(found)]


def test_a_circle_is_noticed() -> None:
    """Of three modules in a circle none could be understood first; what only the type checker reads makes none."""
    modules = frozenset({"chatd.a", "chatd.b", "chatd.c"})
    chain = [*imports_of("chatd.a", "import chatd.b"), *imports_of("chatd.b", "from chatd.c import x")]
    back = "from chatd import a"
    assert not list(circles([*chain, *imports_of("chatd.c", f"def f():\n    {back}")], modules))
    assert not list(circles([*chain, *imports_of("chatd.c", f"if TYPE_CHECKING:\n    {back}")], modules))
    (sentence,) = circles([*chain, *imports_of("chatd.c", back)], modules)
    assert "chatd.a, chatd.b, chatd.c" in sentence
