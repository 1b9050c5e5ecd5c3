"""The main window: what is seen where, what becomes of a typed line, and what happens while nobody looks."""

import tkinter
from dataclasses import replace
from tkinter import ttk

import pytest

from chatd.languages import LANGUAGES, PERSIAN
from chatd.requests import BOX, Help, Ignore, Join, Leave, Register, Rename, Rooms, Say, Tell
from clients import events
from clients.events import Said, State
from clients.gui.model.view import RoomView
from clients.gui.text.drawn import drawn
from clients.gui.theme import DARK, apply
from clients.outbox import Pending
from clients.wording import say, speak
from tests.tk_windows import HERE, LOBBY, Stage, said, stage, tk_screen

__all__ = ["stage", "tk_screen"]


# What is seen


def test_everything_about_the_room_is_seen(stage: Stage) -> None:
    """Where one is, what it is about, who is there, who one is, and how one is connected."""
    stage.happens(said("سلام به همه"), said("hello"))
    chrome = stage.window.chrome
    assert chrome.header.words == "#lobby tea and more"
    assert chrome.people.names == ["ali", "mina", "sara", "سارا"]
    assert chrome.people.heading == "4 people"
    assert chrome.status.words == "● online ali at chat.example.org:5050 · encrypted"
    assert stage.log.endswith("sara: hello")
    assert "sara: سلام به همه" in stage.log
    assert stage.root.title() == "#lobby - chatd"


def test_the_list_of_people_follows_them(stage: Stage) -> None:
    """It is that of the view, at every moment; in a crowd it is only told how many there are."""
    stage.happens(rooms=(RoomView("#lobby", "", 2, ("ali", "bob")),))
    assert stage.window.chrome.people.names == ["ali", "bob"]
    stage.happens(rooms=(RoomView("#lobby", "", 1500, None),))
    assert stage.window.chrome.people.names == []
    assert stage.window.chrome.people.heading == "1500 people"


def test_a_lost_connection_is_told_and_can_be_tried_at_once(stage: Stage) -> None:
    """In words, not only in a colour."""
    stage.happens(state=State.WAITING, retry_at=None)
    status = stage.window.chrome.status
    assert "offline" in status.words
    [button] = [child for child in status.winfo_children() if isinstance(child, ttk.Button)]
    assert button.winfo_ismapped()
    button.invoke()
    assert ("retry_now", None) in stage.desk.asked
    stage.happens(state=State.ONLINE)
    assert not button.winfo_ismapped()


def test_in_a_persian_window_the_rooms_are_on_the_right(stage: Stage) -> None:
    """The whole window is mirrored; its conversations are the same."""
    stage.happens(said("hello"))
    stage.window.destroy()
    speak(PERSIAN)
    stage.open()
    chrome = stage.window.chrome
    assert chrome.rooms.winfo_rootx() > stage.window.logs.winfo_rootx() > chrome.people.winfo_rootx()
    assert stage.log.endswith("sara: hello")
    assert "۴" in chrome.people.heading


def test_a_narrow_window_keeps_the_conversation(stage: Stage) -> None:
    """First the people go, then the rooms; a button brings those."""
    chrome = stage.window.chrome
    stage.root.geometry("600x420")
    stage.until(lambda: not chrome.people.winfo_ismapped(), "the people were hidden")
    assert chrome.rooms.winfo_ismapped()
    stage.root.geometry("420x420")
    stage.until(lambda: not chrome.rooms.winfo_ismapped(), "the rooms were hidden")
    assert stage.window.logs.winfo_width() > 350
    stage.root.geometry("1000x640")
    stage.until(lambda: chrome.rooms.winfo_ismapped() and chrome.people.winfo_ismapped(), "all were back")


def test_the_lists_are_as_wide_as_somebody_made_them(stage: Stage) -> None:
    """By dragging what is between them; the next window can be given the same widths."""
    panes = stage.window.chrome.page.master
    assert isinstance(panes, tkinter.Misc)
    sash = next(c for c in panes.winfo_children() if str(c.cget("cursor")) and c.winfo_x() < 300)
    sash.event_generate("<B1-Motion>", rootx=panes.winfo_rootx() + 250)
    stage.root.update()
    assert stage.window.panes == (250, 180)
    assert stage.window.chrome.rooms.winfo_width() == 250


