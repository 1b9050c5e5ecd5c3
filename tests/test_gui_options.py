"""The command line of the window, and what stands in the login window because of it."""

from pathlib import Path

import pytest

from chatd.languages import ENGLISH, PERSIAN
from chatd.secret import Secret
from clients.addresses import Address
from clients.gui.__main__ import first_typed
from clients.gui.options import Options, parse
from clients.gui.remembered import Remembered
from clients.trust import Wish
from clients.wording import Told, language


def parsed(*arguments: str, **environment: str) -> Options:
    """The options of a person with this environment."""
    return parse(arguments, environment)


def test_without_arguments_everything_is_asked_for() -> None:
    """The usual way to start a program with a window."""
    options = parsed()
    assert (options.server_given, options.name, options.address) == (False, None, Address())


def test_name_and_server_can_be_given() -> None:
    """As for the console: ali@host."""
    options = parsed("ali@chat.example.org:5051")
    assert (options.server_given, options.name, options.address) == (True, "ali", Address("chat.example.org", 5051))


@pytest.mark.parametrize(
    ("arguments", "chosen", "environment", "spoken"),
    [
        ((), "", {}, ENGLISH),
        ((), "", {"LANG": "fa_IR.UTF-8"}, PERSIAN),
        ((), "en", {"LANG": "fa_IR.UTF-8"}, ENGLISH),
        (("--lang", "fa"), "en", {}, PERSIAN),
        (("--lang", "en"), "fa", {"LANG": "fa_IR.UTF-8"}, ENGLISH),
    ],
)
def test_the_language_is_that_of_the_option_else_the_chosen_one_else_the_systems(
    arguments: tuple[str, ...], chosen: str, environment: dict[str, str], spoken: object
) -> None:
    """What was said last counts most."""
    assert parse(arguments, environment, chosen).language is spoken
    assert language() is spoken


def test_help_speaks_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    """And tells what the program is called."""
    with pytest.raises(SystemExit) as ended:
        parsed("--help")
    assert ended.value.code == 0
    assert "chatd-gui" in capsys.readouterr().out


def test_what_contradicts_itself_is_refused_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """With the status of all wrong options."""
    with pytest.raises(SystemExit) as ended:
        parsed("--plaintext", "--ca", "ca.pem")
    assert ended.value.code == 2
    assert "--plaintext turns off" in capsys.readouterr().err


# What stands in the login window

KEPT = Remembered(server="chat.example.org", name="sara", wish=Wish.PLAINTEXT)


def test_what_worked_the_last_time_stands_there() -> None:
    """One press of Return is enough."""
    typed = first_typed(parsed(), KEPT)
    assert (typed.server, typed.name, typed.wish, typed.password) == ("chat.example.org", "sara", Wish.PLAINTEXT, None)


def test_at_first_it_is_the_server_of_this_machine() -> None:
    """Which may well be there."""
    assert first_typed(parsed(), Remembered()).server == "localhost"


def test_what_is_given_counts_more() -> None:
    """And is written as a person would."""
    typed = first_typed(parsed("ali@other.example.org"), KEPT)
    assert (typed.server, typed.name) == ("other.example.org", "ali")
    assert first_typed(parsed("other.example.org:5051"), KEPT).server == "other.example.org:5051"


def test_a_wish_for_plaintext_does_not_pass_to_another_server() -> None:
    """It was about the server that it was said about."""
    assert first_typed(parsed("other.example.org"), KEPT).wish is Wish.NOTHING
    assert first_typed(parsed("chat.example.org"), KEPT).wish is Wish.PLAINTEXT
    assert first_typed(parsed("chat.example.org", "--tls"), KEPT).wish is Wish.TLS


def test_a_password_is_read_from_its_file(tmp_path: Path) -> None:
    """It stands on no command line."""
    file = tmp_path / "password"
    file.write_text("secret\n", "utf-8")
    assert first_typed(parsed("--password-file", str(file)), KEPT).password == Secret("secret")
    with pytest.raises(Told, match="cannot be read"):
        first_typed(parsed("--password-file", str(tmp_path / "none")), KEPT)
