"""One language for each person: how a client comes to it, what it tells the server of it, and what its sentences are made of."""

import errno
import json
import os
import ssl
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.languages import ENGLISH, PERSIAN, Language
from chatd.requests import SetLanguage
from chatd.secret import Secret
from chatd.wire.phrases import Shown
from clients import events
from clients.core import ClientCore, Identity
from clients.reasons import strerror, unverified
from clients.terminal_text import safe, shown
from clients.wording import Told, counted, few, in_pieces, language, say, several, speak, whole
from tests.client_worlds import Client
from tests.test_client_server import RealServer

WELCOME = (
    b'{"type": "register", "ok": true, "v": 1, "user_id": "ali", "account": false, "session": "s", "epoch": "e", '
    b'"motd": ""}\n'
)


@pytest.fixture
def core() -> ClientCore:
    """Somebody who is not connected yet."""
    return ClientCore(Identity("ali"), Random(1), 0.0, rooms=())


def sent(core: ClientCore, kind: str) -> list[dict[str, object]]:
    """The requests of one kind that the core wants to send now."""
    lines = [json.loads(line) for line in core.take_bytes().splitlines()]
    return [line for line in lines if line["type"] == kind]


def joined(core: ClientCore) -> ClientCore:
    """The server accepts the name."""
    core.connection_opened(0.0)
    core.received(WELCOME, 0.0)
    return core


def test_whoever_joins_tells_the_language(core: ClientCore) -> None:
    """So that the server's first sentence can be read already, a refusal perhaps."""
    speak(PERSIAN)
    core.connection_opened(0.0)
    assert [request["lang"] for request in sent(core, "register")] == ["fa"]


def test_a_session_comes_back_in_the_language_of_its_person() -> None:
    """It may be another one than before the cut."""
    core = ClientCore(Identity("ali", session=Secret("s")), Random(1), 0.0)
    joined(core)
    core.connection_lost(1.0, "It is gone.")
    speak(PERSIAN)
    core.take_bytes()
    core.connection_opened(2.0)
    assert [(request["session"], request["lang"]) for request in sent(core, "register")] == [("s", "fa")]


@pytest.mark.parametrize("wanted", ["fa", "FA_IR", "فارسی"])
def test_another_language_is_told_to_the_server_and_to_the_interface(core: ClientCore, wanted: str) -> None:
    """Both change it; to the interface and the server it is its code, however it was written."""
    joined(core).take_events()
    core.send(SetLanguage(wanted), 0.0)
    assert sent(core, "lang") == [{"type": "lang", "lang": "fa"}]
    assert core.take_events() == [events.Local(SetLanguage("fa"))]


def test_without_a_connection_the_server_is_told_at_the_next(core: ClientCore) -> None:
    """The interface changes it at once; ``register`` will tell it."""
    core.send(SetLanguage("fa"), 0.0)
    assert core.take_bytes() == b""
    assert events.Local(SetLanguage("fa")) in core.take_events()


def test_a_change_while_the_name_is_being_asked_for_is_told_afterwards(core: ClientCore) -> None:
    """The server takes nothing but ``register`` before that."""
    core.connection_opened(0.0)
    core.take_bytes()
    core.send(SetLanguage("fa"), 0.0)
    assert core.take_bytes() == b""
    speak(PERSIAN)
    core.received(WELCOME, 0.0)
    assert sent(core, "lang") == [{"type": "lang", "lang": "fa"}]


def test_who_asks_which_there_are_changes_nothing(core: ClientCore) -> None:
    """Nor does the server have to know."""
    joined(core).take_events()
    core.send(SetLanguage(), 0.0)
    assert sent(core, "lang") == []
    assert core.take_events() == [events.Local(SetLanguage(None))]


def test_a_language_that_nobody_knows_is_refused_here(core: ClientCore) -> None:
    """With those that there are."""
    joined(core).take_events()
    core.send(SetLanguage("xx"), 0.0)
    assert sent(core, "lang") == []
    (problem,) = core.take_events()
    sentence = "There is no language xx here. There are: en (English), \u2068fa (فارسی)\u2069."
    assert problem == events.Problem(sentence, "bad_request")


def test_a_long_word_that_is_no_language_is_not_repeated_as_a_whole(core: ClientCore) -> None:
    """Nor would the server do that."""
    joined(core).take_events()
    core.send(SetLanguage("x" * 3000), 0.0)
    (problem,) = core.take_events()
    assert isinstance(problem, events.Problem)
    assert len(problem.sentence) < 120


def test_a_server_that_knows_no_languages_is_not_complained_of(core: ClientCore) -> None:
    """What this program says is in the language that was asked for; nothing can be done about the rest."""
    joined(core).take_events()
    core.send(SetLanguage("fa"), 0.0)
    core.take_events()
    core.received(b'{"type": "error", "error": "unknown_type", "request": "lang", "text": "No."}\n', 0.0)
    assert core.take_events() == []


