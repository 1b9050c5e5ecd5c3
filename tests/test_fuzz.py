"""Every parser under bytes that nobody chose: made up by hypothesis, kept from earlier searches, and searched for anew.

Each is held to the promises of its target in ``tests/fuzz``; ``python -m tests.fuzz`` searches for longer.
"""

import json
import platform
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import missing
from tests.fuzz import planted
from tests.fuzz.__main__ import how_to_see, main
from tests.fuzz.campaign import CORPUS, Outcome, corpus_of, fuzz
from tests.fuzz.scenes import PROGRAM, Scene, held
from tests.fuzz.table import TARGETS
from tests.fuzz.target import CUT, Target

SECONDS = 2
"""For each target, in CI; ``python -m tests.fuzz`` takes more time, and other chances each time."""
SEED = 1
EXAMPLES = 60
MOST_KEPT = 2_000_000
"""Bytes of all kept inputs together."""

every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """The target's own words, any text and any bytes, in any order, cut anywhere."""
    parts = st.one_of(
        st.sampled_from([*target.words, CUT]),
        st.text(max_size=6).map(lambda text: text.encode()),
        st.binary(max_size=6),
    )
    return st.lists(parts, max_size=16).map(b"".join)


@every_target
def test_whatever_comes_in_the_promises_hold(target: Target) -> None:
    """Nothing raises, nothing depends on how the bytes were cut, nothing dangerous comes out."""

    @settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(inputs(target))
    def holds(data: bytes) -> None:
        target.run(data)

    holds()


@every_target
def test_what_was_kept_still_holds(target: Target) -> None:
    """Each kept input leads somewhere that no other does; together they are where hypothesis may not come."""
    kept = corpus_of(target)
    assert kept, f"nothing is kept for {target.name}"
    for file in kept:
        target.run(file.read_bytes())


@every_target
def test_as_much_as_can_come_at_once(target: Target) -> None:
    """The longest input there can be, of one word only: too much for whoever is quadratic, as the timeout finds."""
    for word in {target.words[0], target.words[-1], b"x", b" ", b"\xff", b"\n", "\u0627".encode(), b"[", b'"', b"/"}:
        target.run((word * (target.longest // len(word) + 1))[: target.longest])


def test_the_corpus_stays_small() -> None:
    """It is copied by everybody who has the code, and has no folder without a target."""
    kept = [file for target in TARGETS.values() for file in corpus_of(target)]
    assert sum(file.stat().st_size for file in kept) <= MOST_KEPT
    assert {file.parent.name for file in kept} == set(TARGETS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("destination", b"."),
        ("destination", b".."),
        ("destination", b"chat..example.org"),
        ("config", b'motd = "a\\u0000b"'),
        ("config", b"port = 0x" + b"f" * 4000),
        ("config", b"port = " + b"9" * 4500),
        ("config", b"port = " + b"[" * 2000),
        ("tls", bytes.fromhex("01150303000200000000000000000002282d1e141e7e0001")),
    ],
)
def test_what_was_found_once_is_mended(name: str, data: bytes) -> None:
    """Each of these broke a promise."""
    TARGETS[name].run(data)


@pytest.mark.parametrize("name", ["conversation/flood-that-is-no-text", "row/a-kind-of-tomorrow", "codec/broken-json"])
def test_so_is_what_was_kept_under_a_name(name: str) -> None:
    """The first was remembered line by line, each with all that came in with it; the others raised."""
    TARGETS[name.partition("/")[0]].run((CORPUS / name).read_bytes())


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "chat", "room": "#a b"},
        {"type": "pm", "to": "علی\u2028"},
        {"type": "chat", "text": 7},
        {"type": "chas"},
    ],
)
def test_a_refusal_that_is_remembered_does_not_hold_what_was_being_read(wrong: dict[str, object]) -> None:
    """The reasons of the last few hundred are; an exception that has come of another one would keep its whole segment."""
    scene = Scene(PROGRAM)
    before = held(scene.world)
    for number in range(64):
        line = {"text": "salam", **wrong, "cid": str(number), "more": "x" * 8192}
        scene.visitor.sends(json.dumps(line).encode() + b"\n")
        scene.world.passes(1)
    assert '"cid":"63"' in scene.visitor.sees()
    assert held(scene.world) - before < 65536


# The search, guided by coverage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything is made."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[str, Outcome]:
    """A short search for each target, by the same chances each time: a change is to fail for what it has changed."""
    needs_atheris()
    return {outcome.target: outcome for outcome in fuzz(list(TARGETS.values()), SECONDS, folder, seed=SEED)}


def needs_atheris() -> None:
    """Skip where there is no atheris; where setup.py asks for it, and CI is to have it, fail."""
    if find_spec("atheris") is not None:
        return
    machine = (sys.platform, platform.machine(), platform.python_implementation())
    if machine == ("linux", "x86_64", "CPython") and sys.version_info < (3, 15):
        missing("atheris")
    pytest.skip("there is no atheris for this machine")


@pytest.mark.timeout(600)  # the first one waits for all of them
@every_target
def test_a_short_search_finds_nothing(target: Target, outcomes: dict[str, Outcome]) -> None:
    """Nothing breaks a promise, hangs or takes too much memory, and the kept inputs were the beginning of it."""
    outcome = outcomes[target.name]
    assert not outcome.findings, outcome.log.read_text(errors="replace")[-5000:]
    assert outcome.executions > len(corpus_of(target)), outcome.log.read_text(errors="replace")[-5000:]
    assert outcome.edges > 1


@pytest.mark.timeout(300)
def test_what_is_broken_is_found(tmp_path: Path) -> None:
    """Four bytes that stand nowhere: chance would never find them. The input that did it is there, and breaks it again."""
    needs_atheris()
    (outcome,) = fuzz(list(planted.TARGETS.values()), 120, tmp_path, "tests.fuzz.planted")
    (finding,) = outcome.findings
    assert outcome.executions > 0
    with pytest.raises(AssertionError, match="found"):
        planted.broken(finding.read_bytes())


def test_a_finding_can_be_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the line that is printed with it: without a fuzzer, in one process, where a debugger comes in."""
    file = tmp_path / "crash-1"
    file.write_bytes(b"salam")
    assert main(["command", "--replay", str(file)]) == 0
    assert "command holds its promises" in capsys.readouterr().out
    assert f"python -m tests.fuzz command --replay {file}" in how_to_see(
        Outcome("command", 1, 1, 1, 0, (file,), tmp_path / "log")
    )


def test_a_target_that_is_none_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows their names."""
    with pytest.raises(SystemExit):
        main(["commands"])
    assert "there is no target commands; there are telnet, lines," in capsys.readouterr().err
