"""The window itself in conversation: what its person types and clicks, what others get, and what is read and copied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.gui.text.drawn import drawn
from tests.chat_windows import INPUT, LOG, PEOPLE, ROOMS, ChatWindow, chat_window, middle
from tests.programs import piped
from tests.screens import Screen, screen_fixture
from tests.servers import Server, serving

screen = screen_fixture()

PERSIAN = "می‌خواهم (کتاب‌ها) را «ببینم»، ۱۲۳ OK؟"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without limits on talking, where newcomers are shown nothing."""
    with serving(tmp_path_factory.mktemp("server") / "run", "--greeting", "0", "--flood", "0") as running:
        yield running


@pytest.fixture
def ali(screen: Screen, server: Server, tmp_path: Path) -> Iterator[ChatWindow]:
    """Somebody in the lobby, alone."""
    server.await_everybody_gone()
    with chat_window(screen, server, tmp_path) as window:
        yield window


@pytest.mark.parametrize("text", ["Hello, World! 100% 'quoted' \\ {braces} [1]", PERSIAN])
def test_what_is_typed_arrives_as_it_was_typed(server: Server, ali: ChatWindow, text: str) -> None:
    """Byte for byte, whatever the window does to draw it; and one's own log has it once."""
    isolated = f"\u2068{text}\u2069" if text == PERSIAN else text
    with piped(server, "sara") as sara:
        ali.enter(text)
        sara.expect_exact(f"ali: {isolated}\n".encode())
        assert ali.sees(f"ali: {text}").count(text) == 1
        assert ali.draft == ""


@pytest.mark.parametrize("text", ["Hello, World! 100% 'quoted' \\ {braces} [1]", PERSIAN])
def test_what_others_say_is_copied_as_they_said_it(server: Server, ali: ChatWindow, text: str) -> None:
    """Ctrl-A and Ctrl-C in the log: letters as they are written, in the order in which they are read, with ZWNJ."""
    with piped(server, "سارا") as sara:
        sara.sendline(text.encode())
        log = ali.sees(text)
    assert log.splitlines()[-1].endswith(f"] سارا: {text}")


def test_private_messages_have_a_conversation_of_their_own(screen: Screen, server: Server, ali: ChatWindow) -> None:
    """A double click on somebody: only they get what is typed then, and the answer is shown there."""
    with piped(server, "sara") as sara, piped(server, "reza") as reza:
        ali.click("sara", PEOPLE, times=2)
        ali.app.window("^@sara - chatd$")
        ali.enter("between us")
        sara.expect(rb"\[PM from ali at \d\d:\d\d\]: between us\n")
        sara.sendline(b"/r yes?")
        assert "joined" not in ali.sees("sara: yes?", "ali: between us")
        ali.click("#lobby", ROOMS)
        ali.app.window("^#lobby")
        assert "between us" not in ali.log
        screen.key("F6")
        sara.sendline(b"/pm ali are you there")
        ali.click("sara", ROOMS)
        ali.sees("sara: are you there")
        ali.click("#lobby", ROOMS)
        ali.enter("for all")
        reza.expect(rb"(?s)(.*)ali: for all\n")
        assert b"between" not in reza.match[1]


def test_what_is_half_typed_stays_in_its_conversation(screen: Screen, server: Server, ali: ChatWindow) -> None:
    """Neither is it taken along to another one, where somebody else would get it, nor is it lost."""
    with piped(server, "sara") as sara:
        ali.enter("/pm sara first")
        ali.app.window("^@sara")
        screen.type("for sara")
        ali.click("#lobby", ROOMS)
        ali.app.window("^#lobby")
        assert ali.draft == ""
        ali.enter("/pm sara second")
        sara.expect_exact(b": second\n")
        ali.app.window("^@sara")
        assert ali.draft == "for sara"


def test_what_has_not_been_seen_is_counted(server: Server, ali: ChatWindow) -> None:
    """In the list and in the title, until one looks; a private message is not shown over what one reads."""
    with piped(server, "sara") as sara:
        sara.sendline(b"/pm ali one\n/pm ali two")
        ali.app.window(r"^\(2\) #lobby - chatd$")
        [badge] = [seen for seen in ali.look() if seen.text == "2" and "roomlist." in seen.widget]
        row = ali.find("sara", ROOMS)
        assert row.upper - 4 < badge.box.upper < row.lower
        ali.click("sara", ROOMS)
        assert ali.app.window("^@sara - chatd$")
        assert "2" not in [seen.text for seen in ali.look() if "roomlist." in seen.widget]
        ali.sees("sara: one", "sara: two")


