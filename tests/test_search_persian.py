"""Persian words are found however they were typed, and however they are searched for.

Every table row is words that are one to their readers: each is kept, and each is asked for, in every store.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import pytest_twisted
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from chatd.storage.contract import Append, Store
from chatd.storage.database import connect, prepare
from chatd.storage.migrations import migrate, steps
from chatd.storage.rows import insert, log_checksum, values
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from chatd.words import Query, words_of
from tests.test_storage import LAST, STORES, fill, said, texts

pytestmark = pytest.mark.usefixtures("_index_asked")

ZWNJ = "\u200c"

ONE_TO_THEIR_READERS = {
    "kaf": ["کتاب", "كتاب", "ڪتاب"],
    "ya": ["علی", "علي", "على", "علے"],
    "vowel signs": ["گل", "گُل", "گِل"],
    "tanvin and tashdid": ["لطفا", "لطفاً", "لطفّا"],
    "tatweel": ["سلام", "ســـلام", "سلامـ"],
    "presentation forms": ["سلام", "\ufeb3\ufefc\ufee1", "\ufeb3\ufedf\ufe8e\ufee1"],
    "lam-alef in one": ["لازم", "\ufefbزم"],
    "madda and hamza on alef": ["آب", "اب", "ا\u0653ب"],
    "hamza on vav": ["مؤسسه", "موسسه", "مؤسّسه"],
    "hamza on ya": ["مسئول", "مسيول", "مسی\u0654ول"],
    "autumn": ["پائیز", "پاییز", "پاييز"],
    "te marbuta and he": ["فاطمه", "فاطمة", "فاطمھ"],
    "digits of three keyboards": ["۱۴۰۵", "١٤٠٥", "1405"],
    "digits beside a sign": ["۲۰٪", "20%", "٪۲۰", "20"],
    "punctuation": ["«بله، علی»", "بله،علی", "بله علی"],
    "a verb": ["می‌خواهم", "میخواهم", "می خواهم", "مي‌خواهم", "مِی خواهَم"],
    "a verb that is denied": ["نمی‌دانم", "نمیدانم", "نمی دانم"],
    "two half spaces": ["می‌خواسته‌ام", "میخواسته‌ام", "می خواسته ام", "می‌خواسته ام", "می خواسته‌ام"],
    "a half space typed twice": ["می‌خواهم", "می‌‌خواهم", "می‌\u200fخواهم"],
    "a plural": ["کتاب‌ها", "کتابها", "کتاب ها"],
    "a plural's owner": ["کتاب‌هایمان", "کتابهایمان", "کتاب هایمان", "كتاب‌هايمان"],
    "more and most": ["بزرگ‌ترین", "بزرگترین", "بزرگ ترین"],
    "a weekday": ["سه‌شنبه", "سهشنبه", "سه شنبه"],
    "a plural in another script": ["PDF‌ها", "pdfها", "Pdf ها"],
    "digits with an ending": ["۲۰‌تا", "20تا"],
    "a participle": ["رفته‌ام", "رفته ام"],
    "a plural and its owner": ["کتاب‌های‌شان", "کتابهایشان", "کتاب های شان", "کتاب‌های شان", "کتاب هایشان"],
    "a plural and its owners": ["کتاب‌های‌مان", "کتابهایمان", "کتاب های مان", "کتابهای مان"],
    "a verb that has an ending": ["نمی‌خواسته‌ام", "نمیخواستهام", "نمی خواسته ام"],
    "ezafe": ["خانهٔ ما", "خانۀ ما", "خانه‌ی ما", "خانه ی ما", "خانه ما"],
    "ezafe, joined": ["خانهی ما", "خانه‌ی ما", "خانه ی ما"],
    "ezafe of all, joined": ["همهی", "همه‌ی", "همه ی"],
    "ezafe at the end": ["خانهٔ", "خانه‌ی", "خانه ی", "خانه"],
    "Latin case": ["Salam", "salam", "SALAM", "ｓａｌａｍ"],
}

ASKED = {
    "a compound, joined": ("علیرضا", "علی‌رضا"),
    "a compound, divided": ("علی‌رضا", "علیرضا"),
    "a compound, divided twice": ("علیرضا", "علی‌‌رضا"),
    "a compound, with a space": ("علی رضا", "علی‌رضا"),
    "a compound, kept with a space": ("علی‌رضا", "علی رضا"),
    "a compound, from two words": ("پنج شنبه", "پنجشنبه"),
    "a word in two, before another": ("هیچ کس آمد", "هیچکس نمی‌آمد"),
    "a piece of a compound": ("رضا", "علی‌رضا"),
    "a word whose plural was meant": ("کتاب علی", "کتاب‌های علی"),
    "the beginning of a verb": ("می‌خو", "می خواهم"),
    "the beginning of a joined verb": ("میخو", "می خواهم"),
    "the beginning of a word in pieces": ("دانش‌آم", "دانش اموزان"),
    "the beginning, with a space": ("می خو", "میخواهم"),
    "a ya where the words begin": ("ی علی", "خانه ی علی"),
    "digits between letters": ("ب‌3‌را", "نمی ب‌3‌را"),
    "a day that may be another word's": ("کلاس شنبه", "شنبه کلاس داریم"),
    "pieces across punctuation": ("علی‌رضا", "«علی» رضا"),
    "pieces within a longer word": ("آموز‌ها", "دانش‌آموز‌ها"),
}

NOT_MEANT = {
    "two words that happen to make one": ("مادر", "ما در خانه"),
    "pieces in another order": ("علی‌رضا", "رضا علی"),
    "pieces apart": ("علی‌رضا", "علی و رضا"),
    "a piece's end": ("خواهم", "میخواهم"),
    "a beginning that is not the last": ("می‌خو بروم", "می‌خواهم بروم"),
    "a name within another": ("رضا", "علیرضا"),
    "another verb with the same piece": ("می‌خواهم", "می‌روم و نخواهم ماند"),
    "a ya that is no ezafe": ("کتاب ی", "کتاب"),
    "a half space between other letters": ("lage", "Auf‌lage"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    opened = STORES[request.param](tmp_path / "chatd.db")
    yield opened
    pytest_twisted.blockon(Deferred.fromCoroutine(opened.close()))


async def found(store: Store, words: str) -> list[str]:
    """What the store finds."""
    return texts(await store.search({"#lobby": LAST}, words, 50))


@pytest.mark.parametrize("spellings", ONE_TO_THEIR_READERS.values(), ids=ONE_TO_THEIR_READERS)
async def test_each_spelling_finds_all_the_others(store: Store, spellings: Sequence[str]) -> None:
    """In both directions: kept one way, asked for the other; at the end of what is asked, and before more."""
    kept = [f"دیروز {spelling} بود" for spelling in spellings]
    await fill(store, "#lobby", "before", *kept, "after")
    for spelling in spellings:
        assert await found(store, spelling) == kept, ascii(spelling)
        assert await found(store, f"{spelling} بود") == kept, ascii(spelling)
        assert await found(store, f"بود {spelling}") == kept, ascii(spelling)


@pytest.mark.parametrize(("words", "text"), ASKED.values(), ids=ASKED)
async def test_pieces_of_a_word_find_it(store: Store, words: str, text: str) -> None:
    """Joined, divided, or some of them only."""
    await fill(store, "#lobby", "before", text, "after")
    assert await found(store, words) == [text]


@pytest.mark.parametrize(("words", "text"), NOT_MEANT.values(), ids=NOT_MEANT)
async def test_what_was_not_meant_stays_where_it_is(store: Store, words: str, text: str) -> None:
    """Pieces must follow each other, and a plain space is no half space to somebody who typed neither."""
    await fill(store, "#lobby", text)
    assert await found(store, words) == []


def of_version_3(path: Path) -> None:
    """A file as chatd left it before words were known in pieces: the index has the first as it was written, joined."""
    prepare(path, steps()[:3]).release()
    with closing(connect(path, write=True)) as connection:
        connection.execute("INSERT INTO log VALUES (1, '#lobby', '', '', ?)", (log_checksum("#lobby", "", ""),))
        connection.execute(insert(2), values(1, Append("#lobby", 1, [said("علی‌رضا"), said("سلام")]), 1))
        connection.execute("INSERT INTO words (rowid, log, text) VALUES (1, 'k1', 'علیرضا'), (2, 'k1', 'سلام')")
        connection.execute("UPDATE meta SET value = 2 WHERE name = 'indexed'")


@pytest.mark.parametrize(
    "damage", ["SELECT 1", "UPDATE words_data SET block = x'00' WHERE id > 10"], ids=["whole", "damaged"]
)
def test_a_file_of_version_3_is_indexed_anew(tmp_path: Path, damage: str) -> None:
    """By then, and while it is being done, its words are found in pieces; what was damaged in the index is whole."""
    path = tmp_path / "chatd.db"
    of_version_3(path)
    with closing(connect(path, write=True)) as connection:
        connection.execute(damage)
    prepare(path).release()
    with closing(connect(path, write=True)) as writing, closing(connect(path, write=False)) as reading:
        writer, reader = SqliteWriter(writing), SqliteReader(reading, pytest.fail)
        for left in (1, 0, 0):
            for words in ("رضا", "علیرضا", "علی رضا"):
                assert texts(reader.search({"#lobby": LAST}, words, 10)) == ["علی‌رضا"]
            assert writer.index_some(1) == left
        assert writing.execute("SELECT rowid FROM words WHERE words MATCH 'text : \"سلام\"'").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "words",
    ["گ‌ل‌" * 400, " ".join(f"گل{n}" for n in range(600)), "گل‌ها " * 300, "می " * 800],
    ids=["pieces", "words", "words of pieces", "pieces that never stand alone"],
)
async def test_a_search_for_very_many_pieces_is_answered(store: Store, words: str) -> None:
    """As many as a line can hold, and the text may hold as many."""
    await fill(store, "#lobby", words, "گل")
    assert await found(store, words) == [words]


PIECES = st.sampled_from(["علی", "رضا", "آموز", "کتاب", "خانه", "های", "شان", "ی", "می", "نمی", "تر"])
WORDS = st.lists(st.lists(PIECES, min_size=1, max_size=3), min_size=1, max_size=4)


def written(words: Sequence[Sequence[str]], half_space: str = ZWNJ) -> str:
    """The words as a line."""
    return " ".join(half_space.join(pieces) for pieces in words)


@given(WORDS, st.data())
def test_a_half_space_and_a_space_are_one_to_a_search(words: list[list[str]], data: st.DataObject) -> None:
    """Whichever was typed, when it was written and when it was asked for."""
    pieces = [piece for word in words for piece in word]
    gaps = st.lists(st.sampled_from([" ", ZWNJ]), min_size=len(pieces), max_size=len(pieces))

    def line() -> str:
        return "".join(part for pair in zip(data.draw(gaps), pieces, strict=True) for part in pair)[1:]

    text, asked = line(), line()
    query = Query.parse(asked)
    assert query is None or query.matches(text), ascii((asked, text))


STEMS = st.sampled_from(["علی", "رضا", "آموز", "کتاب", "خانه"])
TWOS = st.tuples(STEMS, STEMS | st.sampled_from(["ها", "تر", "شان"])) | st.tuples(st.sampled_from(["می", "نمی"]), STEMS)


@given(st.lists(TWOS, min_size=1, max_size=4))
def test_what_is_written_in_one_is_found_in_two(twos: list[tuple[str, str]]) -> None:
    """A word of two pieces, joined, is what somebody may type with a space or a half space."""
    joined = written(twos, "")
    for half_space in (ZWNJ, " "):
        query = Query.parse(written(twos, half_space))
        assert query is None or query.matches(joined)


def no_copy(version: int) -> None:
    """A new database has nothing to copy."""
    pytest.fail(f"copied version {version}")


LINES = st.text(st.sampled_from("علیرضاهامیnت ر\u200c\u064eهی شنبه۲2a،-"), max_size=14) | WORDS.map(written)


@settings(max_examples=150)
@given(st.lists(LINES, max_size=6), LINES)
def test_the_index_finds_what_looking_finds(lines: list[str], words: str) -> None:
    """FTS5 and Python agree on every text and every query."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "it", steps(), no_copy)
        writer, reader = SqliteWriter(connection), SqliteReader(connection, pytest.fail)
        writer.append([Append("#lobby", 1, [said(line) for line in lines])])
        looked = reader.search({"#lobby": LAST}, words, 5)
        writer.index_some(100)
        assert reader.search({"#lobby": LAST}, words, 5) == looked
        query = Query.parse(words)
        assert texts(looked) == [line for line in lines if query is not None and query.matches(line)][-5:]


