"""The line where somebody types, what stands above and below it, and the scrolling text that appears over it.

Knows keys and prompt_toolkit. Must not know what lines mean, or that there is a chat.
"""

import asyncio
import os
import signal
from asyncio import Task
from collections.abc import Sequence
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.clipboard import InMemoryClipboard
from prompt_toolkit.completion import Completer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.search import stop_search
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from clients.console.asked import Asked
from clients.console.desk import Desk
from clients.console.toolbar import Fragments, candidates
from clients.wording import whole

# Focus reporting (xterm, "Miscellaneous": FocusIn/FocusOut, mode 1004). prompt_toolkit has no keys for it; these two
# are on no keyboard.
_FOCUS_IN: Final = Keys.ControlF23
_FOCUS_OUT: Final = Keys.ControlF24
ANSI_SEQUENCES["\x1b[I"] = _FOCUS_IN
ANSI_SEQUENCES["\x1b[O"] = _FOCUS_OUT
_REPORT_FOCUS: Final = "\x1b[?1004h"
_REPORT_NO_FOCUS: Final = "\x1b[?1004l"

# In the answer to a question, keys that would bring back what was typed before, and Tab.
_NOT_IN_ANSWERS: Final = ("up", "down", "c-p", "c-n", "c-r", "c-s", "pageup", "pagedown", "tab", "s-tab")


