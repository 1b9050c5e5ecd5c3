"""What an interface answers by itself, without asking the server: help, how times are shown, which language is spoken.

Knows these requests and their answers. Must not know how an interface is drawn.
"""

from typing import TypeAlias

from chatd.languages import LANGUAGES, Language
from chatd.requests import Help, SetLanguage, SetTime
from chatd.wire.help import COLUMNS, help_lines
from chatd.wire.phrases import Phrasebook, Shown, isolate
from chatd.wire.replies import STYLES_SET
from clients.presentation.notices import Line, notice
from clients.presentation.rendering import Renderer
from clients.wording import book, say, speak

Answered: TypeAlias = Help | SetTime | SetLanguage
"""What can be asked for before one has joined, too."""


def answer(request: Answered, renderer: Renderer, columns: int | None = COLUMNS) -> list[Line]:
    """Do what is asked for, and say so; whatever is said and shown from then on, is in the new way.

    ``columns``: how wide the lines may be; ``None``: they are broken where they are shown.
    """
    match request:
        case Help(topic):
            return [_help_line(line) for line in help_lines(topic, book(), columns)]
        case SetTime(style):
            renderer.style = style
            return [notice(say(STYLES_SET[style]))]
        case SetLanguage(code):
            return _language(code)


def _language(code: str | None) -> list[Line]:
    if code is None:
        return [_offer(language) for language in LANGUAGES.values()]
    speak(LANGUAGES[code])
    return [notice(say("From now on {language} is spoken here.", language=LANGUAGES[code].name))]


def _help_line(line: str) -> Line:
    """A line of the help, which is all ours."""
    return [("class:problem" if line.startswith("! ") else "class:notice", line)]


def _offer(language: Language) -> Line:
    """For whoever understands no other."""
    command = f"/lang {language.code}"
    itself = Phrasebook(language)
    sentence = itself.say("With {command} {language} is spoken here.", command=command, language=language.name)
    return notice(Shown(isolate(sentence)))
