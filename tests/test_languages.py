"""Languages: digits, calendars and wishes; and a server that speaks to each person in their own."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.details import Clause, Listing
from chatd.errors import ChatError
from chatd.events import Entry, Farewell, Goodbye, Helped, Joined, Kind, Message, Prompt, Refused
from chatd.languages import ENGLISH, LANGUAGES, PERSIAN, Language, find_language, preferred_language
from chatd.limits import Limits
from chatd.protocols.refusals import NotOffered
from chatd.storage.contract import StoreError
from chatd.storage.memory import MemoryStore
from chatd.timestyle import TimeStyle
from chatd.wire.commands import COMMANDS
from chatd.wire.json_events import JsonForm
from chatd.wire.phrases import Phrasebook, isolate, plain
from chatd.wire.text import TextForm
from clients.gui.text.bidi import Direction, reorder
from tests.bots import AWAY, HERE, PASSWORD, Bot, joined, only, owner
from tests.doubles import SlowStore
from tests.test_text_form import ANY, AT, DAY, PLAIN, arrivals, message
from tests.worlds import Visitor, World

IN_PERSIAN = Phrasebook(PERSIAN)
FARSI = TextForm(zone=UTC, language=PERSIAN)
SALAM, ALI = "سلام", "علی"
NEW = "another four words"
WELCOME_BACK = "* \u2067خوش برگشتید"

# What is usual in a language


@given(st.dates(date(1950, 3, 21), date(2099, 12, 31)))
def test_persian_days_are_those_of_the_jalali_calendar(day: date) -> None:
    """Short ones sort as days do; the year turns in March; both hold Persian digits alone."""
    short, long = PERSIAN.day(day), PERSIAN.long_day(day)
    year, month, of_month = (int(part) for part in short.split("/"))
    assert year - (day.year - 622) in (0, 1)
    assert 1 <= month <= 12
    assert long.split()[1:2] + long.split()[3:] == [PERSIAN.number(of_month), PERSIAN.number(year)]
    assert PERSIAN.day(day) < PERSIAN.day(day + timedelta(1))
    assert not re.search("[0-9A-Za-z]", short + long)


def test_well_known_days_are_right() -> None:
    """The new year of 1405 (2026-03-21), and a leap day."""
    assert PERSIAN.day(date(2026, 3, 20)) == "۱۴۰۴/۱۲/۲۹"
    assert PERSIAN.day(date(2026, 3, 21)) == "۱۴۰۵/۰۱/۰۱"
    assert PERSIAN.long_day(date(2026, 11, 21)) == "شنبه ۳۰ آبان ۱۴۰۵"
    assert PERSIAN.day(date(2025, 3, 20)) == "۱۴۰۳/۱۲/۳۰"
    assert ENGLISH.long_day(date(2026, 11, 21)) == "Saturday 2026-11-21"


@given(st.integers(-(2**63), 2**63) | st.floats(0.001, 1e6))
def test_numbers_have_the_digits_of_the_language(number: float) -> None:
    """And its decimal point: what Python reads from both is the same."""
    assert float(PERSIAN.number(number).replace("٫", ".")) == float(ENGLISH.number(number)) == float(number)
    assert not re.search(r"[0-9.](?!\d*[+-]?\d*\Z)", PERSIAN.number(number).partition("e")[0])


def test_times_of_day_have_the_digits_of_the_language() -> None:
    """With seconds and without."""
    moment = datetime(2026, 11, 21, 4, 3, 9, tzinfo=UTC)
    assert (PERSIAN.clock(moment), PERSIAN.clock(moment, seconds=True)) == ("۰۴:۰۳", "۰۴:۰۳:۰۹")
    assert (ENGLISH.clock(moment), ENGLISH.clock(moment, seconds=True)) == ("04:03", "04:03:09")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("fa", "fa"),
        (" FA ", "fa"),
        ("fa_IR.UTF-8", "fa"),
        ("fa-IR", "fa"),
        ("فارسی", "fa"),
        ("en_GB", "en"),
        ("English", "en"),
        ("ENGLISH", "en"),
        ("انگلیسی", "en"),
        ("eng", "en"),
        ("Persian", "fa"),
        ("farsi", "fa"),
        ("fas", "fa"),
        ("per", "fa"),
        ("فارسي", "fa"),
        ("fa@latin", "fa"),
        ("fa_IR.UTF-8@dict", "fa"),
        ("Persian_Iran.1256", "fa"),
    ],
)
def test_a_language_is_found_by_its_code_and_by_its_name(wanted: str, code: str) -> None:
    """However it is written."""
    language = find_language(wanted)
    assert language is LANGUAGES[code]


@given(st.text())
def test_what_is_no_language_is_none(wanted: str) -> None:
    """Whatever it is."""
    assert find_language(wanted) in (None, ENGLISH, PERSIAN)
    assert find_language(f"{wanted} ") is find_language(wanted)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, ENGLISH),
        ({"LANG": "fa_IR.UTF-8"}, PERSIAN),
        ({"LANG": "de_DE.UTF-8"}, ENGLISH),
        ({"LANG": "fa_IR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, ENGLISH),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fa_IR"}, PERSIAN),
        ({"LANG": "fa_IR.UTF-8", "LC_ALL": "C"}, ENGLISH),
        ({"LANG": "fa_IR.UTF-8", "LC_ALL": ""}, PERSIAN),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:fa:en"}, PERSIAN),
        ({"LANG": "fa_IR.UTF-8", "LANGUAGE": "en"}, ENGLISH),
        ({"LANG": "C.UTF-8", "LANGUAGE": "fa"}, ENGLISH),
    ],
)
def test_the_environment_says_what_is_preferred(environment: dict[str, str], language: Language) -> None:
    """As GNU gettext reads it; a language that there is not is passed over."""
    assert preferred_language(environment) is language


# Words of ours inside of sentences


def test_a_clause_is_english_until_it_is_said() -> None:
    """Logs and comparisons see a string; a phrasebook says it, and what it holds, in its language."""
    clause = Clause("{code} surrogate", code="U+D800")
    assert clause == "U+D800 surrogate"
    assert plain(IN_PERSIAN.say("{what}", what=clause)) == "نیم‌نویسهٔ U+D800"
    assert IN_PERSIAN.text(clause) == "نیم‌نویسهٔ \u2068U+D800\u2069"
    assert IN_PERSIAN.text("U+D800") == "U+D800"


def test_a_listing_is_divided_by_the_commas_of_the_language() -> None:
    """Each of its parts by itself: a clause is said, a name isolated."""
    listing = Listing([Clause("Latin"), "ali", ALI])
    assert listing == f"Latin, ali, {ALI}"
    assert IN_PERSIAN.say("{names}", names=listing) == f"لاتین، \u2068ali\u2069، \u2068{ALI}\u2069"
    assert Phrasebook().say("{names}", names=listing) == f"Latin, ali, \u2068{ALI}\u2069"


# Nothing slips through

LATIN_WORDS = {
    "chatd",
    "Enter",
    "IP",
    "JSON",
    "TLS",
    "UTF-8",
    "nc",
    "telnet",
    "m",
    "h",
    "d",
    "on",
    "date",
    "off",
    "en",
    "fa",
}
"""What stands in Persian sentences in Latin letters, because that is its name, or has to be typed."""
TYPED = re.compile("\u200e[/#@-][\\w#-]*(?: (?:NAME|text|COMMAND|history|on|#\\w+)\\b)*", re.ASCII)
"""A command or an option, with what stands for its arguments."""


def left_in_english(line: str) -> set[str]:
    """The Latin words of a Persian line that should not be there.

    Values are isolated, and what is to be typed has a mark before it; all else is words.
    """
    depth, outside = 0, []
    for character in line:
        depth += character == "\u2068"
        if not depth:
            outside.append(character)
        depth -= character == "\u2069"
    words = re.findall(r"[A-Za-z][\w-]*", TYPED.sub("", "".join(outside)), re.ASCII)
    return set(words) - LATIN_WORDS


def in_ascii_digits(line: str) -> list[str]:
    """The numbers of a Persian line that are not its values."""
    return re.findall("[0-9]+", re.sub("\u2068[^\u2069]*\u2069|UTF-8", "", line))


def looks_persian(lines: str) -> None:
    """See that every line is."""
    for line in lines.splitlines():
        assert left_in_english(line) == set(), line
        assert in_ascii_digits(line) == [], line


def test_english_that_is_left_would_be_noticed() -> None:
    """In a sentence, at its end, beside a value, as the name of a command that is not marked."""
    assert left_in_english("* \u2068علی\u2069 joined.") == {"joined"}
    assert left_in_english("به chatd خوش آمدید. What?") == {"What"}
    assert left_in_english("با /help ببینید") == {"help"}
    assert left_in_english("با \u200e/join #ROOM و \u2068\u200e/x \u2068ali\u2069\u2069 بروید") == set()


@pytest.mark.parametrize("event", sorted(ANY, key=str), ids=lambda event: event.__name__)
@pytest.mark.parametrize("style", TimeStyle)
def test_whatever_happens_is_told_in_persian(event: type, style: TimeStyle) -> None:
    """Every reply and all news, whatever names and texts are in it."""
    form = FARSI.variant(style, "#dev", current=False)

    @given(ANY[event].filter(lambda happened: not isinstance(happened, Helped)))
    def holds(happened: Any) -> None:
        shown = form.encode(happened, 1).decode()
        for line in shown.splitlines():
            if line.startswith(("* ", "! ")) and "English" not in line:
                looks_persian(line)

    if event is not Helped:
        holds()


def kinds_of(error: type[ChatError]) -> Iterator[type[ChatError]]:
    """The errors of this kind that say something."""
    if "sentence" in vars(error):
        yield error
    for kind in error.__subclasses__():
        yield from kinds_of(kind)


@pytest.mark.parametrize(
    "error",
    [kind for kind in kinds_of(ChatError) if kind.__module__.startswith("chatd.")],
    ids=lambda kind: kind.__name__,
)
def test_every_error_is_told_in_persian(error: type[ChatError]) -> None:
    """Also to programs, which get no isolates."""
    details = dict.fromkeys(re.findall(r"\{(\w+)\}", error.sentence), "value")
    told = error(**details)
    shown = FARSI.encode(Refused(told, "the line")).decode()
    looks_persian(shown)
    assert all(re.fullmatch("! \u2067.*[\u0600-\u06ff].*\u2069", line) for line in shown.splitlines())
    (line,) = JsonForm(1, clock=lambda: AT, language=PERSIAN).encode(Refused(told)).splitlines()
    assert json.loads(line)["text"] == plain(IN_PERSIAN.error(told))
    assert "\u2068" not in json.loads(line)["text"]


@pytest.mark.parametrize("why", Farewell)
@pytest.mark.parametrize("name", [None, "ali"])
def test_every_farewell_is_said_in_persian(why: Farewell, name: str | None) -> None:
    """With a name and without."""
    looks_persian(FARSI.encode(Goodbye(why, name)).decode())


def help_words(lines: Iterable[str]) -> str:
    """What is said in a help text, without what is typed as it is in every language."""
    text = "\n".join(lines)
    for command in COMMANDS:
        text = text.replace(f"  {command.usage} ", "  ")
    return text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_explained_in_persian(command: Any) -> None:
    """Only its usage, its example and its names stay as they are typed."""
    looks_persian(FARSI.encode(Helped(command.name)).decode())


def test_the_list_of_commands_is_persian_and_fits_a_screen() -> None:
    """The commands stand in their column, in front; what each does is turned around by itself."""
    lines = FARSI.encode(Helped(None)).decode().splitlines()
    looks_persian(help_words(lines))
    assert len(lines) <= 24
    assert all(len(re.sub("[\u2066-\u2069\u200b-\u200f]", "", line)) < 80 for line in lines)
    rows = [line for line in lines if line.startswith("  /")]
    assert len(rows) == len(COMMANDS)
    assert all(re.fullmatch("  /\\S.*\\S  +\u2068[^A-Za-z].*\u2069", line) for line in rows)


# How a line looks


def test_a_latin_word_does_not_turn_the_halves_of_a_sentence_around() -> None:
    """A terminal whose lines all begin at the left draws it as one whose lines begin at the right (UAX 9)."""
    sentence = IN_PERSIAN.say("Welcome to chatd. What is your name?")
    in_order = drawn(sentence, Direction.RTL)
    assert drawn(sentence, Direction.LTR) != in_order
    assert drawn(IN_PERSIAN.whole(sentence), Direction.LTR) == in_order
    assert drawn(IN_PERSIAN.notice(sentence), Direction.LTR) == f"* {in_order}"
    assert Phrasebook().whole(f"{ALI} chatd {SALAM}") == f"{ALI} chatd {SALAM}"


def drawn(text: str, base: Direction) -> str:
    """What is on the screen, from left to right."""
    return "".join(glyph.character for glyph in reorder(text, base))


@pytest.mark.parametrize(
    ("form", "said", "line"),
    [
        (FARSI, message(Kind.SAID), "[۱۴:۰۳] ali: salam"),
        (FARSI, message(Kind.SAID, SALAM, ALI), f"[۱۴:۰۳] <{ALI}>: <{SALAM}>"),
        (FARSI, message(Kind.ACTED, "می‌رود", ALI), f"[۱۴:۰۳] * <{ALI}> <می‌رود>"),
        (FARSI, message(Kind.TOLD, SALAM, ALI), f"[پیام خصوصی از <{ALI}>، ۱۴:۰۳]: <{SALAM}>"),
        (FARSI, message(Kind.SENT, SALAM), f"[پیام خصوصی به <sara>]: <{SALAM}>"),
        (FARSI.variant(TimeStyle.OFF, "", current=True), message(Kind.TOLD), "[پیام خصوصی از <ali>]: salam"),
        (FARSI.variant(TimeStyle.DATE, "", current=True), message(Kind.SAID), "[۱۴۰۵/۰۸/۳۰ ۱۴:۰۳] ali: salam"),
        (FARSI.variant(TimeStyle.ON, "#dev", current=False), message(Kind.SAID), "[۱۴:۰۳] <!#dev> ali: salam"),
        (TextForm(zone=ZoneInfo("Asia/Tehran"), language=PERSIAN), message(Kind.SAID), "[۱۷:۳۳] ali: salam"),
    ],
)
def test_a_message_has_persian_digits_and_days(form: TextForm, said: Message, line: str) -> None:
    """``<`` and ``>`` stand for the isolates here, ``!`` for the mark."""
    expected = line.translate({ord("<"): "\u2068", ord(">"): "\u2069", ord("!"): "\u200e"})
    assert form.encode(said).decode() == f"{expected}\n"


def test_what_is_older_than_today_has_its_persian_day() -> None:
    """Today and yesterday are told apart by the reader's clock, not by the calendar."""
    entry = Entry(1, message(Kind.SAID))
    assert FARSI.recall(entry, AT).decode() == "[۱۴:۰۳] ali: salam\n"
    assert FARSI.recall(entry, AT + DAY).decode() == "[۱۴۰۵/۰۸/۳۰ ۱۴:۰۳] ali: salam\n"