class InputLine:
    """One prompt for the whole run: what is typed stays as it is, whatever is printed above."""

    def __init__(self, desk: Desk, completer: Completer, history: History, style: Style) -> None:
        self._desk = desk
        self._style = style
        self._asked: Asked | None = None
        self._one_at_a_time = asyncio.Lock()
        self._closed = False
        self._draft = Document()
        self._lines: list[Fragments] = []
        self._printing: Task[None] | None = None
        self._history = history
        self._session: PromptSession[None] = PromptSession(
            self._message,
            completer=completer,
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,  # no room is kept for a menu: candidates are in the toolbar
            history=history,
            bottom_toolbar=self._toolbar,
            key_bindings=self._keys(),
            erase_when_done=True,
            style=style,
        )

    async def run(self) -> None:
        """Let somebody type until :meth:`close`."""
        app = self._session.app
        app.key_processor.before_key_press += lambda _: self._desk.at_the_keyboard()
        app.output.write_raw(_REPORT_FOCUS)
        try:
            await self._session.prompt_async(handle_sigint=True)
            if self._printing:
                await self._printing
        finally:
            app.output.write_raw(_REPORT_NO_FOCUS)
            app.output.flush()

    def close(self) -> None:
        """End :meth:`run`. What was typed is gone, and questions find no answer."""
        self._closed = True
        self._end_questions(None)
        if self._session.app.is_running and not self._session.app.is_done:
            self._session.app.exit()

    async def ask(self, *questions: str, secret: bool = False) -> list[str] | None:
        """Ask questions, one by one, after those asked before; what was being typed comes back afterwards.

        ``secret``: the answers are shown as asterisks, and kept nowhere. Returns ``None`` for Ctrl-C and Ctrl-D.
        """
        async with self._one_at_a_time:
            if self._closed:
                return None
            self._leave_search()
            self._asked = Asked(questions)
            self._session.is_password = secret
            self._draft = self._session.default_buffer.document
            self._session.default_buffer.reset()
            self.refresh()
            try:
                return await self._asked.answers
            finally:
                self._end_questions(None)  # unless all were answered

    def write(self, lines: Sequence[Fragments]) -> None:
        """Print lines above, in the order of the calls; those that come together are printed together."""
        self._lines.extend(lines)
        if self._printing is None or self._printing.done():
            self._printing = asyncio.ensure_future(self._print())
            self._printing.add_done_callback(self._printed)

    @property
    def draft(self) -> str:
        """What is half typed: never a part of an answer."""
        return (self._draft if self._asked else self._session.default_buffer.document).text

    def restore(self, draft: Document) -> None:
        """Put this into the input line."""
        self._session.default_buffer.reset(draft)

    def ring(self) -> None:
        """The terminal's bell."""
        self._session.app.output.bell()
        self._session.app.output.flush()

    def refresh(self) -> None:
        """What stands around the line has changed."""
        self._session.app.invalidate()

    async def _print(self) -> None:
        """Not by prompt_toolkit's ``run_in_terminal``: while that prints, the terminal itself echoes what is typed."""
        app = self._session.app
        while self._lines:
            await (
                app.renderer.wait_for_cpr_responses()
            )  # an answer about an earlier place would be taken for this one's
            lines, self._lines = self._lines, []
            fragments: StyleAndTextTuples = [fragment for line in lines for fragment in (*line, ("", "\n"))]
            if app.is_running:
                app.renderer.erase()
            print_formatted_text(app.output, fragments, self._style, color_depth=app.output.get_default_color_depth())
            if app.is_running:
                app.renderer.request_absolute_cursor_position()
                app.invalidate()

    def _printed(self, printing: Task[None]) -> None:
        """What cannot be printed must not be lost without a word."""
        app = self._session.app
        error = None if printing.cancelled() else printing.exception()
        if error and app.is_running and not app.is_done:
            app.exit(exception=error)

    def _message(self) -> StyleAndTextTuples:
        if self._asked:
            return [*self._desk.above(), ("class:question", whole(self._asked.question)), ("", " ")]
        return [*self._desk.above(), *self._desk.prompt()]

    def _toolbar(self) -> StyleAndTextTuples:
        columns = self._session.app.output.get_size().columns
        state = self._session.default_buffer.complete_state
        if state and state.completions:
            words = [completion.text for completion in state.completions]
            return [*candidates(words, state.complete_index, columns)]
        return [*self._desk.below(columns)]

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        typing = has_focus(DEFAULT_BUFFER)
        asked = Condition(lambda: self._asked is not None)
        keys.add("enter", filter=typing)(lambda event: self._enter(event.current_buffer))
        keys.add("tab", filter=typing & ~asked)(lambda event: _complete(event.current_buffer))
        keys.add(Keys.BracketedPaste, filter=typing)(self._paste)
        keys.add("c-c")(lambda event: self._interrupt(event.current_buffer))
        keys.add("<sigint>")(lambda event: self._interrupt(event.current_buffer))
        keys.add("c-d", filter=typing & Condition(lambda: not self._session.default_buffer.text))(lambda _: self._end())
        keys.add("c-z", filter=~asked)(lambda _: self._suspend())
        keys.add(_FOCUS_IN)(lambda _: None)  # before_key_press has told it
        keys.add(_FOCUS_OUT)(lambda _: self._desk.gone())
        for key in _NOT_IN_ANSWERS:
            keys.add(key, filter=asked)(lambda _: None)
        return keys

    def _enter(self, buffer: Buffer) -> None:
        text = buffer.text
        if self._asked:
            buffer.reset()
            if self._asked.answer(text):
                self._end_questions(self._asked.given)
        else:
            buffer.reset()
            if self._desk.entered(text):
                self._keep(text)

    def _keep(self, line: str) -> None:
        kept = self._history.get_strings()
        if line and (not kept or kept[-1] != line):
            try:
                self._history.append_string(line)
            except OSError as error:
                self._desk.history_failed(error)

    def _paste(self, event: KeyPressEvent) -> None:
        lines = event.data.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
        buffer = event.current_buffer
        if len(lines) == 1 or self._asked:
            buffer.insert_text(" ".join(lines))
        else:
            draft = buffer.document
            buffer.reset()
            self._desk.pasted(lines, draft)

    def _leave_search(self) -> bool:
        """Where history was being searched, what is typed next would be shown as what is searched for."""
        app = self._session.app
        if not app.layout.is_searching:
            return False
        with set_app(app):
            stop_search()
        return True

    def _interrupt(self, buffer: Buffer) -> None:
        if self._leave_search():
            return
        if self._asked:
            self._end_questions(None)
        elif buffer.text:
            buffer.reset()
        else:
            self._desk.interrupted()

    def _end(self) -> None:
        if self._asked:
            self._end_questions(None)
        else:
            self._desk.ended()

    def _end_questions(self, answers: list[str] | None) -> None:
        """At once, not when the one who asked hears of it: what is typed next is no part of the answer."""
        if self._asked is None:
            return
        self._asked.end(answers)
        self._asked, self._session.is_password = None, False
        self._session.clipboard = InMemoryClipboard()  # a part of an answer may have been cut out
        self._session.default_buffer.reset(self._draft)
        self.refresh()

    def _suspend(self) -> None:
        """As Ctrl-Z does everywhere; nothing is reported to the shell meanwhile."""
        output = self._session.app.output

        async def stop() -> None:
            async with in_terminal():
                output.write_raw(_REPORT_NO_FOCUS)
                output.flush()
                os.kill(0, signal.SIGTSTP)
                output.write_raw(_REPORT_FOCUS)
                output.flush()

        self._session.app.create_background_task(stop())


def _complete(buffer: Buffer) -> None:
    """The first candidate, or the next one."""
    if buffer.complete_state:
        buffer.complete_next()
    else:
        buffer.start_completion(select_first=True)