@given(LINES | st.text())
def test_a_text_is_found_by_itself_and_by_each_of_its_words(text: str) -> None:
    """Whatever it holds; and where is known."""
    for asked in (text, *words_of(text)):
        query = Query.parse(asked)
        assert query is None or query.matches(text), ascii(asked)
        assert query is None or query.places(text), ascii(asked)


@given(LINES | st.text(), LINES | st.text(max_size=3))
def test_places_are_in_the_text_one_after_the_other(text: str, words: str) -> None:
    """Whether it is found or not; what is found has at least one."""
    query = Query.parse(words)
    places = query.places(text) if query else []
    ends = [at for place in places for at in place]
    assert ends == sorted(ends)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places or query is None or not query.matches(text)


@given(LINES, LINES)
def test_what_lacks_the_letters_is_not_looked_into_in_vain(text: str, words: str) -> None:
    """The quick look at a text's letters refuses nothing that the whole one finds."""
    query = Query.parse(words)
    held = frozenset(words_of(text))
    found = query is not None and all(any(one.is_in(held) for one in spellings) for spellings in query.terms)
    assert (query is not None and query.matches(text)) == found


@pytest.mark.parametrize("words", ["در‌که", "می‌" * 50 + "رود", "که‌در‌است"])
def test_the_index_answers_without_looking_at_what_it_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """However many messages hold the pieces in another order, none is read for it."""
    path = tmp_path / "chatd.db"
    prepare(path).release()
    with closing(connect(path, write=True)) as writing, closing(connect(path, write=False)) as reading:
        writer = SqliteWriter(writing)
        writer.append([Append("#lobby", 1, [said("که است می رود در خانه"), said(words)])])
        assert writer.index_some(10) == 0
        monkeypatch.setattr(Query, "matches", pytest.fail)
        assert texts(SqliteReader(reading, pytest.fail).search({"#lobby": LAST}, words, 10)) == [words]
