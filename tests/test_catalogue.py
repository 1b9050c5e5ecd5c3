"""The catalogue of translations: complete, up to date, and written as people write."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import strategies as st

from chatd.languages import DOMAIN, PERSIAN
from tests import catalogue
from tests.catalogue import FOLDERS, LOCALES, MARKS, bring_up_to_date, main, problems, read, sentences, source
from tests.processes import ROOT

HEADER = '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"'


def translated() -> Iterator[tuple[str, str, bool]]:
    """Each translation, every form of it: the English with all its values, the Persian, whether it may leave the count out."""
    for message in read(source(LOCALES, "fa")):
        if isinstance(message.id, (list, tuple)) and isinstance(message.string, (list, tuple)):
            yield message.id[1], message.string[0], True  # what is said of one thing need not say how many it is
            yield message.id[1], message.string[1], False
        elif message.id and message.string:
            yield str(message.id), str(message.string), False


TRANSLATED = [found for found in translated() if found[1]]
PERSIAN_SENTENCES = [persian for _, persian, _ in TRANSLATED]


def placeholders(template: str) -> set[str]:
    """What a sentence is filled with."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def bare(persian: str) -> str:
    """The Persian in a sentence: without placeholders, without what is between isolates, and without words in Latin letters.

    A word may hold all that commands, options, addresses and examples hold.
    """
    without_isolated = re.sub("\u2068[^\u2069]*\u2069", "", persian)
    return re.sub(r"\{\w*\}|[\w./@:#\\-]*[A-Za-z][\w./@:#\\'-]*", "", without_isolated, flags=re.ASCII)


def test_the_catalogue_is_complete_and_up_to_date() -> None:
    """Every sentence of the source is translated, none is left over, and what programs read was made of what people wrote."""
    assert problems("fa") == []


def test_the_plural_rule_is_the_one_written_by_hand() -> None:
    """Babel's own would say that Persian has a single form."""
    assert HEADER in source(LOCALES, "fa").read_text("utf-8").splitlines()
    forms = {PERSIAN.counted("{who} joined.", "{who} joined.", count) for count in (0, 1)}
    assert forms != {PERSIAN.counted("{who} joined.", "{who} joined.", 2)}
    assert len(forms) == 1


def test_a_translation_is_filled_with_the_same_values() -> None:
    """One too many would be an error the first time it is said; one too few would leave out what matters."""
    for english, persian, of_one in TRANSLATED:
        assert placeholders(persian) <= placeholders(english), persian
        assert placeholders(english) - placeholders(persian) <= ({"count"} if of_one else set()), persian


def test_persian_is_written_in_persian_letters_digits_and_signs() -> None:
    """No Arabic ya and kaf, which keyboards of other countries make, no ASCII digits, and no straight signs."""
    for persian in PERSIAN_SENTENCES:
        assert not re.search("[\u064a\u0643\u0660-\u0669]", persian), persian
        assert not re.search(r"[0-9,;?\"]", bare(persian)), persian


def unmarked(persian: str) -> list[str]:
    """What begins like a command in this sentence, and has neither a mark nor something of the same direction before it."""
    found = re.finditer(r"[/#@-]+[A-Za-z]", persian)
    return [one[0] for one in found if not re.search("(?:\u200e|[A-Za-z0-9] ?)\\Z", persian[: one.start()])]


def test_a_command_in_a_persian_sentence_stays_as_it_is_typed() -> None:
    """Without a mark before it, its sign would be shown behind it."""
    assert unmarked("با /help ببینید") == ["/h"]
    for persian in PERSIAN_SENTENCES:
        assert unmarked(persian) == [], persian