def test_a_button_that_is_too_narrow_loses_its_end_and_not_its_sign(stage: Stage) -> None:
    """At a large size, in a narrow list."""
    stage.window.destroy()
    speak(PERSIAN)
    stage.open()
    [join] = [part for part in stage.window.chrome.rooms.winfo_children() if isinstance(part, ttk.Button)]
    assert "…" not in str(join.cget("text"))
    stage.fonts.resize(28)
    stage.window.fonts_changed()
    stage.until(lambda: str(join.cget("text")).startswith("…"), "it was shorter")
    assert str(join.cget("text")).endswith("+")
    assert join.winfo_reqwidth() <= join.winfo_width()


def test_another_look_is_taken_on_at_once(stage: Stage) -> None:
    """Nothing has to be made anew."""
    stage.happens(said("hello"))
    apply(DARK, stage.root, stage.fonts)
    stage.window.apply_theme(DARK)
    stage.root.update()
    assert str(stage.input.cget("background")) == DARK.background
    stage.fonts.resize(20)
    stage.window.fonts_changed()
    stage.settle()
    assert stage.log.endswith("sara: hello")


# What becomes of a typed line


def test_a_line_goes_to_the_room_one_looks_at(stage: Stage) -> None:
    """Return sends it, and the line is empty again."""
    stage.type("salam")
    stage.press("Return")
    assert stage.desk.sent == [Say("salam", "#lobby")]
    assert stage.typed == ""


def test_a_line_in_a_private_conversation_goes_to_that_person(stage: Stage) -> None:
    """Without a slash, and to nobody else."""
    stage.window.look_at("@sara")
    stage.type("سلام")
    stage.press("Return")
    assert stage.desk.sent == [Tell("sara", "سلام")]


def test_another_room_is_talked_to_once_it_is_looked_at(stage: Stage) -> None:
    """The server's commands without a room mean that one too."""
    stage.window.look_at("#dev")
    assert ("switch_room", "#dev") in stage.desk.asked
    stage.type("hello")
    stage.press("Return")
    assert stage.desk.sent == [Say("hello", "#dev")]


def test_commands_are_those_of_the_line_language(stage: Stage) -> None:
    """And what they are answered is shown where they were typed."""
    stage.type("/rooms")
    stage.press("Return")
    assert stage.desk.sent == [Rooms()]
    stage.happens(events.RoomsListed((events.RoomRow("#tea", 3, "", False),), 0))
    assert "#tea (3)" in stage.log


def test_a_private_message_shows_its_conversation(stage: Stage) -> None:
    """What was said has to be seen somewhere; a name that is an address is known only when it is answered."""
    stage.type("/pm sara psst")
    stage.press("Return")
    assert stage.all.shown.key == "@sara"
    stage.type("/pm 192.0.2.1 psst")
    stage.press("Return")
    assert stage.all.shown.key == "@sara"


def test_what_cannot_be_done_here_is_explained_and_kept(stage: Stage) -> None:
    """Acting in a room that one does not look at would be seen by others."""
    stage.window.look_at("@sara")
    stage.type("/me waves")
    stage.press("Return")
    assert stage.desk.sent == []
    assert "here you talk to sara in private" in stage.log
    assert stage.typed == "/me waves"


def test_several_lines_are_asked_about_first(stage: Stage) -> None:
    """One message for each line, to where they were typed, or none at all."""
    stage.type("one\n\ntwo")
    stage.press("Return")
    assert stage.desk.sent == []
    question = stage.window.asking.question
    assert question == "Send 2 lines?"
    stage.window.asking.answer()
    assert stage.desk.sent == [Say("one", "#lobby"), Say("two", "#lobby")]
    assert stage.window.asking.question == ""
    assert stage.typed == ""
    stage.press("Up")
    assert stage.typed == "one\n\ntwo"


def test_a_question_about_several_lines_is_taken_back_when_one_looks_elsewhere(stage: Stage) -> None:
    """They stay where they were typed, and what is typed elsewhere stays there as well."""
    stage.type("one\ntwo")
    stage.press("Return")
    stage.window.look_at("#dev")
    assert stage.window.asking.question == ""
    stage.type("half a line")
    stage.window.look_at("#lobby")
    assert (stage.typed, stage.desk.sent) == ("one\ntwo", [])
    stage.window.look_at("#dev")
    assert stage.typed == "half a line"


