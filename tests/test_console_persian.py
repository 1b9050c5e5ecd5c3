"""The console in Persian: what is shown, how it begins to speak it, and the program itself at a terminal."""

import asyncio
import re
import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from chatd.languages import ENGLISH, PERSIAN
from chatd.requests import Help, Register, SetLanguage, SetTime
from chatd.secret import Secret
from chatd.timestyle import TimeStyle
from clients import events
from clients.console.ending import NOT_REACHED
from clients.console.options import parse
from clients.console.questions import is_yes
from clients.console.toolbar import Status, Unread, toolbar, width
from clients.events import Said, State
from clients.options import wanted_language
from clients.outbox import Pending
from clients.presentation.completion import complete
from clients.presentation.local import answer
from clients.presentation.rendering import Renderer, plain
from clients.presentation.trouble import trouble
from clients.wording import language, say, speak
from tests.programs import piped
from tests.servers import HOST, PATIENCE, serving
from tests.terminals import terminal
from tests.test_console_completion import Chat
from tests.test_console_program import CONSOLE, environment

AT = datetime(2026, 11, 21, 14, 3, tzinfo=UTC).timestamp()
YESTERDAY = AT - 24 * 3600
SALAM = Said("#lobby", 7, "ali", "salam", AT)
LETTER = Said("@", 3, "علی", "سلام", AT, to="sara")
LOST = Pending("c", "#lobby", "", "salam", acted=False, at=0.0)
ROWS = (events.RoomRow("#lobby", 12, "exams", joined=True), events.RoomRow("#dev", 1, "", joined=False))

EXAMPLES: tuple[events.Event, ...] = (
    SALAM,
    LETTER,
    events.StateChanged(State.ONLINE),
    events.Welcomed("ali", account=True, motd="", again=False, session=Secret("s")),
    events.Welcomed("ali", account=False, motd="", again=False, session=Secret("s")),
    events.Welcomed("ali", account=False, motd="", again=True, session=Secret("s")),
    events.PasswordWanted("ali", wrong=False),
    events.NameWanted(""),
    events.Named("ali"),
    events.Came("#lobby", ("sara",), AT),
    events.Came("#dev", ("a", "b", "c", "d"), AT),
    events.Went("#lobby", ("sara", "reza"), AT),
    events.Renamed("#lobby", "ali", "reza", AT),
    events.TopicChanged("#lobby", "exams", "sara", AT),
    events.TopicChanged("#lobby", "", "sara", AT),
    events.TopicChanged("#lobby", "exams", "", AT),
    events.TopicChanged("#lobby", "", "", AT),
    events.TopicTold("#lobby", "exams"),
    events.TopicTold("#lobby", ""),
    events.PeopleChanged("#lobby"),
    events.Entered("#tea", "exams", again=False),
    events.CurrentChanged("#tea"),
    events.Departed("#tea", "#lobby"),
    events.Departed("#tea", None),
    events.Acked(LOST, "#lobby", 7, AT),
    events.NotSent(LOST, ""),
    events.Gap("#lobby", 12),
    events.HistoryReset("#lobby"),
    events.History("#lobby", (SALAM,), more=True),
    events.History(None, (), more=False),
    events.History("#lobby", (SALAM,), more=False, gone=True),
    events.Found("#lobby", "salam", (SALAM,), more=True),
    events.Found("#lobby", "salam", (), more=False),
    events.Present("#lobby", (("ali", "192.0.2.7"),)),
    events.Present(None, (("ali", ""),)),
    events.RoomsListed(ROWS, 3),
    events.Ignored(()),
    events.Ignored(("ali",)),
    events.Ignored(("ali",), "ali"),
    events.Ignored((), "ali"),
    events.Local(Help()),
    events.NewPasswordWanted(Register()),
    events.Waiting("ali"),
    events.Claimed("ali"),
    events.PasswordChanged(),
    events.Problem(""),
    events.Bye("shutdown", ""),
)