@pytest.mark.parametrize(("kind", "code"), [("retry", "retry"), ("error", "too_fast"), ("error", "bad_request")])
def test_a_server_that_knows_languages_is_heard_when_it_refuses_one(core: ClientCore, kind: str, code: str) -> None:
    """It speaks another one than its person believes, or forgets the one that was chosen."""
    joined(core).take_events()
    core.send(SetLanguage("fa"), 0.0)
    core.take_events()
    core.received(json.dumps({"type": kind, "error": code, "request": "lang", "text": "No."}).encode() + b"\n", 0.0)
    assert core.take_events() == [events.Problem("No.", code)]


def test_the_server_speaks_the_language_of_its_client() -> None:
    """From its first word, and from a change on; and another person's stays what it was."""
    speak(PERSIAN)
    server = RealServer()
    ali = Client(server, "ali").go()
    speak(ENGLISH)
    sara = Client(server, "sara").go()
    assert [is_refused_in_persian(client) for client in (ali, sara)] == [True, False]
    ali.types("/lang en")
    sara.types("/lang fa")
    assert [is_refused_in_persian(client) for client in (ali, sara)] == [False, True]
    assert not ali.all(events.Problem) + sara.all(events.Problem)


def is_refused_in_persian(client: Client) -> bool:
    """Whether the server says in Persian that nobody of that name is there."""
    client.types("/pm nobody salam")
    return "آ" <= client.last(events.NotSent).sentence[0] <= "ی"


hostile = st.text(st.characters(codec=None))


@given(st.sampled_from([ENGLISH, PERSIAN]), hostile)
def test_a_sentence_keeps_its_isolates_and_foreign_text_has_none(spoken: Language, text: str) -> None:
    """What is said here can go through any filter; of what others write, nothing comes out of its place."""
    speak(spoken)
    sentence = say("{name} is away and will see it at the next login.", name=text)
    assert safe(sentence) is sentence
    assert shown(sentence) is sentence
    assert sentence.count("\u2068") == sentence.count("\u2069") <= 1
    assert not set("\x1b\n\r\u202e\u2067") & set(sentence)
    assert safe(f"{sentence}") == sentence.translate(dict.fromkeys(map(ord, "\u2068\u2069")))


def test_numbers_and_lists_are_the_languages() -> None:
    """Digits, what stands between names, and the last of them; each name by itself."""
    speak(PERSIAN)
    assert say("{count} here", count=12) == "۱۲ نفر"
    assert counted("Send {count} line? y/n", "Send {count} lines? y/n", 3).startswith("۳ خط")
    assert "\u2068ali\u2069" in several(["ali", "سارا", "reza"])
    assert "\u2068سارا\u2069" in several(["ali", "سارا", "reza"])
    assert "and" not in several(["ali", "سارا"]) + few(["a", "b", "c", "d"])


def test_a_whole_sentence_has_the_direction_of_its_language() -> None:
    """In a terminal where lines begin at the left, a sentence that begins with a Latin name would be turned around."""
    sentence = "ali وارد شد."
    assert whole(sentence) == f"\u2068{sentence}\u2069"
    speak(PERSIAN)
    assert whole(sentence) == f"\u2067{sentence}\u2069"
    assert whole("The server stops.") == "The server stops."


def test_values_in_a_sentence_can_look_different() -> None:
    """Wherever the language puts them."""
    name = ("bold", "ali\x1b")
    assert in_pieces("PM from {name}", "dim", name=name) == [("dim", "PM from "), ("bold", "ali\ufffd")]
    speak(PERSIAN)
    pieces = in_pieces("PM from {name}", "dim", name=name)
    assert [style for style, _ in pieces] == ["dim", "bold"]
    assert pieces[1][1] == "\u2068ali\ufffd\u2069"


def test_an_error_can_be_shown_as_it_is() -> None:
    """Its sentence is still known to be one of ours, which ``str`` forgets."""
    error = Told(say("There is no host called {host}.", host="سرور"))
    assert isinstance(error.sentence, Shown)
    assert str(error) == error.sentence == "There is no host called \u2068سرور\u2069."


@pytest.mark.parametrize("number", [errno.ECONNRESET, errno.EHOSTUNREACH, errno.EACCES, errno.ENOSPC])
def test_why_the_system_refuses_is_translated(number: int) -> None:
    """The system says it in English, whatever the person reads; what nobody has translated stays as it is."""
    assert strerror(number) == os.strerror(number).lower()
    speak(PERSIAN)
    assert strerror(number) != os.strerror(number).lower()
    assert "a" <= strerror(errno.EXDEV)[0] <= "z"


def test_what_is_wrong_with_a_certificate_is_translated() -> None:
    """Whose certificate it is instead can be read in it."""
    speak(PERSIAN)
    expired = ssl.SSLCertVerificationError()
    expired.verify_code, expired.verify_message = 10, "certificate has expired"
    other = ssl.SSLCertVerificationError()
    other.verify_code, other.verify_message = 62, "Hostname mismatch, certificate is not valid for 'a.example'."
    assert unverified(expired, "a.example") == "مهلت گواهی گذشته است"
    assert "\u2068a.example\u2069" in unverified(other, "a.example")


def test_every_test_begins_in_english() -> None:
    """One process speaks one language: what a test before this one has chosen is gone."""
    assert language() is ENGLISH