def test_forms_of_one_language_are_shared_and_of_two_are_not() -> None:
    """Readers with equal forms are sent the same bytes."""
    assert len({FARSI, PLAIN.translated(PERSIAN), TextForm(zone=UTC, language=PERSIAN)}) == 1
    assert FARSI != PLAIN
    assert FARSI.translated(ENGLISH) == PLAIN
    english = JsonForm(1, clock=lambda: AT)
    assert english.translated(PERSIAN) != english
    assert english.translated(PERSIAN).translated(ENGLISH) == english


def test_what_the_store_says_in_place_of_a_message_is_translated() -> None:
    """It was damaged on the disk; nobody wrote that, so nobody's language is kept."""
    damaged = Message(Kind.SAID, "?", Clause("[message {id} is damaged on disk]", id=7), AT, -1, -1)
    assert PLAIN.recall(Entry(7, damaged), AT) == b"[14:03] ?: [message 7 is damaged on disk]\n"
    text = "[پیام ۷ روی دیسک آسیب دیده است]"
    assert FARSI.recall(Entry(7, damaged), AT).decode() == f"[۱۴:۰۳] ?: {isolate(text)}\n"
    assert json.loads(JsonForm(1, clock=lambda: AT, language=PERSIAN).recall(Entry(7, damaged), AT))["text"] == text