UNANSWERED = "The conversation has ended, and it is not known whether this was said: {text}"
_ISOLATED = re.compile("\u2068[^\u2067-\u2069]*\u2069")
_COMMAND = re.compile("\u200e[/#-][-a-z#]+( (#ROOM|NAME|on|text|history)\\b)?")
_SAID = re.compile(r"\] [^ ]*: .*|^[a-z]+( \(.*\))?$")
"""What people have written, and the rows of ``/who``: names and addresses only."""


def foreign_words(line: str) -> list[str]:
    """The Latin words of a line that are neither a value, which is isolated, nor a command."""
    rest = _COMMAND.sub("", _SAID.sub("", line))
    while _ISOLATED.search(rest):
        rest = _ISOLATED.sub("", rest)
    return re.findall("[A-Za-z]{2,}", rest)


@pytest.fixture
def renderer() -> Renderer:
    """Somebody in #lobby, who reads Persian, and whose clock shows UTC."""
    speak(PERSIAN)
    renderer = Renderer(UTC, current="#lobby")
    renderer.lines(SALAM, AT)
    return renderer


def shown(renderer: Renderer, event: Any) -> list[str]:
    """The lines for an event, without styles."""
    return [plain(line) for line in renderer.lines(event, AT)]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_no_event_is_told_in_english(renderer: Renderer, event: events.Event) -> None:
    """All that is left in Latin letters is what people are called and write, and commands; digits are Persian."""
    for line in shown(renderer, event):
        assert foreign_words(line) == []
        assert line.count("\u2068") + line.count("\u2067") == line.count("\u2069")
        assert not re.search("[0-9]", _ISOLATED.sub("", _SAID.sub("", line)))


def test_every_event_has_an_example_here() -> None:
    """A new one is to be seen in Persian as well."""
    assert {type(event) for event in EXAMPLES} == set(get_args(events.Event))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (SALAM, "[۱۴:۰۳] ali: salam"),
        (LETTER, "[پیام خصوصی از \u2068علی\u2069، ۱۴:۰۳]: \u2068سلام\u2069"),
        (replace(LETTER, own=True), "[پیام خصوصی به \u2068sara\u2069، ۱۴:۰۳]: \u2068سلام\u2069"),
        (events.Named("علی"), "* \u2067نام شما اکنون \u2068علی\u2069 است.\u2069"),
        (events.CurrentChanged("#lobby"), "* \u2067آنچه می‌گویید به \u2068\u200e#lobby\u2069 می‌رود.\u2069"),
    ],
    ids=["said", "private", "private, own", "named", "current"],
)
def test_values_stand_apart_in_their_order(renderer: Renderer, event: events.Event, line: str) -> None:
    """In logical order: terminals turn it around, and the isolates say what belongs together."""
    renderer.lines(events.Entered("#lobby", "", again=True), AT)
    assert shown(renderer, event) == [line]


def test_days_are_those_of_the_persian_calendar(renderer: Renderer) -> None:
    """Between the days, in times with a date, and in what was said on another day."""
    assert shown(renderer, replace(SALAM, at=YESTERDAY))[0] == "──── جمعه ۲۹ آبان ۱۴۰۵ ────"
    assert shown(renderer, SALAM)[0] == "──── شنبه ۳۰ آبان ۱۴۰۵ ────"
    earlier = events.History("#lobby", (replace(SALAM, at=YESTERDAY),), more=False)
    assert shown(renderer, earlier)[1] == "[۱۴۰۵/۰۸/۲۹ ۱۴:۰۳] ali: salam"
    renderer.style = TimeStyle.DATE
    assert shown(renderer, SALAM) == ["[۱۴۰۵/۰۸/۳۰ ۱۴:۰۳] ali: salam"]


def test_a_line_that_cannot_be_sent_is_given_back_once(renderer: Renderer) -> None:
    """Whether the sentence has it at its end, isolated, or the server did not say it."""
    assert len(shown(renderer, events.NotSent(LOST, "این بلند است."))) == 2
    lost = replace(LOST, text="سلام")
    assert len(shown(renderer, events.NotSent(lost, say(UNANSWERED, text=lost.text), quoted=True))) == 1


def bar(status: Status, columns: int) -> str:
    """The toolbar, without its colours."""
    return "".join(text for _, text in toolbar(status, columns))