def test_a_question_about_several_lines_does_not_outlive_them(stage: Stage) -> None:
    """It would send what is no longer there."""
    stage.type("one\ntwo")
    stage.press("Return")
    stage.window.input.draft = "hello"
    assert stage.window.asking.question == ""
    stage.press("Return")
    assert stage.desk.sent == [Say("hello", "#lobby")]


@pytest.mark.parametrize(
    ("lines", "changed", "sentence"),
    [
        ("first\n" + "x" * 4097 + "\nthird", {}, "because of line 2: That text has 4097 bytes"),
        ("first\nx\x07\nthird", {}, "because of line 2"),
        ("one\ntwo", {"state": State.ENDED}, "The conversation has ended."),
        ("one\ntwoo", {"text_bytes": 3}, "at most 3"),
    ],
)
def test_lines_of_which_one_would_be_refused_stay_where_they_are(
    stage: Stage, lines: str, changed: dict[str, object], sentence: str
) -> None:
    """All of them, or none."""
    stage.happens(**changed)
    stage.type(lines)
    stage.press("Return")
    assert stage.window.asking.question == ""
    assert stage.desk.sent == []
    assert stage.typed == lines
    assert sentence in stage.log.replace("\u2068", "").replace("\u2069", "")


def test_lines_that_can_no_longer_be_sent_when_the_question_is_answered_are_kept(stage: Stage) -> None:
    """The conversation may have ended meanwhile."""
    stage.type("one\ntwo")
    stage.press("Return")
    stage.happens(state=State.ENDED)
    stage.window.asking.answer()
    assert (stage.desk.sent, stage.typed) == ([], "one\ntwo")
    assert "The conversation has ended." in stage.log


def test_joining_a_room_one_is_in_shows_it(stage: Stage) -> None:
    """Nothing will be heard of it, so it is not waited for."""
    stage.window.look_at("@sara")
    stage.type("/join #LOBBY")
    stage.press("Return")
    assert stage.all.shown.key == "#lobby"
    stage.window.look_at("@sara")
    stage.window.deeds.join()
    stage.window.asking.answer("dev")
    assert stage.all.shown.key == "#dev"


def test_a_name_that_cannot_be_one_opens_no_conversation(stage: Stage) -> None:
    """It will be refused; and what only says a direction is no part of a name."""
    stage.type("/pm sa\x07ra psst")
    stage.press("Return")
    assert stage.all.shown.key == "#lobby"
    stage.type("/pm \u2067sara psst")
    stage.press("Return")
    assert stage.all.shown.key == "@sara"


def test_pasted_commands_are_not_sent(stage: Stage) -> None:
    """A password among them would be said to all."""
    stage.type("hello\n/login ali secret")
    stage.press("Return")
    assert stage.desk.sent == []
    assert "Nothing was sent" in stage.log
    assert "secret" in stage.typed


def test_passwords_are_not_called_back(stage: Stage) -> None:
    """The arrow key shows earlier lines, but never one that may hold a password."""
    for line in ("hello", "/register swordfish"):
        stage.type(line)
        stage.press("Return")
    stage.press("Up")
    assert stage.typed == "hello"


def test_an_empty_line_tries_to_connect(stage: Stage) -> None:
    """As in the console."""
    stage.press("Return")
    assert ("retry_now", None) in stage.desk.asked


def test_leaving_is_the_same_by_command_and_in_a_private_conversation_closes_it(stage: Stage) -> None:
    """The room one happens to talk to meanwhile is not left."""
    stage.happens(said("psst", BOX))
    stage.window.look_at("@sara")
    stage.type("/leave")
    stage.press("Return")
    assert stage.desk.sent == []
    assert stage.all.shown.key == "#lobby"
    stage.type("/exit")
    stage.press("Return")
    assert stage.desk.asked[-1] == ("leave", None)


def test_what_waits_is_shown_at_the_end(stage: Stage) -> None:
    """While there is no connection, at once; until the server has it."""
    waiting = Pending("1", "#lobby", "", "are you there?", False, 0.0)
    stage.happens(said("hello"), state=State.WAITING, pending=(waiting,))
    assert stage.log.endswith("sara: hello\nali: are you there?")
    stage.happens(state=State.ONLINE, pending=())
    assert stage.log.endswith("sara: hello")