def test_one_and_several_have_verbs_of_their_own() -> None:
    """English has the same one for both."""
    world = World()
    sara = world.connect().types("sara", "/lang fa")
    world.joined("ali")
    assert sara.sees().splitlines()[-1] == "* \u2067\u2068ali\u2069 وارد شد.\u2069"
    for _ in range(2):
        world.connect()
    for name, visitor in zip(("reza", "mina"), world.visitors[-2:], strict=True):
        visitor.protocol.dataReceived(f"{name}\n".encode())
    world.settle()
    assert sara.sees().splitlines()[-1] == "* \u2067\u2068reza\u2069 و \u2068mina\u2069 وارد شدند.\u2069"


# /lang


@pytest.fixture
def world() -> World:
    """A server that speaks English, to people who may type fast."""
    return World(Limits(flood_rate=0))


def last(visitor: Visitor) -> str:
    """The last line that somebody saw, without its isolates and marks."""
    return plain(visitor.sees().splitlines()[-1]).replace("\u200e", "")


def test_somebody_chooses_a_language_and_sees_it_at_once(world: World) -> None:
    """The answer is in it, and so is everything after that, in every room; the others see what they saw."""
    ali, sara = world.joined("ali"), world.joined("sara")
    ali.gets()
    ali.types("/join #tea", "/lang fa")
    assert last(ali) == "* از این پس سرور به زبان فارسی با شما حرف می‌زند."
    sara.types("salam", "/pm ali hi")
    assert plain(ali.sees()).replace("\u200e", "") == "[۱۲:۰۰] #lobby sara: salam\n[پیام خصوصی از sara، ۱۲:۰۰]: hi\n"
    sara.gets()
    ali.types("/join #lobby", "hi")
    assert sara.sees() == "[12:00] ali: hi\n"
    ali.types("/lang en")
    assert last(ali) == "* The server speaks English from now on."