BUSY = Status(
    server="chat.example.org:5050",
    name="علی",
    room="#کلاس",
    people=12,
    unread=(Unread("#dev", 3), Unread("@", 1, mentions=1)),
    topic="امتحان",
)


def test_the_toolbar_fits_into_40_columns() -> None:
    """Its pieces stay side by side, each in its own direction, and what matters least is left out."""
    speak(PERSIAN)
    assert bar(BUSY, 40) == " \u2068#کلاس\u2069  \u2068۱۲ نفر\u2069  \u2068خصوصی\u2069 ۱!  #dev ۳"
    assert width(toolbar(BUSY, 40)) <= 40
    offline = replace(BUSY, trouble=trouble(State.WAITING, AT))
    assert re.search("آفلاین، تلاش بعدی ساعت [۰-۹]{2}:[۰-۹]{2}:[۰-۹]{2}", bar(offline, 60))
    assert width(toolbar(offline, 40)) <= 40
    assert "بی اتاق" in bar(Status(server="localhost:5050"), 40)


def test_the_language_can_be_changed_while_one_talks(renderer: Renderer) -> None:
    """The answer, and all that comes after it, is in the new one; a day that has begun is not told again."""
    said = [plain(line) for line in answer(SetLanguage("en"), renderer)]
    assert said == ["* From now on English is spoken here."]
    assert language() is ENGLISH
    assert shown(renderer, SALAM) == ["[14:03] ali: salam"]
    assert bar(BUSY, 40).endswith("private 1!  #dev 3")
    (line,) = answer(SetLanguage("fa"), renderer)
    assert "فارسی" in plain(line)
    assert shown(renderer, SALAM) == ["[۱۴:۰۳] ali: salam"]


def test_each_language_is_offered_in_itself(renderer: Renderer) -> None:
    """For whoever came to one that they cannot read."""
    for spoken in (ENGLISH, PERSIAN):
        speak(spoken)
        english, persian = (plain(line) for line in answer(SetLanguage(), renderer))
        assert "With /lang en English is spoken here." in english
        assert "\u200e/lang fa" in persian
        assert "می‌شود" in persian


def test_what_the_program_answers_by_itself_is_persian(renderer: Renderer) -> None:
    """How times are shown, and what is wrong with a command's name; how a command is written stays as it is."""
    for style in TimeStyle:
        (line,) = answer(SetTime(style), renderer)
        assert foreign_words(plain(line)) == []
    explained = [plain(line) for line in answer(Help("pm"), renderer)]
    assert "/pm NAME text" in explained[0]


@pytest.mark.parametrize(("typed", "agreed"), [("بله", True), ("y", True), ("نه", False), (" No ", False)])
def test_a_question_can_be_answered_in_either_language(typed: str, agreed: bool) -> None:
    """Whichever keyboard is in use; what is neither is asked again."""
    answers = iter(["شاید", typed])

    async def ask(*questions: str, secret: bool = False) -> list[str] | None:
        assert (questions, secret) == (("؟",), False)
        return [next(answers)]

    assert asyncio.run(is_yes(ask, "؟")) is agreed


def test_tab_completes_the_codes_of_languages() -> None:
    """All there are."""
    assert complete("/lang ", Chat())[1] == ["en ", "fa "]
    assert complete("/lang f", Chat())[1] == ["fa "]


@pytest.mark.parametrize(
    ("arguments", "variables", "code"),
    [
        ([], {}, "en"),
        ([], {"LANG": "fa_IR.UTF-8"}, "fa"),
        ([], {"LANG": "fa_IR.UTF-8", "LC_ALL": "C"}, "en"),
        (["--lang", "fa"], {"LANG": "en_GB.UTF-8"}, "fa"),
        (["ali@localhost", "--lang=en"], {"LANG": "fa_IR"}, "en"),
        (["--lang", "xx"], {"LANG": "fa_IR"}, "fa"),
        (["--lang"], {}, "en"),
    ],
)
def test_a_program_begins_in_the_language_of_its_person(
    arguments: list[str], variables: dict[str, str], code: str
) -> None:
    """As asked for, else as the system is set; what is wrong with the command line is said later, in that language."""
    assert wanted_language(arguments, variables).code == code


