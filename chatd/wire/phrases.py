"""Sentences for terminals: values put into templates so that no value can disturb the line it stands in.

Knows right-to-left letters, characters that terminals act on, and lists of names. Knows no events, and no language but
the templates' own: a template is a whole sentence, so that it can be translated before it is filled in.
"""

import re
from collections.abc import Sequence

from chatd.errors import ChatError

# Blocks rather than single letters: all that Unicode gives to right-to-left scripts (DerivedBidiClass.txt, "@missing"
# lines), with their digits, and the invisible RIGHT-TO-LEFT MARK.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")

# Controls, line separators, everything that opens or closes a direction, and halves of surrogate pairs.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

NAMED = 3
"""As many names stand in a sentence; of more the first of them, and a count."""


class Shown(str):
    """Text that is safe to stand in a line as it is: nothing more is done to it."""

    __slots__ = ()


def holds_right_to_left(text: str) -> bool:
    """Whether a terminal may reorder what stands around this text."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def isolate(text: str) -> str:
    """Keep the direction of ``text`` to itself: FIRST STRONG ISOLATE ... POP DIRECTIONAL ISOLATE (UAX 9, section 2.4).

    Text without right-to-left characters is returned as it is, so that it stays plain bytes.
    """
    return f"\u2068{text}\u2069" if holds_right_to_left(text) else text


def show(text: str) -> Shown:
    """Isolate ``text``, and put U+FFFD in place of what a terminal would act on."""
    if isinstance(text, Shown):
        return text
    if text.isascii() and text.isprintable():
        return Shown(text)
    return Shown(isolate(_UNSHOWN.sub("\ufffd", text)))


def fill(template: str, **values: object) -> Shown:
    """Fill a ``str.format`` template; every string that goes in is shown by :func:`show`."""
    return Shown(
        template.format(**{key: show(value) if isinstance(value, str) else value for key, value in values.items()})
    )


def plain(sentence: str) -> str:
    """A filled sentence for a reader that is no terminal: without the isolates that :func:`fill` put into it.

    No value can have had any of its own: :func:`show` has replaced them.
    """
    return sentence.replace("\u2068", "").replace("\u2069", "")


def several(names: Sequence[str], more: int = 0) -> Shown:
    """Names as one part of a sentence: ``ali, sara and reza``; with ``more`` people: ``ali, sara and 3 others``."""
    if more:
        template = "{names} and {more} other" if more == 1 else "{names} and {more} others"
        return fill(template, names=_listed(names), more=more)
    if len(names) > 1:
        return fill("{names} and {last}", names=_listed(names[:-1]), last=names[-1])
    return _listed(names)


def few(names: Sequence[str]) -> Shown:
    """The same, of whom only the first are named if they are more than :data:`NAMED`."""
    return several(names) if len(names) <= NAMED else several(names[: NAMED - 1], len(names) - NAMED + 1)


def _listed(names: Sequence[str]) -> Shown:
    return Shown(", ".join(map(show, names)))


def show_error(error: ChatError) -> Shown:
    """The error's sentence, its details shown like any other value."""
    return fill(error.sentence, **error.details)