def test_isolates_are_closed() -> None:
    """One that is open would turn around what follows the sentence."""
    for persian in PERSIAN_SENTENCES:
        steps = [{"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}.get(character, 0) for character in persian]
        assert min(accumulate(steps), default=0) >= 0, persian
        assert sum(steps) == 0, persian
        assert not re.search("[\u202a-\u202e]", persian), persian


@cache
def everything() -> Catalog:
    """All that Babel finds."""
    return sentences()


def spoken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every literal that is given to one of the functions by which sentences are found."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
            first = node.args[0]
            if name in MARKS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def test_every_sentence_that_is_said_is_found() -> None:
    """Babel does not look into f-strings: a call in one of them would stay English unnoticed."""
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for line, sentence in spoken(ast.parse(path.read_text("utf-8"))):
            assert sentence in everything(), f"{path}, line {line}"


# The command


SOURCE = """
N_("one")
book.say("two {name}", name=1)
book.counted("{count} thing", "{count} things", 3)
book.say(
    "three "
    "four"
)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small program, and a place for its catalogue."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "chatd" / "a.py").write_text(SOURCE, "utf-8")
    (tmp_path / "clients" / "b.py").write_text('say("one")\nsay(variable)\nprint("not said")\n', "utf-8")
    return tmp_path


def test_a_new_catalogue_has_everything_to_translate(root: Path) -> None:
    """Each sentence once, from both folders; what is not marked is not in it."""
    missing = bring_up_to_date("fa", root, root)
    assert missing == ["one", "two {name}", "{count} thing", "three four"]
    text = source(root, "fa").read_text("utf-8")
    assert '#: chatd/a.py clients/b.py\nmsgid "one"' in text
    assert HEADER in text.splitlines()


def test_what_is_translated_is_kept_and_what_is_gone_is_dropped(root: Path) -> None:
    """A sentence that was changed is another one; comments of translators stay with theirs."""
    bring_up_to_date("fa", root, root)
    path = source(root, "fa")
    path.write_text(path.read_text("utf-8").replace('msgid "one"\nmsgstr ""', 'msgid "one"\nmsgstr "یک"'), "utf-8")
    (root / "chatd" / "a.py").write_text(SOURCE.replace("three", "five"), "utf-8")
    assert bring_up_to_date("fa", root, root) == ["two {name}", "{count} thing", "five four"]
    assert 'msgid "one"\nmsgstr "یک"' in path.read_text("utf-8")
    assert "three" not in path.read_text("utf-8")


def translate(root: Path) -> None:
    """Translate all of it, somehow."""
    bring_up_to_date("fa", root, root)
    path = source(root, "fa")
    head, blank, body = path.read_text("utf-8").partition("\n\n")
    path.write_text(head + blank + re.sub(r'(msgstr(?:\[.\])?) ""', r'\1 "الف"', body), "utf-8")
    bring_up_to_date("fa", root, root)


def test_the_check_tells_what_is_wrong(root: Path) -> None:
    """Nothing, if all is well; else each sentence that is missing or left over, and files that are not up to date."""
    translate(root)
    assert problems("fa", root, root) == []
    (root / "chatd" / "a.py").write_text(SOURCE.replace("one", "six"), "utf-8")
    (root / "clients" / "b.py").write_text("", "utf-8")
    assert problems("fa", root, root) == ["not translated: six", "not said any more: one"]


@pytest.mark.parametrize("suffix", [".po", ".mo"])
def test_a_file_that_was_not_written_by_the_command_is_noticed(root: Path, suffix: str) -> None:
    """Somebody has changed the one and forgotten the other."""
    translate(root)
    path = source(root, "fa").with_suffix(suffix)
    path.write_bytes(path.read_bytes() + b"\n")
    assert problems("fa", root, root) == [f"not up to date: fa/LC_MESSAGES/{DOMAIN}{suffix}"]


def test_the_command_says_whether_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its exit status, for programs, and a line for each thing that is wrong, for people."""
    monkeypatch.setattr(catalogue, "problems", lambda _code: [])
    assert main(["--check"]) == 0
    monkeypatch.setattr(catalogue, "problems", lambda _code: ["not translated: six"])
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "fa: not translated: six\n"
    monkeypatch.setattr(catalogue, "bring_up_to_date", lambda _code: ["six"])
    assert main([]) == 0
    assert capsys.readouterr().out == "fa: not translated: six\n"


LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}\\\"'"), min_size=1, max_size=20)


@given(LETTERS, LETTERS)
def test_any_sentence_survives_being_written_and_read(sentence: str, translation: str) -> None:
    """However long its lines, whatever its letters; twice written, it is the same."""
    found = Catalog()
    found.add(sentence, locations=[("chatd/a.py", 1)])
    old = Catalog()
    old.add(sentence, translation)
    new = catalogue.updated(old, found, "fa")
    again = catalogue.updated(catalogue.parse(catalogue.written(new)), found, "fa")
    assert [message.string for message in again if message.id] == [translation]
    assert catalogue.written(again) == catalogue.written(new)