def test_the_command_line_explains_itself_in_persian(capsys: pytest.CaptureFixture[str]) -> None:
    """But for what is typed."""
    speak(PERSIAN)
    with pytest.raises(SystemExit):
        parse(["--help"])
    text = capsys.readouterr().out
    assert text.startswith("\u200eکاربرد: chatd-console [-h]")
    assert not re.search("usage|options|arguments|default|server|show|speak", text)
    with pytest.raises(SystemExit):
        parse(["--lang", "xx"])
    wrong = capsys.readouterr().err.translate(dict.fromkeys(map(ord, "\u2067\u2068\u2069")))
    assert "زبان xx اینجا نیست. این‌ها هست: en (English)، fa (فارسی)." in wrong
    assert parse([]).language is PERSIAN


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--time", "x"], "--time یکی از این‌ها است: on، off، date؛ نه x."),
        (["--time"], "--time یک مقدار می‌خواهد"),
        (["--tls", "--plaintext"], "--plaintext با --tls جور نمی‌شود؛ فقط یکی را بدهید"),
        (["--plain=yes"], "--plain مقداری نمی‌گیرد؛ 'yes' را بردارید"),
        (["--nonsense", "a", "b"], "این‌ها شناخته نشد: --nonsense b"),
        (["localhost:http"], "شمارهٔ درگاه عددی از ۱ تا ۶۵۵۳۵ است؛ درگاه همیشگی ۵۰۵۰ است."),
    ],
)
def test_what_is_wrong_with_the_command_line_is_said_in_persian(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """Also what argparse finds; nothing of how the program is written is in it."""
    speak(PERSIAN)
    with pytest.raises(SystemExit):
        parse(arguments)
    last = re.sub("[\u200e\u2066-\u2069]", "", capsys.readouterr().err.splitlines()[-1])
    assert last == f"chatd-console: خطا: {sentence}"


def test_a_persian_console(tmp_path: Path) -> None:
    """The real program, at a terminal of 80 columns: what it says, what the server says, and a change of language."""
    home = tmp_path / "home"
    home.mkdir()
    with serving(tmp_path / "server") as server, piped(server, "sara") as sara:
        command = [*CONSOLE, "--lang", "fa", f"علی@{HOST}:{server.port}"]
        with terminal(command, environment(home)) as ali:
            ali.wait_for("#lobby هستید")
            sara.sendline("سلام علی، خوبی؟".encode())
            ali.wait_for("سلام علی، خوبی؟")
            ali.wait(lambda: "۲ نفر" in ali.screen.display[-1])
            assert re.search("──── .+ [۰-۹]{1,2} .+ [۰-۹]{4} ────", ali.text)
            assert re.search(r"\[[۰-۹]{2}:[۰-۹]{2}\] sara: سلام", ali.text)
            ali.enter("/lang en")
            ali.wait_for("* From now on English is spoken here.")
            ali.wait(lambda: "2 here" in ali.screen.display[-1])
            ali.enter("/pm nobody salam")
            ali.wait_for("No one called nobody is here.")
            ali.enter("/lang fa")
            ali.wait(lambda: "۲ نفر" in ali.screen.display[-1])
            ali.type("\x04")
            assert ali.ended() == 0


def test_a_script_is_told_in_the_language_of_the_system(tmp_path: Path) -> None:
    """``LANG`` is enough; why nothing was reached is on standard error, in whole lines of that direction."""
    command = [*CONSOLE, f"ali@{HOST}:{unused_port()}"]
    variables = environment(tmp_path, LANG="fa_IR.UTF-8")
    ended = subprocess.run(command, input=b"", env=variables, capture_output=True, timeout=PATIENCE, check=False)
    assert ended.returncode == NOT_REACHED
    assert re.fullmatch("\u2067کسی در \u2068[0-9.:]+\u2069 پاسخ نمی‌دهد: .*\u2069\n", ended.stderr.decode())


def unused_port() -> int:
    """A port where nobody answers."""
    with socket.create_server((HOST, 0)) as taken:
        return int(taken.getsockname()[1])