@pytest.mark.parametrize("command", ["/lang", "/language", "/زبان"])
def test_the_languages_are_told_each_in_itself(world: World, command: str) -> None:
    """So that whoever is lost finds the way out."""
    ali = world.joined("ali")
    ali.types(command)
    assert [plain(line).replace("\u200e", "") for line in ali.sees().splitlines()] == [
        "* With /lang en the server speaks English.",
        "* با /lang fa سرور به زبان فارسی با شما حرف می‌زند.",
    ]


def test_a_language_that_there_is_not_is_refused_with_a_list(world: World) -> None:
    """In the one that is spoken; a long word is not repeated as a whole, and nothing changes."""
    ali = world.joined("ali")
    ali.types("/lang tlh", f"/lang {'x' * 500}", "/lang fa", "/lang tlh")
    lines = [plain(line) for line in ali.sees().splitlines()]
    assert lines[0] == "! There is no language tlh here. There are: en (English), fa (فارسی)."
    assert len(lines[1]) < 120
    assert lines[3] == "! زبان tlh اینجا نیست. این‌ها هست: en (English)، fa (فارسی)."


def test_a_language_can_be_chosen_before_a_name(world: World) -> None:
    """Then the name is asked for once more, in that language, and all that follows is in it."""
    ali = world.connect()
    world.greet()
    assert ali.sees() == "* Welcome to chatd. What is your name?\n"
    ali.types("/lang fa")
    assert ali.sees().splitlines()[-1] == "* \u2067به chatd خوش آمدید. نامتان چیست؟\u2069"
    ali.types("/lang", "/lang tlh", "12", "ali")
    shown = ali.sees()
    assert "سلام \u2068ali\u2069" in shown
    looks_persian(shown.partition("\n")[2])


