"""The command line of the console, and the files it keeps."""

import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.languages import ENGLISH, PERSIAN
from chatd.requests import Request
from chatd.timestyle import TimeStyle
from chatd.wire.commands import parse as parse_line
from clients.addresses import Address
from clients.console.history import MOST_LINES, LineHistory
from clients.console.options import Options, parse
from clients.folders import config_folder, state_folder
from clients.presentation.secrecy import may_be_kept
from clients.trust import Wish, fingerprint_of

FINGERPRINT = fingerprint_of(b"a certificate")


def test_without_options_it_is_the_server_of_this_machine() -> None:
    """One word is enough to join."""
    expected = Options(
        address=Address("localhost", 5050),
        name=None,
        wish=Wish.NOTHING,
        ca=None,
        trust=None,
        password_file=None,
        language=ENGLISH,
        plain=False,
        style=TimeStyle.ON,
    )
    assert parse([]) == expected


def test_everything_can_be_said() -> None:
    """All options at once."""
    given_options = [
        "--plain",
        "--tls",
        "--trust",
        FINGERPRINT.lower(),
        "--password-file",
        "p",
        "--time",
        "off",
        "--lang",
        "fa_IR.UTF-8",
        "ali@h:1",
    ]
    assert parse(given_options) == Options(
        address=Address("h", 1),
        name="ali",
        wish=Wish.TLS,
        ca=None,
        trust=FINGERPRINT,
        password_file=Path("p"),
        language=PERSIAN,
        plain=True,
        style=TimeStyle.OFF,
    )
    assert parse(["--plaintext", "h"]).wish is Wish.PLAINTEXT
    assert parse(["--ca", "ca.pem", "h"]).ca == Path("ca.pem")


@pytest.mark.parametrize("option", [["--ca", "ca.pem"], ["--trust", FINGERPRINT]])
def test_who_says_whom_to_trust_gets_tls(option: list[str]) -> None:
    """To this machine too: in clear there would be nothing to check."""
    assert parse([*option, "localhost"]).wish is Wish.TLS


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["@localhost"], "error: There is no name before the @."),
        (["localhost:http"], "error: A port is a number from 1 to 65535; chatd's is 5050."),
        (["--trust", "AB:CD", "h"], "A fingerprint is 64 hexadecimal digits"),
        (["--tls", "--plaintext"], "not allowed with argument --tls"),
        (["--plaintext", "--ca", "f"], "--ca and --trust are about TLS, which --plaintext turns off"),
        (["--ca", "f", "--trust", FINGERPRINT], "two ways to trust a server"),
        (["--lang", "xx"], "There is no language xx here. There are: en (English), \u2068fa (فارسی)\u2069."),
        (["--lang"], "--lang: expected one argument"),
        (["--time", "never"], "error: --time is one of on, off, date, not never."),
        (["--time"], "--time: expected one argument"),
        (["--plain=yes"], "--plain: ignored explicit argument 'yes'"),
        (["--dance"], "unrecognized arguments: --dance"),
        (["a", "b"], "unrecognized arguments: b"),
    ],
)
def test_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    """Exit status 2, and why."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


@given(st.lists(st.text(max_size=20), max_size=4))
def test_no_command_line_is_too_strange(arguments: list[str]) -> None:
    """It is understood, or the program ends in the usual way."""
    with suppress(SystemExit):
        assert isinstance(parse(arguments), Options)


def test_files_are_where_others_keep_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The XDG Base Directory Specification; a relative path in the environment is to be ignored."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert config_folder({}) == tmp_path / ".config" / "chatd"
    assert state_folder({}) == tmp_path / ".local" / "state" / "chatd"
    assert config_folder({"XDG_CONFIG_HOME": "/x"}) == Path("/x/chatd")
    assert state_folder({"XDG_STATE_HOME": "relative"}) == tmp_path / ".local" / "state" / "chatd"


def test_lines_are_kept_for_the_next_time(tmp_path: Path) -> None:
    """The newest first, as the up key wants them; in a file that nobody else can read."""
    path = tmp_path / "chatd" / "history"
    history = LineHistory(path)
    history.append_string("salam")
    history.append_string("خداحافظ")
    assert list(LineHistory(path).load_history_strings()) == ["خداحافظ", "salam"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_history_does_not_grow_for_ever(tmp_path: Path) -> None:
    """The last lines stay."""
    path = tmp_path / "history"
    path.write_text("".join(f"line {number}\n" for number in range(MOST_LINES + 500)), "utf-8")
    kept = list(LineHistory(path).load_history_strings())
    assert len(kept) == MOST_LINES
    assert kept[0] == f"line {MOST_LINES + 499}"
    assert path.read_text("utf-8").splitlines() == kept[::-1]
    assert [file.name for file in tmp_path.iterdir()] == ["history"]


def test_a_damaged_history_is_no_reason_to_fail(tmp_path: Path) -> None:
    """What cannot be read is shown as such, and controls do not come back."""
    path = tmp_path / "history"
    path.write_bytes(b"salam\n\xff\xfe\n")
    history = LineHistory(path)
    history.append_string("a\x1b[31mb")
    assert list(LineHistory(path).load_history_strings()) == ["a\ufffd[31mb", "\ufffd\ufffd", "salam"]


@pytest.mark.parametrize(
    "line", ["salam", "/pm sara salam", "/pm sara", " /history soon", "/who", "//x", "my password is x"]
)
def test_usual_lines_are_kept(line: str) -> None:
    """Commands that were used wrongly too: they are brought back to be mended."""
    assert may_be_kept(line, understood(line))


@pytest.mark.parametrize(
    "line",
    [
        "/registre correct horse",
        "/pasword old new",
        "/regiser x",
        " /logn ali horse",
        "/LOGNI ali horse",
        "/reg horse",
        " /login ali horse",
        "\u200b/login ali horse",
        "/ login ali horse",
        "/pw old new",
        "/claim horse",
        "/signin ali horse",
        "/identify horse",
        "/horse",
    ],
)
def test_a_password_behind_a_mistyped_command_is_not_kept(line: str) -> None:
    """Nobody should find it there later."""
    assert not may_be_kept(line, understood(line))


@pytest.mark.parametrize("line", ["/register horse", "/login ali horse", "/password old new"])
def test_a_password_is_not_kept(line: str) -> None:
    """Nor the command, whether this version knows it or not."""
    assert not may_be_kept(line, understood(line))


def understood(line: str) -> Request:
    """What a line means."""
    request = parse_line(line)
    assert request is not None
    return request
