"""The catalogue of translations: ``python -m tests.catalogue`` brings it up to date, ``--check`` says whether it is.

Knows the marks by which sentences are found, the files of each language, and Babel. Must not know what the sentences say.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chatd.languages import DOMAIN
from tests.processes import ROOT

FOLDERS = ("chatd", "clients")
"""Where sentences are looked for."""
MARKS: dict[str, tuple[int, ...] | None] = {"N_": None, "say": None, "counted": (1, 2)}
"""The functions whose first literals are sentences: one, or one and its plural."""
NOTE = "For translators:"
"""How a comment begins that belongs to the sentence behind it."""
LOCALES = ROOT / "chatd" / "locale"
PLURALS = {"fa": (2, "(n > 1)")}
"""For each language there is, how many forms a plural has, and which of them is right for n (GNU gettext, "Plural forms").

By hand: Babel would say that Persian has one form (CLDR: "one" for 0 and 1, else "other").
"""


class Translations(Catalog):
    """A catalogue whose header tells what was decided, and nothing of when and with what it was made."""

    def __init__(self, code: str) -> None:
        comment = "# What chatd and its clients say. Brought up to date by: python -m tests.catalogue"
        super().__init__(locale=code, header_comment=comment, fuzzy=False)
        self._code = code

    @property
    def num_plurals(self) -> int:
        """How many forms a plural has."""
        return PLURALS[self._code][0]

    @property
    def plural_expr(self) -> str:
        """Which of them is right for n."""
        return PLURALS[self._code][1]

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header's lines."""
        return [
            ("Project-Id-Version", "chatd"),
            ("Language", self._code),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def source(locales: Path, code: str) -> Path:
    """The file that translators write."""
    return locales / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def compiled(locales: Path, code: str) -> Path:
    """The file that programs read."""
    return source(locales, code).with_suffix(".mo")


def sentences(root: Path = ROOT, folders: Sequence[str] = FOLDERS) -> Catalog:
    """Every sentence that is marked in these folders, and in which files."""
    found = Catalog()
    for folder in folders:
        extracted = extract_from_dir(
            root / folder, [("**.py", "python")], keywords=MARKS, comment_tags=[NOTE], strip_comment_tags=True
        )
        for path, line, sentence, comments, _ in extracted:
            found.add(sentence, locations=[(f"{folder}/{path}", line)], auto_comments=comments)
    return found


def read(path: Path) -> Catalog:
    """The catalogue in this file; an empty one, if there is no such file."""
    return parse(path.read_bytes()) if path.exists() else Catalog()


def parse(text: bytes) -> Catalog:
    """The catalogue that translators wrote like this."""
    return read_po(BytesIO(text))


def updated(old: Catalog, found: Catalog, code: str) -> Translations:
    """A catalogue of what was found, with the translations of the old one; what was not found is not in it."""
    new = Translations(code)
    for message in found:
        if message.id:
            known = old.get(_key(message))
            places = sorted({(path, 0) for path, _ in message.locations})
            string = (
                known.string if known is not None and bool(known.pluralizable) == bool(message.pluralizable) else None
            )
            new.add(message.id, string, places, auto_comments=message.auto_comments)
    return new


def _key(message: Message) -> str:
    """The sentence; of a plural, its singular."""
    return message.id[0] if isinstance(message.id, (list, tuple)) else str(message.id)


def written(catalogue: Translations) -> bytes:
    """The catalogue as translators write it, sorted by file."""
    file = BytesIO()
    write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False)
    return file.getvalue()


def compile_(catalogue: Translations) -> bytes:
    """The catalogue as programs read it; what is not translated is not in it."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def untranslated(catalogue: Catalog) -> Iterator[str]:
    """The sentences that have no translation, or not in all its forms."""
    for message in catalogue:
        strings = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        if message.id and not all(strings):
            yield _key(message)


def problems(code: str, locales: Path = LOCALES, root: Path = ROOT) -> list[str]:
    """What is wrong with the files of this language, a line each."""
    old, found = read(source(locales, code)), sentences(root)
    new = updated(old, found, code)
    wrong = [f"not translated: {sentence}" for sentence in untranslated(new)]
    wrong += [f"not said any more: {_key(message)}" for message in old if message.id and _key(message) not in found]
    if wrong:
        return wrong
    for path, content in ((source(locales, code), written(new)), (compiled(locales, code), compile_(new))):
        if not path.exists() or path.read_bytes() != content:
            wrong.append(f"not up to date: {path.relative_to(locales)}")
    return wrong


def bring_up_to_date(code: str, locales: Path = LOCALES, root: Path = ROOT) -> list[str]:
    """Write the files of this language anew. Returns the sentences that are not translated."""
    new = updated(read(source(locales, code)), sentences(root), code)
    source(locales, code).parent.mkdir(parents=True, exist_ok=True)
    source(locales, code).write_bytes(written(new))
    compiled(locales, code).write_bytes(compile_(new))
    return list(untranslated(new))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit status: 1, if ``--check`` has found something."""
    parser = ArgumentParser("python -m tests.catalogue", description="Bring the catalogue of translations up to date.")
    parser.add_argument("--check", action="store_true", help="change nothing, and say what is not up to date")
    check = parser.parse_args(arguments).check
    for code in PLURALS:
        lines = problems(code) if check else [f"not translated: {sentence}" for sentence in bring_up_to_date(code)]
        sys.stdout.writelines(f"{code}: {line}\n" for line in lines)
        if check and lines:
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