def test_a_server_speaks_its_own_language_to_whoever_has_not_chosen() -> None:
    """To people and to programs, before a name and after it, and to those it does not serve at all."""
    world = World(Limits(flood_rate=0), language=PERSIAN)
    ali = world.connect()
    world.greet()
    ali.types("ali", "/nosuch")
    looks_persian(ali.sees())
    ali.types("/lang en", "/nosuch")
    assert last(ali).startswith("! There is no command /nosuch.")
    bot = Bot(world)
    assert bot.ask("chat", text="hi")[0]["text"] == "لطفاً اول نامتان را بنویسید و Enter بزنید."
    for beginning in (b"SSH-2.0-x\r\n", b"NICK ali\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        answer = world.connect().sends(beginning).gets()
        assert IN_PERSIAN.error(NotOffered(protocol="")).split()[-1].encode() in answer
        assert "\u2068".encode() not in answer


def test_whoever_is_turned_away_is_told_in_the_servers_language() -> None:
    """Too many connections from one address."""
    world = World(Limits(connections_per_address=1), language=PERSIAN)
    world.connect()
    late = world.connect()
    world.passes(1)
    looks_persian(late.sees())
    late = world.connect().sends(b"{}\n")
    assert "اتصال" in json.loads(late.gets())["text"]


def test_a_question_that_must_not_be_seen_is_asked_in_the_language(world: World) -> None:
    """With the warning that it will be seen, where it cannot be hidden."""
    ali = world.connect(HERE).types("ali", "/lang fa", "/register")
    shown = ali.sees().splitlines()[-2:]
    assert shown == [
        "* \u2067(هنگام نوشتن روی صفحهٔ شما دیده می‌شود.)\u2069",
        f"* \u2067{IN_PERSIAN.say('New password for {name}:', name='ali')}\u2069",
    ]
    assert all(IN_PERSIAN.say(f"{prompt}") for prompt in Prompt)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", ["/xyz", "/histroy", "/زبن"])
def test_the_advice_after_an_unknown_command_can_be_copied(world: World, language: str, command: str) -> None:
    """With all that stands around it where it is shown: sent back, it says the line that was meant."""
    ali, sara = world.joined("ali"), world.joined("sara")
    ali.types(f"/lang {language}")
    ali.sees()
    advice = ali.types(command).sees().splitlines()[-1].split()[-1]
    sara.sees()
    ali.types(advice)
    assert plain(sara.sees()).split() == ["[12:00]", "ali:", command]


# Who is told that there is Persian


@pytest.mark.parametrize("name", [ALI, "علی‌رضا۱۲", "محمد"])
def test_whoever_has_a_name_in_arabic_letters_is_told_of_persian_once(world: World, name: str) -> None:
    """Right behind the greeting, in Persian."""
    ali = world.connect().types(name)
    lines = ali.sees().splitlines()
    assert lines[0].startswith("* Hello ")
    assert [plain(line).replace("\u200e", "") for line in lines[1:]] == [
        "* با /lang fa سرور به زبان فارسی با شما حرف می‌زند."
    ]
    ali.types("/nick رضا", "/nick حسن", "/join #tea")
    assert "lang" not in ali.sees()


@pytest.mark.parametrize("typed", [("ali",), ("اли",), ("/lang en", ALI), ("/lang fa", ALI), ("ali", f"/nick {ALI}")])
def test_nobody_else_is_told(world: World, typed: tuple[str, ...]) -> None:
    """Whose name is Latin, who has chosen, whose name is no name, or is not the first."""
    assert "/lang fa" not in plain(world.connect().types(*typed).sees()).replace("\u200e", "")


def test_no_one_is_told_by_a_server_that_speaks_persian() -> None:
    """And no program ever is."""
    assert "lang" not in World(language=PERSIAN).connect().types(ALI).sees()
    told = Bot(World()).register(ALI)
    assert [line["type"] for line in told] == ["register", "entered", "users"]


# Accounts


def logged_in(world: World) -> Visitor:
    """The owner of the account ali, at a terminal."""
    return world.connect(HERE).types(f"/login ali {PASSWORD}")


def test_an_account_keeps_its_language(world: World) -> None:
    """For the next login at a terminal, from the greeting on; and the last one that was chosen."""
    owner(world, "ali").cut()
    first = logged_in(world).types("/lang fa", "/exit")
    assert "Welcome back" in first.sees()
    second = logged_in(world)
    assert second.sees().startswith(WELCOME_BACK)
    second.types("/lang en", "/exit")
    assert logged_in(world).sees().startswith("* Welcome back")


@pytest.mark.parametrize("login", [(f"/login ali {PASSWORD}",), ("/login ali", PASSWORD), ("ali", PASSWORD)])
def test_an_account_keeps_what_is_chosen_before_the_login(world: World, login: tuple[str, ...]) -> None:
    """However the login goes: whoever chose a language at the question for the name does not have to do it every time."""
    owner(world, "ali").cut()
    assert "خوش برگشتید" in world.connect(HERE).types("/lang fa", *login, "/exit").sees()
    assert "خوش برگشتید" in logged_in(world).types("/exit").sees()
    assert "Welcome back" in world.connect(HERE).types("/lang en", *login, "/exit").sees()
    assert logged_in(world).sees().startswith("* Welcome back")


def test_what_is_chosen_before_the_login_is_written_down_only_if_it_is_new() -> None:
    """A login costs no write; one that cannot be written down is still a login, and its owner is told."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    owner(world, "ali").cut()
    logged_in(world).types("/lang fa", "/exit")
    store.held = {"mark_language"}
    world.connect(HERE).types("/lang fa", f"/login ali {PASSWORD}", "/exit")
    assert store.waiting == []
    ali = world.connect(HERE).types("/lang en", f"/login ali {PASSWORD}")
    store.let_go("mark_language", StoreError(Clause("The disk is full.")))
    world.settle()
    assert last(ali).startswith("! Your language is not kept for the next time: The disk is full.")
    assert last(ali.types("/exit")) == "* Goodbye, ali."


def test_a_language_that_a_guest_has_chosen_goes_with_the_account(world: World) -> None:
    """Made after it."""
    world.connect(HERE).types("ali", "/lang fa", f"/register {PASSWORD}", "/exit")
    assert logged_in(world).sees().startswith(WELCOME_BACK)


def test_a_new_password_does_not_forget_the_language(world: World) -> None:
    """However the two follow each other."""
    owner(world, "ali").cut()
    ali = logged_in(world).types("/lang fa", "/password", PASSWORD, NEW, NEW, "/exit")
    assert "گذرواژهٔ شما عوض شد." in ali.sees()
    assert world.connect(HERE).types(f"/login ali {NEW}").sees().startswith(WELCOME_BACK)


@pytest.mark.parametrize("first", ["/lang", "/password"])
def test_a_language_and_a_password_at_the_same_moment_are_both_kept(first: str) -> None:
    """By two connections of one owner: neither writes down what was true before the other."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    owner(world, "ali").cut()
    one, other = logged_in(world), logged_in(world)
    store.held = {"keep_account", "mark_language"}
    for command in sorted(["/lang", "/password"], key=lambda command: command != first):
        one.types(*(["/lang fa"] if command == "/lang" else []))
        other.types(*(["/password", PASSWORD, NEW, NEW] if command == "/password" else []))
    while store.waiting:
        store.let_go(store.waiting[0][0])  # in the order in which they were asked, as every store does them
        world.settle()
    for visitor in (one, other):
        visitor.drops()
    assert world.connect(HERE).types(f"/login ali {NEW}").sees().startswith(WELCOME_BACK)
    assert World(Limits(), store.inner).connect(HERE).types(f"/login ali {NEW}").sees().startswith(WELCOME_BACK)


def test_a_language_that_cannot_be_kept_holds_for_now() -> None:
    """It is spoken all the same, and its speaker knows that it will be forgotten."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    owner(world, "ali").cut()
    ali = logged_in(world)
    store.held = {"mark_language"}
    ali.types("/lang fa")
    store.let_go("mark_language", StoreError(Clause("The disk is full.")))
    world.settle()
    assert last(ali) == "! زبان شما برای دفعهٔ بعد نگه داشته نشد: دیسک پر است. لطفاً بعداً دوباره انتخابش کنید."
    store.held = set()
    ali.types("/exit")
    assert last(ali) == "* خداحافظ، ali."


def test_a_language_is_kept_over_a_restart() -> None:
    """By the store, not only by what is in memory."""
    store = MemoryStore()
    before = World(Limits(flood_rate=0), store)
    owner(before, "ali").cut()
    logged_in(before).types("/lang fa", "/exit")
    assert logged_in(World(Limits(flood_rate=0), store)).sees().startswith(WELCOME_BACK)


# Programs


@pytest.mark.parametrize("version", [0, 1])
def test_a_program_says_which_language_it_wants(world: World, version: int) -> None:
    """By its register, in both versions; all sentences it is told are in it, without isolates."""
    bot = Bot(world)
    assert bot.ask("register", v=version, user_id="ali", lang="fa_IR")[0]["lang"] == "fa"
    text = bot.ask("chat")[0]["text"]
    assert text == "در chat، text باید این باشد: رشته."
    assert bot.ask("logout")[-1]["text"] == "خداحافظ، ali."


def test_programs_of_the_first_version_are_told_the_news_in_their_language(world: World) -> None:
    """Their news are sentences; others in the room have theirs."""
    persian, english = Bot(world), Bot(world)
    persian.ask("register", user_id="ali", lang="fa")
    english.ask("register", user_id="sara")
    world.passes(2)
    for bot in (persian, english):
        bot.gets()
    world.joined("reza")
    assert only(persian.gets(), "system")[0]["text"] == "reza وارد شد."
    assert only(english.gets(), "system")[0]["text"] == "reza joined."


def test_those_who_come_together_are_told_of_each_other_in_their_language() -> None:
    """Also by the first version of the protocol."""
    receipts = JsonForm(0, clock=lambda: AT, language=PERSIAN).receipts(Joined(arrivals("ali", "sara"), 2))
    assert {origin: json.loads(line)["text"] for origin, line in receipts.items()} == {
        1: "sara وارد شد.",
        2: "ali وارد شد.",
    }


@pytest.mark.parametrize("lang", ["tlh", "", "x" * 1000])
def test_a_language_that_the_server_does_not_know_is_no_mistake(world: World, lang: str) -> None:
    """An old server may meet a new client: it speaks its own language, and says so."""
    assert Bot(world).register("ali", lang=lang)[0]["lang"] == "en"
    assert Bot(world).ask("register", user_id="sara", lang=lang)[0]["lang"] == "en"


def test_a_refused_register_is_told_in_the_language_it_asked_for(world: World) -> None:
    """What is wrong with it may be all that its user ever sees."""
    told = Bot(world).register("12", lang="fa")[0]
    assert told["text"] == "12 هیچ حرفی ندارد. لطفاً نامی با دست‌کم یک حرف انتخاب کنید."


def test_a_program_changes_its_language(world: World) -> None:
    """Answered by what it is now; another one that there is not changes nothing, and no field is a mistake."""
    bot = joined(world, "ali")
    assert bot.ask("lang", lang="fa") == [{"type": "lang", "lang": "fa"}]
    refused = bot.ask("lang", lang="tlh")[0]
    assert (refused["error"], refused["request"]) == ("bad_request", "lang")
    assert refused["text"] == "زبان tlh اینجا نیست. این‌ها هست: en (English)، fa (فارسی)."
    assert bot.ask("lang")[0]["error"] == "bad_request"
    assert bot.ask("pm", to="reza", text="hi")[0]["text"].startswith("کسی به نام reza")


def test_a_program_may_choose_before_it_registers(world: World) -> None:
    """And keeps it, unless its register says another one that there is."""
    for name, register in (("ali", {}), ("sara", {"lang": "tlh"}), ("reza", {"lang": ""})):
        bot = Bot(world)
        assert bot.ask("lang", lang="fa") == [{"type": "lang", "lang": "fa"}]
        assert bot.register(name, **register)[0]["lang"] == "fa"


def test_what_a_program_says_wins_over_what_its_owner_chose_at_a_terminal(world: World) -> None:
    """It knows its user's wish; one that says nothing is spoken to as the server likes. A person's own choice stays."""
    owner(world, "ali").cut()
    logged_in(world).types("/lang fa", "/exit")
    assert Bot(world).register("ali", password=PASSWORD, lang="en")[0]["lang"] == "en"
    assert Bot(world).register("ali", password=PASSWORD)[0]["lang"] == "en"
    assert logged_in(world).sees().startswith(WELCOME_BACK)


def test_a_language_chosen_by_a_program_is_kept_with_the_account(world: World) -> None:
    """It is the same wish of the same person."""
    bot = owner(world, "ali")
    bot.ask("lang", lang="fa")
    bot.cut()
    assert logged_in(world).sees().startswith(WELCOME_BACK)


def test_coming_back_says_the_language_anew(world: World) -> None:
    """The session is a person's, the language a connection's."""
    bot = joined(world, "ali", lang="fa")
    again = Bot(world, AWAY)
    assert again.register(session=bot.session)[0]["lang"] == "en"