def test_commands_answer_in_the_log(server: Server, ali: ChatWindow) -> None:
    """The same ones as in every client; what they show can be copied."""
    with piped(server, "sara") as sara:
        ali.enter("/who")
        ali.sees("Online (2):\nali (127.0.0.1)\nsara (127.0.0.1)")
        ali.enter("/me waves")
        sara.expect_exact(b"* ali waves\n")
        ali.sees("* ali waves")
        ali.enter("/topic Green or black?")
        sara.expect_exact(b"Green or black?")
        ali.reads("Green or black?")
        ali.enter("/pm sara psst")
        sara.expect(rb"\[PM from ali at \d\d:\d\d\]: psst\n")
        ali.app.window("^@sara")
        ali.click("#lobby", ROOMS)
        ali.enter("/nick mina")
        sara.expect_exact(b"* ali is now called mina.\n")
        ali.reads("mina at 127.0.0.1")
        ali.enter("/hwo")
        ali.sees("/hwo")


def test_a_joined_room_is_shown_and_talked_to(server: Server, ali: ChatWindow) -> None:
    """What is typed goes where one looks, and history and search look there as well."""
    with piped(server, "sara") as sara:
        sara.sendline(b"/join #tea")
        sara.expect_exact(b"#tea")
        ali.enter("/join #tea")
        ali.app.window("^#tea - chatd$")
        ali.enter("a cup of green tea")
        sara.expect_exact(b"ali: a cup of green tea\n")
        ali.enter("/history")
        log = ali.sees("In #tea and in private (1):")
        assert log.count("a cup of green tea") == 2
        ali.enter("/search GREEN")
        ali.sees("Found for GREEN (1):")
        ali.enter("/leave")
        ali.app.window("^#lobby")
        sara.expect_exact(b"ali left")


def test_tab_completes_and_up_recalls(screen: Screen, server: Server, ali: ChatWindow) -> None:
    """Names as one talks to them, and what was said before."""
    with piped(server, "saraabi") as sara:
        ali.reads("saraabi")
        screen.type("sar")
        screen.key("Tab")
        ali.enter("look")
        sara.expect_exact(b"ali: saraabi: look\n")
        ali.enter("second")
        sara.expect_exact(b"ali: second\n")
        screen.key("Up", "Up", "Return")
        sara.expect_exact(b"ali: saraabi: look\n")


def test_a_word_chosen_with_the_mouse_can_be_pasted(screen: Screen, server: Server, ali: ChatWindow) -> None:
    """Dragged over from right to left, as it is read: what the middle button and Ctrl-V paste is what was written."""
    with piped(server, "sara") as sara:
        sara.sendline(PERSIAN.encode())
        ali.sees(PERSIAN)
        word = ali.drawn_at("کتاب‌ها")
        across = (word.upper + word.lower) // 2
        screen.drag((word.right, across), (word.left, across))
        screen.wait(lambda: screen.selection("primary") == "کتاب‌ها", "the word was selected")
        screen.key("ctrl+c")
        screen.wait(lambda: screen.selection() == "کتاب‌ها", "it was copied")
        screen.click(*middle(ali.part(INPUT).box), button=2)
        screen.key("Escape", "space", "ctrl+v")
        screen.wait(lambda: ali.draft == "کتاب‌ها کتاب‌ها", "both were pasted")
        screen.key("Return")
        sara.expect_exact("ali: \u2068کتاب‌ها کتاب‌ها\u2069\n".encode())


def test_keys_of_a_persian_keyboard_copy_as_well(screen: Screen, ali: ChatWindow) -> None:
    """Ctrl-A and Ctrl-C are where they always were, whatever the keys would write."""
    ali.enter(PERSIAN)
    ali.sees(PERSIAN)
    ali.focus_log()
    screen.copy("something else")
    screen.key_in_persian("ctrl+a")
    screen.key_in_persian("ctrl+c")
    screen.wait(lambda: f"ali: {PERSIAN}" in screen.selection(), "it was copied")


def test_keys_of_a_persian_keyboard_edit_as_well(screen: Screen, ali: ChatWindow) -> None:
    """All, copy, cut, paste, undo: in the line where one types."""
    screen.type("می‌خواهم")
    for chord in ("ctrl+a", "ctrl+x", "ctrl+v", "ctrl+v", "ctrl+a", "ctrl+c"):
        screen.key_in_persian(chord)
    screen.wait(lambda: screen.selection() == "می‌خواهم" * 2, "it was copied")
    screen.key_in_persian("ctrl+x")
    assert ali.draft == ""
    screen.key_in_persian("ctrl+z")
    assert ali.draft == "می‌خواهم" * 2


def test_the_language_can_be_changed_and_changed_back(ali: ChatWindow) -> None:
    """Everything around the conversation follows, mirrored where it has to be, and what was said stays."""
    ali.enter("salam")
    ali.sees("ali: salam")
    assert ali.part(ROOMS).box.left < ali.part(LOG).box.left < ali.part(PEOPLE).box.left
    ali.enter("/lang fa")
    ali.reads("اتاق‌ها")
    ali.app.screen.wait(
        lambda: ali.part(ROOMS).box.left > ali.part(LOG).box.left > ali.part(PEOPLE).box.left, "mirrored"
    )
    assert drawn("اتاق‌ها") in ali.words
    assert "online" not in ali.words
    ali.sees("ali: salam")
    ali.enter("/lang en")
    ali.reads("Rooms", "online")
    ali.sees("ali: salam")
