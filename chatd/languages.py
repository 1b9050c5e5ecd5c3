"""The languages in which people are spoken to: their sentences, digits and calendars.

Knows the catalogues (GNU gettext, domain ``chatd``, in ``chatd/locale``) and what is usual in a language. Must not know what
is said in it, or to whom.

A sentence is written in English where it is used, and looked up when it is said. What is said later than where it is written,
such as a sentence in a table, is marked with :func:`N_` there, so that it is found when the catalogue is made.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Final

from persiantools.jdatetime import JalaliDate

DOMAIN: Final = "chatd"
_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def N_(sentence: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """Mark a sentence for the catalogue; it is looked up later."""
    return sentence


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language. Each exists once: compare with ``is``."""

    code: str
    """ISO 639-1: ``fa``."""
    name: str
    """What it calls itself."""
    right_to_left: bool
    script: str
    """The one it is written in, as Unicode calls it."""
    others: tuple[str, ...]
    """What else it is called, in lower case: by others, by systems, in ISO 639-2."""
    _texts: NullTranslations
    _digits: Mapping[int, int]
    _point: str
    _day: Callable[[date], str]
    _long_day: Callable[[date], str]

    def sentence(self, english: str) -> str:
        """The sentence in this language; one that the catalogue lacks stays English."""
        return self._texts.gettext(english) if english else ""

    def counted(self, one: str, many: str, count: int) -> str:
        """The one of two sentences that is right for ``count``, in this language."""
        return self._texts.ngettext(one, many, count)

    def digits(self, text: str) -> str:
        """``text`` with this language's digits in place of ASCII's."""
        return text.translate(self._digits) if self._digits else text

    def number(self, number: float) -> str:
        """A number, without separators but for its decimal point."""
        return self.digits(str(number).replace(".", self._point))

    def clock(self, moment: datetime, *, seconds: bool = False) -> str:
        """The time of day: ``14:03``, or ``14:03:59``."""
        return self.digits(f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}")

    def day(self, moment: date) -> str:
        """The day, short, so that later days sort behind: ``2026-11-21``, ``۱۴۰۵/۰۸/۳۰``."""
        return self.digits(self._day(moment))

    def long_day(self, moment: date) -> str:
        """The day with its name: ``Saturday 2026-11-21``, ``شنبه ۳۰ آبان ۱۴۰۵``."""
        return self.digits(self._long_day(moment))


def _catalogue(code: str) -> GNUTranslations:
    with (files("chatd") / "locale" / code / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        return GNUTranslations(file)


def _jalali(day: date) -> str:
    solar = JalaliDate(day)
    return f"{solar.year:04}/{solar.month:02}/{solar.day:02}"


def _long_jalali(day: date) -> str:
    solar = JalaliDate(day)
    return f"{solar.strftime('%A', locale='fa')} {solar.day} {solar.strftime('%B', locale='fa')} {solar.year}"


def _gregorian(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _long_gregorian(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day:%Y-%m-%d}"  # %A would be the locale's


_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

ENGLISH: Final = Language(
    "en", "English", False, "Latin", ("eng", "انگلیسی"), NullTranslations(), {}, ".", _gregorian, _long_gregorian
)
PERSIAN: Final = Language(
    "fa",
    "فارسی",
    True,
    "Arabic",
    ("fas", "per", "persian", "farsi", "فارسي"),
    _catalogue("fa"),
    _PERSIAN_DIGITS,
    "٫",
    _jalali,
    _long_jalali,
)

LANGUAGES: Final[Mapping[str, Language]] = {language.code: language for language in (ENGLISH, PERSIAN)}
"""Every language there is, by its code."""


_NAMED: Final = {
    name: known for known in LANGUAGES.values() for name in (known.code, known.name.lower(), *known.others)
}
_BEHIND_A_CODE: Final = re.compile("[-_.@]")  # the territory, the encoding, the modifier: setlocale(3)


def find_language(wanted: str) -> Language | None:
    """The language of this code or name, however it is written: ``fa``, ``FA_IR.UTF-8``, ``فارسی``, ``Persian``."""
    return _NAMED.get(_BEHIND_A_CODE.split(wanted.strip().lower(), maxsplit=1)[0])


def preferred_language(environment: Mapping[str, str]) -> Language:
    """What the environment asks for, by the rules of GNU gettext ("Locale Environment Variables", "The LANGUAGE variable").

    ``LC_ALL``, else ``LC_MESSAGES``, else ``LANG``; unless that is the C locale, ``LANGUAGE`` may list others before it.
    """
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if locale.partition(".")[0] in {"", "C", "POSIX"}:
        return ENGLISH
    wishes = [*environment.get("LANGUAGE", "").split(":"), locale]
    return next(filter(None, map(find_language, wishes)), ENGLISH)