def test_drafts_stay_with_their_conversations(stage: Stage) -> None:
    """Through looking elsewhere, and through lost connections."""
    stage.type("half a line")
    stage.window.look_at("#dev")
    assert stage.typed == ""
    stage.type("another")
    stage.happens(state=State.WAITING)
    stage.happens(state=State.ONLINE)
    stage.window.look_at("#lobby")
    assert stage.typed == "half a line"


# The lists


def test_what_is_unread_is_counted_in_the_list_and_in_the_title(stage: Stage) -> None:
    """Until it is looked at."""
    stage.focus(stage.input)
    stage.happens(said("one", "#dev"), said("two", "#dev"), said("psst", BOX))
    assert stage.rooms == [("#lobby", ""), ("#dev", "2"), ("@sara", "1")]
    assert stage.root.title() == "(3) #lobby - chatd"
    stage.window.look_at("#dev")
    assert stage.rooms == [("#lobby", ""), ("#dev", ""), ("@sara", "1")]
    assert stage.root.title() == "(1) #dev - chatd"


def test_conversations_are_chosen_by_click_and_by_keys(stage: Stage) -> None:
    """Up and down the list, and by number."""
    stage.happens(said("psst", BOX))
    stage.press("Control-Down")
    assert stage.all.shown.key == "#dev"
    stage.press("Control-Up", "Control-Up")
    assert stage.all.shown.key == "@sara"
    stage.press("Alt-Key-1")
    assert stage.all.shown.key == "#lobby"
    keyboard = stage.window.chrome.rooms.keyboard
    height = stage.fonts.text.metrics("linespace") + 10
    stage.click(keyboard, 30, height * 2 + height // 2)  # below the heading and #lobby
    assert stage.all.shown.key == "#dev"
    assert stage.root.focus_get() is stage.input


def test_a_double_click_on_somebody_begins_a_private_message(stage: Stage) -> None:
    """The conversation is there to be typed into; on oneself nothing happens."""
    keyboard = stage.window.chrome.people.keyboard
    height = stage.fonts.text.metrics("linespace") + 10
    stage.click(keyboard, 30, height // 2, twice=True)
    assert stage.all.shown.key == "#lobby"
    stage.click(keyboard, 30, height * 2 + height // 2, twice=True)
    assert stage.all.shown.key == "@sara"
    assert stage.root.focus_get() is stage.input


def test_the_lists_can_be_walked_by_keys(stage: Stage) -> None:
    """F6 goes to the next part of the window, Return opens, Escape goes back."""
    stage.press("F6")
    assert stage.root.focus_get() is stage.window.chrome.rooms.keyboard
    stage.press("Down", "Return", at=stage.window.chrome.rooms.keyboard)
    assert stage.all.shown.key == "#dev"
    people = stage.window.chrome.people.keyboard
    stage.press("Escape", at=people)
    assert stage.root.focus_get() is stage.input
    stage.press("Shift-F6")
    assert stage.window.logs.top is not None
    assert stage.root.focus_get() is stage.window.logs.top.keyboard


def test_a_language_switch_keeps_what_one_was_in_the_middle_of(stage: Stage) -> None:
    """Earlier lines, what is half typed, and what was being asked: the window is another one."""
    stage.type("hello")
    stage.press("Return")
    stage.window.deeds.join("#te")
    stage.type("half a line")
    stage.window.destroy()
    speak(PERSIAN)
    stage.open()
    assert stage.window.asking.word == "#te"
    assert stage.window.asking.question == drawn(say("The name of the room:"))
    assert stage.typed == "half a line"
    stage.press("Up")
    assert stage.typed == "hello"
    stage.window.destroy()
    stage.open()
    stage.window.focus_input()
    stage.window.input.draft = "one\ntwo"
    stage.press("Return")
    stage.window.destroy()
    stage.open()
    stage.window.asking.answer()
    assert stage.desk.sent[-2:] == [Say("one", "#lobby"), Say("two", "#lobby")]


@pytest.mark.parametrize("code", ["en", "fa"])
def test_in_the_smallest_window_the_status_is_whole_but_for_a_long_name(stage: Stage, code: str) -> None:
    """Whether others can read along, and how to connect, is never what is cut off."""
    stage.window.destroy()
    speak(LANGUAGES[code])
    stage.open()
    stage.root.geometry("560x420")
    stage.happens(state=State.WAITING, retry_at=None, encrypted=False, name="字" * 32)
    stage.until(lambda: stage.root.winfo_width() == 560, "it was small")
    stage.settle()
    status = stage.window.chrome.status
    assert drawn(say("not encrypted")) in status.words
    assert "…" in status.words
    parts = [part for part in status.winfo_children() if isinstance(part, ttk.Label | ttk.Button)]
    assert all(part.winfo_ismapped() for part in parts)
    assert all(part.winfo_width() >= part.winfo_reqwidth() for part in parts)
    assert all(0 <= part.winfo_x() <= 560 - part.winfo_width() for part in parts)


def test_the_logs_of_rooms_that_were_left_are_let_go(stage: Stage) -> None:
    """And drawn again when one comes back, with all that was said."""
    stage.happens(said("hello", "#dev"))
    stage.window.look_at("#dev")
    stage.settle()
    before = len(stage.window.logs.winfo_children())
    stage.happens(events.Departed("#dev", "#lobby"), rooms=HERE.rooms[:1])
    assert len(stage.window.logs.winfo_children()) == before - 1
    stage.happens(rooms=HERE.rooms)
    stage.window.look_at("#dev")
    assert stage.log.endswith("sara: hello")


def test_what_is_typed_anywhere_goes_to_the_input_line(stage: Stage) -> None:
    """A letter that is typed in a list is no accident."""
    stage.press("x", at=stage.window.chrome.people.keyboard)
    assert stage.typed == "x"
    assert stage.root.focus_get() is stage.input


def test_what_is_pasted_anywhere_goes_to_the_input_line(stage: Stage) -> None:
    """As what is typed does, by its rules; where something else is asked for, it goes there."""
    top = stage.window.logs.top
    assert top is not None
    stage.root.clipboard_clear()
    stage.root.clipboard_append("salam\n")
    for part in (stage.window.chrome.people.keyboard, top.keyboard, stage.input):
        stage.window.input.draft = ""
        stage.focus(part)
        part.event_generate("<<Paste>>")
        stage.root.update()
        assert stage.typed == "salam"
        assert stage.root.focus_get() is stage.input
    stage.window.deeds.join()
    stage.root.update()
    answer = stage.root.focus_get()
    assert isinstance(answer, ttk.Entry)
    answer.event_generate("<<Paste>>")
    assert (answer.get(), stage.typed) == ("salam\n", "salam")


def test_after_a_choice_in_the_menu_one_types_on(stage: Stage) -> None:
    """Wherever the keyboard was; but for a question, which is answered first, and the button never has it."""
    button = stage.window.chrome.header.menu
    stage.focus(stage.window.chrome.people.keyboard)
    button.event_generate("<Button-1>", x=5, y=5)
    stage.root.update()
    assert stage.root.focus_get() is stage.window.chrome.people.keyboard
    menu = stage.window.deeds.menu(stage.window, account=False)
    menu.invoke("Dark")
    assert stage.root.focus_get() is stage.input
    assert stage.desk.asked[-1] == ("choose_theme", "dark")
    menu.invoke("Join a room…")
    stage.root.update()
    assert isinstance(stage.root.focus_get(), ttk.Entry)
    menu.invoke("Dark")
    assert isinstance(stage.root.focus_get(), ttk.Entry)


def test_a_person_can_be_mentioned_and_ignored(stage: Stage) -> None:
    """As the menu of the list offers it."""
    deeds = stage.window.deeds
    deeds.mention("sara")
    assert stage.typed == "sara: "
    stage.type("and ")
    deeds.mention("mina")
    assert stage.typed == "sara: and mina "
    deeds.ignore("mina")
    assert stage.desk.sent == [Ignore("mina")]


def test_a_room_is_joined_by_its_name(stage: Stage) -> None:
    """The number sign may be left out; the room is shown when one is in it."""
    stage.window.deeds.join()
    stage.root.update()
    assert stage.window.asking.question == "The name of the room:"
    stage.window.asking.answer("tea")
    assert stage.desk.sent == [Join("#tea")]
    tea = RoomView("#tea", "", 1, ("ali",))
    stage.happens(events.Entered("#tea", "", False), rooms=(*HERE.rooms, tea), current="#tea")
    assert stage.all.shown.key == "#tea"
    assert stage.root.title() == "#tea - chatd"


def test_a_question_is_taken_back_by_escape(stage: Stage) -> None:
    """Nothing is done, and one types on."""
    stage.window.deeds.rename()
    stage.root.update()
    stage.press("Escape")
    assert stage.window.asking.question == ""
    assert stage.desk.sent == []
    assert stage.root.focus_get() is stage.input


def test_the_menu_does_what_it_says(stage: Stage) -> None:
    """Each entry is one wish of the person."""
    deeds = stage.window.deeds
    deeds.rename()
    stage.window.asking.answer("ali2")
    deeds.make_account()
    deeds.help()
    deeds.leave_room("#dev")
    assert stage.desk.sent == [Rename("ali2"), Register(), Help(), Leave("#dev")]
    deeds.resize(2)
    deeds.choose_theme("dark")
    deeds.choose_language("fa")
    deeds.log_out()
    assert stage.desk.asked[-4:] == [
        ("choose_size", 13),
        ("choose_theme", "dark"),
        ("choose_language", "fa"),
        ("log_out", None),
    ]
    deeds.about()
    assert "This is chatd" in stage.log


@pytest.mark.parametrize("account", [True, False])
def test_the_menu_can_be_opened(stage: Stage, account: bool) -> None:
    """It offers what is of use: a guest takes another name, an account another password."""
    stage.view = replace(stage.view, account=account)
    stage.happens()
    labels = stage.window.deeds.menu(stage.window, account=account).labels
    assert ("Change the password…" in labels) is account
    assert ("Take another name…" in labels) is not account


# While nobody looks


def test_reading_stops_where_the_window_was_left(stage: Stage) -> None:
    """A line stands there when one comes back, and everything is read then."""
    stage.focus(stage.input)
    stage.happens(said("seen"))
    stage.lose_focus()
    stage.happens(said("unseen"))
    assert stage.root.title() == "(1) #lobby - chatd"
    assert stage.all.shown.unread == 1
    stage.come_back()
    assert stage.all.shown.unread == 0
    assert stage.root.title() == "#lobby - chatd"
    _day, seen, mark, unseen = stage.drawn
    assert (seen[-4:], "new" in mark, unseen[-6:]) == ("seen", True, "unseen")


@pytest.mark.parametrize(
    ("message", "rings"), [(said("hello"), 0), (said("ali: hello", mention=True), 1), (said("psst", BOX), 1)]
)
def test_a_bell_rings_once_for_what_is_for_this_person(stage: Stage, message: Said, rings: int) -> None:
    """Not for every message, and not twice for two at once."""
    stage.focus(stage.input)
    stage.lose_focus()
    stage.happens(message, message)
    assert len(stage.bells) == rings


def test_a_window_that_was_closed_leaves_nothing_behind(stage: Stage) -> None:
    """Keys that are pressed in the next one reach nothing of it."""
    stage.window.destroy()
    assert not [key for key in stage.root.bind() if "Key" in key or "Focus" in key]
    stage.open()
    stage.type("hello")
    stage.press("Return")
    assert stage.desk.sent == [Say("hello", "#lobby")]


def test_many_messages_do_not_lose_one(stage: Stage) -> None:
    """They are drawn little by little, in their order."""
    for start in range(0, 1000, 250):
        stage.window.happened([said(f"n{number}") for number in range(start, start + 250)], stage.view)
    lines = [line for line in stage.log.split("\n") if "sara" in line]
    assert [line.rpartition(" ")[2] for line in lines] == [f"n{number}" for number in range(1000)]


def test_a_persian_room_is_drawn_as_it_is_read(stage: Stage) -> None:
    """In the header and in the list."""
    room = RoomView("#ایران", "همه چیز", 1, ("ali",))
    stage.happens(rooms=(LOBBY, room))
    stage.window.look_at("#ایران")
    stage.root.update()
    assert stage.window.chrome.header.words == f"{drawn('#ایران')} {drawn('همه چیز')}"
    assert stage.root.title() == "#ایران - chatd"
