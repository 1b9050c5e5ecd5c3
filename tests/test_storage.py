"""One contract, held against every store there is; then what only the memory store and the store's names promise."""

import gc
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
import pytest_twisted
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from chatd.events import Entry, Kind, Message
from chatd.operators_log import OperatorsLog
from chatd.storage import memory
from chatd.storage.contract import (
    ENTRY_BYTES,
    RECEIPT_SECONDS,
    YOUNG_SECONDS,
    Account,
    Append,
    Head,
    Page,
    Placed,
    Repeated,
    Retention,
    SessionRecord,
    Store,
    StoreError,
)
from chatd.storage.memory import MemoryStore
from chatd.storage.migrations import migrate, steps
from chatd.storage.sqlite import SqliteWriter
from chatd.storage.threaded import ThreadedStore, open_sqlite
from chatd.storage.threads import Reactor
from chatd.storage.urls import open_store, split
from chatd.storage.watched import WatchedStore
from chatd.words import Query, words_of

pytestmark = pytest.mark.usefixtures("_index_asked")

T = TypeVar("T")
PLENTY = 1_000_000
LAST = 2**62
SAID_AT = 1_700_000_000.25


def the_reactor() -> Reactor:
    """The one pytest-twisted runs."""
    from twisted.internet import reactor  # noqa: PLC0415 (pytest-twisted has chosen one by now)

    return cast(Reactor, reactor)


def said(text: str = "salam", **changes: Any) -> Message:
    """Something ali said."""
    return Message(Kind.SAID, "ali", text, SAID_AT, 7, 70)._replace(**changes)


def texts(page: Page) -> list[str]:
    """What the page says."""
    return [entry.message.text for entry in page.entries]


class IndexingStore(ThreadedStore):
    """The same, with every word in the index as soon as it is kept."""

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep, and index."""
        await super().append(appends)
        while await self._writers.call(SqliteWriter.index_some, 2):
            pass


def indexing(path: Path) -> ThreadedStore:
    """A SQLite store that never has to look at a message to find a word."""
    store = open_sqlite(str(path), the_reactor(), pytest.fail)
    store.__class__ = IndexingStore
    return store


STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "watched": lambda _: WatchedStore(MemoryStore(), Clock(), OperatorsLog()),
    "sqlite": lambda path: open_sqlite(str(path), the_reactor(), pytest.fail),
    "sqlite-indexed": indexing,
}


def unexpected(error: StoreError) -> None:
    """What is told of a store that must not be used any more."""
    pytest.fail(str(error))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    opened = STORES[request.param](tmp_path / "chatd.db")
    yield opened
    pytest_twisted.blockon(Deferred.fromCoroutine(opened.close()))


async def fill(store: Store, log: str, *lines: str | Message) -> None:
    """Keep these at the end of the log, in one append."""
    first = (await store.head(log)).last + 1
    await store.append([Append(log, first, [said(line) if isinstance(line, str) else line for line in lines])])


async def test_an_unknown_log_is_empty(store: Store) -> None:
    """Asking for what never was is no error."""
    assert await store.head("#none") == Head(0, "", "")
    assert await store.read("#none", 0, LAST, PLENTY) == Page(())
    assert await store.latest("#none", LAST, 10, 0, PLENTY) == Page(())
    assert await store.search({"#none": LAST}, "salam", 10) == Page(())


async def test_a_store_has_one_history(store: Store) -> None:
    """Its epoch stays as it is, whatever happens in it."""
    before = await store.epoch()
    await fill(store, "#lobby", "one")
    assert await store.epoch() == before


async def test_messages_come_back_as_they_were_said(store: Store) -> None:
    """Every field survives: all kinds, any letters, numbers up to 63 bits."""
    messages = [
        said("می‌خواهم 🙂 \u200f!", name="علی", at=0.1 + 0.2),
        said("waves", kind=Kind.ACTED, person=2**63 - 1, origin=2**63 - 1),
        said("secret", kind=Kind.SENT, to="sara", cid="c-1"),
        said("whole seconds", at=5, cid=""),
        said("None", cid="None"),
        said("x" * 4096),
    ]
    await fill(store, "#lobby", *messages)
    page = await store.read("#lobby", 0, LAST, PLENTY)
    assert page == Page(tuple(Entry(id, message) for id, message in enumerate(messages, 1)))
    assert await store.latest("#lobby", LAST, 10, 0, PLENTY) == page


async def test_a_log_goes_on_where_it_ended(store: Store) -> None:
    """Ids are dense over any number of appends, several to one log in a single call included."""
    await fill(store, "#lobby", "one", "two")
    await store.append([Append("#lobby", 3, [said("three")]), Append("#lobby", 4, [said("four")])])
    assert (await store.head("#lobby")).last == 4
    page = await store.read("#lobby", 0, LAST, PLENTY)
    assert [entry.id for entry in page.entries] == [1, 2, 3, 4]
    assert texts(page) == ["one", "two", "three", "four"]


async def test_logs_do_not_see_each_other(store: Store) -> None:
    """A message is in the log it was kept in, and nowhere else."""
    await store.append([Append("#a", 1, [said("in a")]), Append("#b", 1, [said("in b"), said("more b")])])
    assert texts(await store.read("#a", 0, LAST, PLENTY)) == ["in a"]
    assert texts(await store.latest("#b", LAST, 10, 0, PLENTY)) == ["in b", "more b"]
    assert [(await store.head(log)).last for log in ("#a", "#b")] == [1, 2]


async def test_a_private_message_enters_two_boxes_with_one_cid(store: Store) -> None:
    """The receiver's copy is no repeat of the sender's, whichever of them is kept first."""
    copies = [said("psst", kind=kind, to="sara", cid="c-1") for kind in (Kind.TOLD, Kind.SENT)]
    await store.append([Append("@1", 1, copies[:1]), Append("@7", 1, copies[1:])])
    assert (await store.read("@1", 0, LAST, PLENTY)).entries[0].message.kind is Kind.TOLD
    assert (await store.read("@7", 0, LAST, PLENTY)).entries[0].message.kind is Kind.SENT


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([Append("#b", 2, [said()])], id="a gap"),
        pytest.param([Append("#a", 1, [said()])], id="a place that is taken"),
        pytest.param([Append("#b", 1, [said()]), Append("#b", 1, [said()])], id="a place taken in this call"),
        pytest.param([Append("#b", 1, [said(cid="c-1")])], id="a repeat"),
        pytest.param([Append("#b", 1, [said(cid="c-2"), said(cid="c-2")])], id="a repeat in this call"),
    ],
)
async def test_a_refused_append_keeps_nothing(store: Store, wrong: list[Append]) -> None:
    """All or nothing: what was right in the same call is not kept either, and the store goes on."""
    await fill(store, "#a", said(cid="c-1"))
    with pytest.raises(StoreError):
        await store.append([Append("#c", 1, [said("right", cid="c-9")]), *wrong])
    assert [(await store.head(log)).last for log in ("#a", "#b", "#c")] == [1, 0, 0]
    assert await store.search({"#c": LAST}, "right", 10) == Page(())
    await store.append([Append("#c", 1, [said("again", cid="c-9")]), Append("#b", 1, [said(cid="c-2")])])
    assert texts(await store.read("#c", 0, LAST, PLENTY)) == ["again"]


async def test_a_cid_counts_for_one_person_only(store: Store) -> None:
    """Two people may number their messages alike."""
    await fill(store, "#lobby", said("mine", cid="1"), said("hers", cid="1", person=8))
    assert (await store.head("#lobby")).last == 2


async def test_a_repeat_is_told_with_the_place_of_the_first(store: Store) -> None:
    """One among many that are new: nothing of the batch is kept, and without it all of the rest is."""
    await fill(store, "#a", "before", said("first", cid="c-1", at=5.25))
    with pytest.raises(Repeated) as refused:
        await store.append(
            [
                Append("#b", 1, [said("new", cid="c-2")]),
                Append("#a", 3, [said("second", cid="c-1", at=9), said("plain")]),
            ]
        )
    assert refused.value.placed == {(7, "c-1"): Placed("#a", 2, 5.25)}
    assert [(await store.head(log)).last for log in ("#a", "#b")] == [2, 0]
    await store.append([Append("#b", 1, [said("new", cid="c-2")]), Append("#a", 3, [said("plain")])])
    assert texts(await store.read("#a", 0, LAST, PLENTY)) == ["before", "first", "plain"]
    assert texts(await store.read("#b", 0, LAST, PLENTY)) == ["new"]


async def test_all_repeats_of_a_batch_are_told_at_once(store: Store) -> None:
    """Of several people and rooms, wherever they stand; what has no cid, or another's, is none of them."""
    await fill(store, "#a", said(cid="1", at=1.0), said(cid="2", at=2.0), said(cid="1", person=8, at=3.0))
    await fill(store, "#b", said(cid="3", at=4.0))
    batch = [said(cid="9"), said(cid="3"), said(), said(cid="1", person=8), said(cid="1"), said(cid="2", person=8)]
    with pytest.raises(Repeated) as refused:
        await store.append([Append("#c", 1, batch)])
    assert refused.value.placed == {
        (7, "1"): Placed("#a", 1, 1.0),
        (8, "1"): Placed("#a", 3, 3.0),
        (7, "3"): Placed("#b", 1, 4.0),
    }
    assert await store.head("#c") == Head()
    await store.append([Append("#c", 1, [batch[0], batch[2], batch[5]])])
    assert (await store.head("#c")).last == 3


def private(cid: str, at: float, sent: int, told: int) -> list[Append]:
    """What ali (7) writes to sara (8): a copy for each, at these places of their boxes."""
    copies = [said("psst", kind=kind, to="sara", cid=cid, at=at) for kind in (Kind.SENT, Kind.TOLD)]
    return [Append("@7", sent, copies[:1]), Append("@8", told, copies[1:])]


@pytest.mark.parametrize("order", [1, -1], ids=["sender first", "receiver first"])
async def test_a_repeated_private_message_is_in_the_senders_box(store: Store, order: int) -> None:
    """There its sender finds it; the other copy is no repeat of anything, nor of what was said to a room."""
    await fill(store, "@8", said("from somebody else", kind=Kind.TOLD, person=9, cid="p-1"))
    await store.append(private("p-1", 5.5, 1, 2)[::order])
    with pytest.raises(Repeated) as refused:
        await store.append([*private("p-1", 7, 2, 3)[::order], Append("#a", 1, [said(cid="p-2")])])
    assert refused.value.placed == {(7, "p-1"): Placed("@7", 1, 5.5)}
    assert [(await store.head(log)).last for log in ("@7", "@8", "#a")] == [1, 2, 0]
    with pytest.raises(Repeated):
        await fill(store, "#a", said(cid="p-1"))
    await store.append([*private("p-2", 7, 2, 3)[::order], Append("#a", 1, [said(cid="p-3")])])
    assert [(await store.head(log)).last for log in ("@7", "@8", "#a")] == [2, 3, 1]


async def test_a_place_that_is_taken_is_no_repeat(store: Store) -> None:
    """It is a fault of the caller, and must not pass for something that happens."""
    await fill(store, "#a", said(cid="1"))
    with pytest.raises(StoreError) as refused:
        await store.append([Append("#a", 1, [said(cid="2")])])
    assert not isinstance(refused.value, Repeated)


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(st.sampled_from([7, 8]), st.sampled_from([None, *"abcd"])), max_size=5), max_size=8))
def test_every_store_calls_the_same_messages_repeated(batches: list[list[tuple[int, str | None]]]) -> None:
    """Whatever comes, in whatever batches: each is kept once, without gaps, and they agree about where."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "it", steps(), lambda _: None)
        writer, in_memory = SqliteWriter(connection), MemoryStore()
        outcomes: dict[str, list[object]] = {"sqlite": [], "memory": []}
        appends: dict[str, Callable[[list[Append]], object]] = {
            "sqlite": writer.append,
            "memory": lambda batch: at_once(in_memory.append(batch)),
        }
        for name, append in appends.items():
            last = 0
            for batch in batches:
                messages = [said(person=person, cid=cid) for person, cid in dict.fromkeys(batch)]
                try:
                    append([Append("#a", last + 1, messages)])
                except Repeated as error:
                    outcomes[name].append(error.placed)
                    messages = [message for message in messages if (message.person, message.cid) not in error.placed]
                    append([Append("#a", last + 1, messages)])
                last += len(messages)
            outcomes[name].append(last)
        assert outcomes["sqlite"] == outcomes["memory"]


ALI = Account(2**63 - 1, "علی", "علي", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", 3)
SARA = Account(8, "sara", "Sara", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaB")


async def kept_accounts(store: Store) -> dict[int, Account]:
    """By person."""
    return {account.person: account for account in await store.accounts()}


async def test_accounts_come_back_as_they_were_kept(store: Store) -> None:
    """All of them, every field."""
    assert list(await store.accounts()) == []
    await store.keep_account(ALI)
    await store.keep_account(SARA)
    assert await kept_accounts(store) == {ALI.person: ALI, 8: SARA}


async def test_an_account_replaces_its_persons_former_one(store: Store) -> None:
    """With a new password, for example; its name may change too, and then the old one is free."""
    await store.keep_account(SARA)
    changed = replace(SARA, key="sara2", name="Sara2", password="$argon2id$other", seen=4)
    await store.keep_account(changed)
    assert await kept_accounts(store) == {8: changed}
    await store.keep_account(replace(ALI, key="sara"))
    assert len(await store.accounts()) == 2


async def test_no_two_accounts_have_the_same_name(store: Store) -> None:
    """The second is refused, new or not, and the store goes on as before."""
    await store.keep_account(SARA)
    await store.keep_account(ALI)
    for thief in (Account(9, "sara", "SARA", "$argon2id$theirs"), replace(ALI, key="sara")):
        with pytest.raises(StoreError) as refused:
            await store.keep_account(thief)
        assert "argon2id" not in str(refused.value)
    assert await kept_accounts(store) == {ALI.person: ALI, 8: SARA}
    await store.keep_account(Account(9, "sara9", "sara9", "$argon2id$theirs"))
    assert len(await store.accounts()) == 3


async def test_what_somebody_has_seen_is_marked(store: Store) -> None:
    """Of this account only; a mark that comes late does not take anything back."""
    await store.keep_account(ALI)
    await store.keep_account(SARA)
    await store.mark_seen(8, 5)
    await store.mark_seen(8, 4)
    assert await kept_accounts(store) == {ALI.person: ALI, 8: replace(SARA, seen=5)}


async def test_who_has_no_account_has_no_mark(store: Store) -> None:
    """No account comes into being by it."""
    await store.mark_seen(8, 5)
    assert list(await store.accounts()) == []


async def test_the_language_that_somebody_chose_is_marked(store: Store) -> None:
    """Of this account only, as often as they like; who has no account has no language."""
    await store.keep_account(ALI)
    await store.keep_account(replace(SARA, language="fa"))
    for language in ("fa", "en"):
        await store.mark_language(ALI.person, language)
    await store.mark_language(9, "fa")
    assert await kept_accounts(store) == {ALI.person: replace(ALI, language="en"), 8: replace(SARA, language="fa")}
    await store.mark_seen(8, 5)
    assert await kept_accounts(store) == {
        ALI.person: replace(ALI, language="en"),
        8: replace(SARA, language="fa", seen=5),
    }


OPEN = SessionRecord("a" * 64, 7, "علی")
ENDED = SessionRecord("b" * 64, 2**63 - 1, "sara", 100.5)


async def test_a_session_is_found_by_its_digest(store: Store) -> None:
    """As it was kept, with a connection or without."""
    await store.keep_session(OPEN)
    await store.keep_session(ENDED)
    assert await store.find_session(OPEN.digest) == OPEN
    assert await store.find_session(ENDED.digest) == ENDED
    assert await store.find_session("c" * 64) is None


async def test_a_session_is_replaced_under_its_digest(store: Store) -> None:
    """When its connection ends, when there is one again, when its owner has another name."""
    for state in (OPEN, replace(OPEN, ended=5), replace(OPEN, name="reza"), replace(OPEN, ended=0.1 + 0.2)):
        await store.keep_session(state)
        assert await store.find_session(OPEN.digest) == state


async def test_a_start_ends_what_was_open_and_forgets_what_is_old(store: Store) -> None:
    """What ended at the very moment is still kept; what has ended keeps its time."""
    others = [replace(ENDED, digest=letter * 64, ended=at) for letter, at in (("c", 49.9), ("d", 50.0), ("e", 51.0))]
    for session in (OPEN, *others):
        await store.keep_session(session)
    await store.sweep_sessions(before=40.0)
    assert await store.find_session(OPEN.digest) == OPEN
    assert [await store.find_session(session.digest) for session in others] == others
    await store.sweep_sessions(before=50.0, cut=200)
    assert await store.find_session(OPEN.digest) == replace(OPEN, ended=200)
    assert [await store.find_session(session.digest) for session in others] == [None, *others[1:]]


async def test_a_room_is_described(store: Store) -> None:
    """Spelling and topic are kept before, between and after messages, and replaced by newer ones."""
    await store.describe("#lobby", "#Lobby", "salam")
    assert await store.head("#lobby") == Head(0, "#Lobby", "salam")
    await fill(store, "#lobby", "one")
    assert await store.head("#lobby") == Head(1, "#Lobby", "salam", SAID_AT)
    await store.describe("#lobby", "#LOBBY", "")
    assert await store.head("#lobby") == Head(1, "#LOBBY", "", SAID_AT)
    assert texts(await store.read("#lobby", 0, LAST, PLENTY)) == ["one"]


async def test_a_log_stands_where_its_last_message_was_said(store: Store) -> None:
    """Whoever writes on has to begin at that time; each log has its own."""
    await fill(store, "#lobby", *(said(str(at), at=at) for at in (1.0, 2.0)))
    await fill(store, "#other", said("3.0", at=3.0))
    assert [(await store.head(log)).at for log in ("#lobby", "#other", "#none")] == [2.0, 3.0, 0.0]


async def test_reading_begins_after_a_place_and_ends_at_one(store: Store) -> None:
    """``after`` is what the reader has, ``upto`` the last it may have."""
    await fill(store, "#lobby", *"abcdef")
    assert texts(await store.read("#lobby", 2, 4, PLENTY)) == ["c", "d"]
    assert texts(await store.read("#lobby", 5, LAST, PLENTY)) == ["f"]
    assert texts(await store.read("#lobby", 6, LAST, PLENTY)) == []
    assert texts(await store.read("#lobby", 4, 2, PLENTY)) == []


async def test_a_page_holds_its_budget_of_bytes(store: Store) -> None:
    """Bytes, not characters; what fits exactly is in, the next is left out and ``cut`` says so."""
    await fill(store, "#lobby", "abc", "سلام", "x")
    whole = 3 * ENTRY_BYTES + len("abcسلامx".encode())
    assert await store.read("#lobby", 0, LAST, whole) == await store.read("#lobby", 0, LAST, PLENTY)
    short = await store.read("#lobby", 0, LAST, whole - 1)
    assert (texts(short), short.cut) == (["abc", "سلام"], True)
    shorter = await store.read("#lobby", 0, LAST, whole - ENTRY_BYTES - 2)
    assert (texts(shorter), shorter.cut) == (["abc"], True)
    within = await store.read("#lobby", 0, 2, whole - ENTRY_BYTES - 1)
    assert (texts(within), within.cut) == (["abc", "سلام"], False)


async def test_very_many_short_messages_are_no_small_page(store: Store) -> None:
    """Names, times and what a reader's line adds weigh more than a letter, so they are counted."""
    await fill(store, "#lobby", *("x" for _ in range(100)))
    page = await store.read("#lobby", 0, LAST, 1000)
    newest = await store.latest("#lobby", LAST, 100, 0, 1000)
    assert len(page.entries) == len(newest.entries) == 1000 // (ENTRY_BYTES + 1)
    assert page.cut
    assert newest.cut


async def test_a_page_holds_one_message_whatever_its_size(store: Store) -> None:
    """A reader gets on even with a budget that nothing fits in."""
    await fill(store, "#lobby", "long", "longer", "longest")
    at, seen = 0, []
    while (page := await store.read("#lobby", at, LAST, 1)).entries:
        assert len(page.entries) == 1
        assert page.cut is (at < 2)
        seen += texts(page)
        at = page.entries[-1].id
    assert seen == ["long", "longer", "longest"]
    newest = await store.latest("#lobby", LAST, 10, 0, 1)
    assert (texts(newest), newest.cut) == (["longest"], True)


async def test_the_latest_are_the_last_ones_in_order(store: Store) -> None:
    """Counted from the end, up to an id, and shown oldest first; ``cut`` tells of older ones."""
    await fill(store, "#lobby", *"abcdef")
    newest = await store.latest("#lobby", LAST, 2, 0, PLENTY)
    assert (texts(newest), newest.cut) == (["e", "f"], True)
    earlier = await store.latest("#lobby", 3, 3, 0, PLENTY)
    assert (texts(earlier), earlier.cut) == (["a", "b", "c"], False)
    weighed = await store.latest("#lobby", LAST, 10, 0, 3 * (ENTRY_BYTES + 1))
    assert (texts(weighed), weighed.cut) == (["d", "e", "f"], True)


async def test_the_latest_since_a_time(store: Store) -> None:
    """Older ones did not fit the question, so they are not called cut."""
    await fill(store, "#lobby", *(said(str(at), at=at) for at in (1.0, 2.0, 3.0, 4.0)))
    recent = await store.latest("#lobby", LAST, 10, 3.0, PLENTY)
    assert (texts(recent), recent.cut) == (["3.0", "4.0"], False)
    fewer = await store.latest("#lobby", LAST, 1, 3.0, PLENTY)
    assert (texts(fewer), fewer.cut) == (["4.0"], True)
    assert await store.latest("#lobby", LAST, 10, 5.0, PLENTY) == Page(())


FOUND = [
    ("salam", "Salam, ali!"),
    ("ALI salam", "salam ali"),
    ("sal", "salam"),
    ("ali sal", "salam ali"),
    ("cafe", "café"),
    ("café", "cafe"),
    ("don't", "i don't know"),
    ("foo-bar", "bar foo"),
    ("می‌خواهم", "میخواهم"),
    ("میخواهم", "من می‌خواهم بروم"),
    ("كتاب", "کتاب"),
    ("کتاب", "كتاب"),
    ("کتاب", "کِتاب"),
    ("کتاب", "کتاب‌های من"),
    ("1234", "شمارهٔ ۱۲۳۴"),
    ("۱۲۳۴", "1234"),
    ("١٢٣٤", "۱۲۳۴"),
    ("آب", "اب"),
    ("اب", "آب"),
    ("علي", "سلام علی"),
    ("हिंदी", "यह हिंदी है"),
]


@pytest.mark.parametrize(("words", "text"), FOUND)
async def test_what_is_meant_is_found(store: Store, words: str, text: str) -> None:
    """Keyboards, marks, digits and hurry make no difference."""
    await fill(store, "#lobby", "before", text, "after")
    assert texts(await store.search({"#lobby": LAST}, words, 10)) == [text]


NOT_FOUND = [
    ("sal ali", "salam ali"),
    ("alam", "salam"),
    ("salam sara", "salam ali"),
    ("کتاب", "مکتاب"),
    ("مادر", "ما در خانه"),
    ("ali1", "ali"),
    ("", "salam"),
    (" \t!?- ", "salam !?-"),
    ("k1", "salam"),
    ("lobby", "salam"),
    ("text:salam", "salam"),
    ("salam OR ali", "salam"),
    ("salam NOT ali", "salam"),
    ("NEAR(salam ali)", "salam ali"),
    ('"salam ali', "salam"),
    ("salam' OR 1=1 --", "salam"),
]


@pytest.mark.parametrize(("words", "text"), NOT_FOUND)
async def test_what_is_not_meant_is_not_found(store: Store, words: str, text: str) -> None:
    """A beginning counts for the last word only, and nothing that is typed is an operator."""
    await fill(store, "#lobby", text)
    assert await store.search({"#lobby": LAST}, words, 10) == Page(())


async def test_a_search_stays_in_its_logs_and_before_their_ids(store: Store) -> None:
    """Nobody finds what is in another's box, or what has not been delivered yet."""
    await store.append([Append(log, 1, [said(f"salam {log}{n}") for n in (1, 2, 3)]) for log in ("#a", "@1", "@2")])
    found = await store.search({"#a": 2, "@1": LAST, "#none": LAST}, "salam", 10)
    assert texts(found) == ["salam #a1", "salam #a2", "salam @11", "salam @12", "salam @13"]
    assert await store.search({"#a": 0}, "salam", 10) == Page(())
    assert await store.search({}, "salam", 10) == Page(())


async def test_a_search_brings_the_newest_of_all_logs_in_order(store: Store) -> None:
    """In the order they were kept, oldest first; ``cut`` when there were more."""
    for n in range(4):
        await fill(store, f"#{n % 2}", f"salam {n}", "other")
    everywhere = {"#0": LAST, "#1": LAST}
    found = await store.search(everywhere, "salam", 3)
    assert (texts(found), found.cut) == (["salam 1", "salam 2", "salam 3"], True)
    assert [entry.id for entry in found.entries] == [1, 3, 3]
    found = await store.search(everywhere, "salam", 4)
    assert (len(found.entries), found.cut) == (4, False)


async def test_a_search_for_very_many_words_is_answered(store: Store) -> None:
    """As many as a line can hold."""
    await fill(store, "#lobby", "word " * 800)
    words = " ".join(f"w{n}" for n in range(800))
    assert await store.search({"#lobby": LAST}, words, 10) == Page(())


@given(st.text())
def test_any_text_has_words_that_find_it(text: str) -> None:
    """Whatever is typed can be searched for; words hold nothing but letters, digits and their marks."""
    words = words_of(text)
    query = Query.parse(text)
    assert (query is not None) == bool(words)
    assert query is None or query.matches(text)
    assert not any(set(word) & set(" \t\"'*():^+-\0") for word in words)


# Retention

HOUR, DAY = 3600.0, 86400.0
LATER = SAID_AT + 10 * DAY


async def prune(store: Store, retention: Retention, now: float = LATER) -> int:
    """Drop all that is too much; how many messages that was."""
    dropped, place = 0, ""
    while True:
        pruned = await store.prune(retention, now, place)
        dropped += pruned.dropped
        if pruned.rest is None:
            return dropped
        place = pruned.rest


async def kept(store: Store, log: str) -> list[int]:
    """The ids of what is kept, as each way of reading tells them."""
    page, head = await store.read(log, 0, LAST, PLENTY), await store.head(log)
    ids = [entry.id for entry in page.entries]
    assert ids == list(range(head.first, head.last + 1))
    assert await store.latest(log, LAST, PLENTY, 0, PLENTY) == page
    assert await store.search({log: LAST}, "salam", PLENTY) == page
    return ids


async def test_the_last_of_each_log_are_kept(store: Store) -> None:
    """As many as are wanted, and no other is found in any way; a short log loses nothing."""
    await fill(store, "#a", *(f"salam {n}" for n in range(1, 8)))
    await fill(store, "#b", "salam")
    assert (await store.head("#a")).first == 1
    assert await prune(store, Retention(messages=3)) == 4
    assert (await kept(store, "#a"), await kept(store, "#b")) == ([5, 6, 7], [1])
    assert await store.read("#a", 2, 4, PLENTY) == Page(())
    assert await prune(store, Retention(messages=3)) == 0
    await fill(store, "#a", "salam 8")
    assert await kept(store, "#a") == [5, 6, 7, 8]


async def test_what_is_old_is_dropped(store: Store) -> None:
    """To the second; everything else stays."""
    await fill(store, "#a", *(said(f"salam {n}", at=SAID_AT + n * DAY) for n in range(5)))
    assert await prune(store, Retention(seconds=8 * DAY)) == 2
    assert await kept(store, "#a") == [3, 4, 5]


async def test_whichever_limit_is_narrower_counts(store: Store) -> None:
    """Both may be given; none of them keeps everything."""
    await fill(store, "#a", *(said(f"salam {n}", at=SAID_AT + n * DAY) for n in range(5)))
    assert await prune(store, Retention()) == 0
    assert await prune(store, Retention(seconds=8 * DAY, messages=4)) == 2
    assert await prune(store, Retention(seconds=8 * DAY, messages=1)) == 2
    assert await kept(store, "#a") == [5]


async def test_what_was_said_a_moment_ago_is_kept_however_much_it_is(store: Store) -> None:
    """Somebody may be reading it just now."""
    await fill(store, "#a", *("salam" for _ in range(5)))
    assert await prune(store, Retention(messages=1), SAID_AT + YOUNG_SECONDS) == 0
    assert await prune(store, Retention(messages=1), SAID_AT + YOUNG_SECONDS + 1) == 4


async def test_numbers_go_on_when_nothing_is_left(store: Store) -> None:
    """No id is given twice, also not that of a message which nobody can read any more."""
    await store.describe("#a", "#A", "topic")
    await fill(store, "#a", "salam", "salam")
    assert await prune(store, Retention(seconds=DAY)) == 2
    assert await store.head("#a") == Head(2, "#A", "topic", first=3)
    assert await kept(store, "#a") == []
    with pytest.raises(StoreError):
        await store.append([Append("#a", 1, [said()])])
    await store.append([Append("#a", 3, [said("salam", at=LATER)])])
    assert await kept(store, "#a") == [3]


async def test_a_message_from_the_future_keeps_those_after_it(store: Store) -> None:
    """A log is shortened from its beginning, so that it never has a hole; nothing goes too early."""
    await fill(store, "#a", *(said("salam", at=SAID_AT + n * DAY) for n in (0, 99, 1)))
    assert await prune(store, Retention(seconds=2 * DAY)) == 1
    assert await kept(store, "#a") == [2, 3]
    assert await prune(store, Retention(seconds=2 * DAY), SAID_AT + 102 * DAY) == 2


async def test_a_dropped_message_is_recognised_when_it_is_sent_again(store: Store) -> None:
    """For as long as its sender may try: it gets the id that it had, and does not appear once more."""
    await fill(store, "#a", said(cid="c-1"), said(cid="c-2"), said(), said(cid="c-4"))
    assert await prune(store, Retention(messages=1), SAID_AT + DAY) == 3
    first, last = Placed("#a", 1, SAID_AT), Placed("#a", 4, SAID_AT)
    assert [await store.find_message(7, cid) for cid in ("c-1", "c-4", "c-5")] == [first, last, None]
    with pytest.raises(Repeated) as refused:
        await store.append([Append("#b", 1, [said("new", cid="c-5"), said(cid="c-1"), said(cid="c-4")])])
    assert refused.value.placed == {(7, "c-1"): first, (7, "c-4"): last}
    await store.append([Append("#b", 1, [said("hers", person=8, cid="c-1"), said("new", cid="c-5")])])
    assert texts(await store.read("#b", 0, LAST, PLENTY)) == ["hers", "new"]


async def test_a_dropped_message_is_forgotten_in_the_end(store: Store) -> None:
    """A store that runs for years does not grow by what it has dropped."""
    second = SAID_AT + DAY + 1
    await fill(store, "#a", said(cid="c-1"), said(cid="c-2", at=second), said(at=LATER))
    assert await prune(store, Retention(messages=1), SAID_AT + 2 * DAY - 1) == 2
    await prune(store, Retention(messages=1), SAID_AT + RECEIPT_SECONDS)
    assert await store.find_message(7, "c-1") == Placed("#a", 1, SAID_AT)
    await prune(store, Retention(messages=1), SAID_AT + RECEIPT_SECONDS + 1)
    assert await store.find_message(7, "c-1") is None
    assert (await store.find_message(7, "c-2")) == Placed("#a", 2, second)
    await store.append([Append("#a", 4, [said("again", cid="c-1")])])


async def test_it_is_forgotten_also_when_nothing_is_dropped_any_more(store: Store) -> None:
    """The operator wants everything to be kept now; what was remembered of what is gone need not stay for that."""
    await fill(store, "#a", said(cid="c-1"), said(cid="c-2", at=SAID_AT + 2 * DAY), said())
    await prune(store, Retention(messages=1), SAID_AT + 2 * DAY + HOUR)
    assert await store.find_message(7, "c-1") is not None
    assert await prune(store, Retention()) == 0
    assert await store.find_message(7, "c-1") is None
    assert await kept(store, "#a") == [3]


async def test_what_is_dropped_late_is_forgotten_at_once(store: Store) -> None:
    """Nobody sends it again by now."""
    await fill(store, "#a", said(cid="c-1"), said(cid="c-2", at=SAID_AT + 5 * DAY))
    assert await prune(store, Retention(seconds=DAY)) == 2
    await store.append([Append("#a", 3, [said("another", cid="c-1")])])


async def test_days_in_which_nobody_could_come_back_do_not_count(store: Store) -> None:
    """The power was cut on Friday, and the server is started on Monday, twice: all have a day from then on."""
    friday, monday = SAID_AT, SAID_AT + 2.6 * DAY
    await fill(store, "#a", said(cid="c-1", at=friday - HOUR), said(cid="c-2", at=friday))
    assert await prune(store, Retention(seconds=DAY), monday) == 2
    await fill(store, "#a", said(cid="c-3", at=monday + HOUR))
    for hours in (2, 24):
        await prune(store, Retention(seconds=DAY), monday + hours * HOUR)
        assert await store.find_message(7, "c-1") == Placed("#a", 1, friday - HOUR)
        assert await store.find_message(7, "c-2") == Placed("#a", 2, friday)
    assert await prune(store, Retention(seconds=DAY), monday + 26 * HOUR) == 1
    await prune(store, Retention(seconds=DAY), monday + 26 * HOUR)
    assert [await store.find_message(7, cid) for cid in ("c-1", "c-2")] == [None, None]


async def test_each_copy_of_a_private_message_goes_with_its_box(store: Store) -> None:
    """The receiver's copy says nothing of whether it was sent."""
    await store.append(private("c-1", SAID_AT, 1, 1))
    await fill(store, "@8", said("salam", person=8))
    assert await prune(store, Retention(messages=1), SAID_AT + DAY) == 1
    assert await store.find_message(7, "c-1") == Placed("@7", 1, SAID_AT)
    await fill(store, "@7", said("salam"))
    assert await prune(store, Retention(messages=1), SAID_AT + DAY) == 1
    assert await store.find_message(7, "c-1") == Placed("@7", 1, SAID_AT)
    assert [await kept(store, log) for log in ("@7", "@8")] == [[2], [2]]


async def test_very_many_messages_are_dropped_in_slices(store: Store) -> None:
    """Of few logs or of many: all is done in the end, and nothing else."""
    await fill(store, "#a", *("salam" for _ in range(1300)))
    await store.append([Append(f"#b{n}", 1, [said("salam")] * 2) for n in range(1100)])
    assert await prune(store, Retention(messages=1)) == 1299 + 1100
    assert await kept(store, "#a") == [1300]
    assert [(await store.head(f"#b{n}")).first for n in (0, 1, 555, 1099)] == [2, 2, 2, 2]


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of what must not wait."""
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    result: T = stopped.value.value
    return result


def test_memory_keeps_the_last_messages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is older is gone from every answer, but ids and the end of the log stay."""
    monkeypatch.setattr(memory, "FORGOTTEN_AT_ONCE", 3)
    store = MemoryStore(kept=3)
    for id in range(1, 21):
        at_once(store.append([Append("#a", id, [said(f"salam {id}", cid=f"c{id}")])]))
        page = at_once(store.read("#a", 0, LAST, PLENTY))
        assert [entry.id for entry in page.entries] == [n for n in range(id - 2, id + 1) if n > 0]
        assert at_once(store.latest("#a", LAST, 10, 0, PLENTY)) == page
        assert at_once(store.search({"#a": LAST}, "salam", 10)) == page
        assert at_once(store.head("#a")).last == id
    assert at_once(store.read("#a", 0, 17, PLENTY)) == Page(())
    assert texts(at_once(store.read("#a", 0, 18, PLENTY))) == ["salam 18"]


def test_memory_holds_few_more_messages_than_it_remembers() -> None:
    """A hundredth perhaps: they are dropped some at a time, for each time takes as long as there are others."""
    store = MemoryStore(kept=10_000)
    sizes = []
    for first in range(1, 20_001, 50):
        at_once(store.append([Append("#a", first, [said()] * 50)]))
        sizes.append(len(store._logs["#a"].rows))
    assert 10_100 < max(sizes) < 10_300


def test_what_memory_remembers_is_not_looked_at_when_garbage_is_collected() -> None:
    """To look at a million messages would stop everything for a tenth of a second."""
    store = MemoryStore()
    at_once(store.append([Append("#a", 1, [said(), said(cid="m1"), said(kind=Kind.TOLD, to="sara")])]))
    gc.collect()
    remembered = [*store._logs["#a"].rows, *store._kept_as, *store._kept_as.values()]
    assert [gc.is_tracked(one) for one in remembered] == [False] * 5


@pytest.mark.parametrize("retained", [None, 2])
def test_memory_recognises_so_many_of_what_it_has_forgotten(
    retained: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own limit or by the operator's: the last of them, so that it does not grow in months."""
    monkeypatch.setattr(memory, "RECEIPTS", 4)
    monkeypatch.setattr(memory, "FORGOTTEN_AT_ONCE", 3)
    store = MemoryStore(kept=3)
    for id in range(1, 13):
        at_once(store.append([Append("#a", id, [said(cid=f"c{id}")])]))
        if retained is not None:
            at_once(store.prune(Retention(messages=retained), SAID_AT + HOUR))
    first = at_once(store.head("#a")).first if retained is not None else 10  # as many may wait to be dropped
    known = [id for id in range(1, 13) if at_once(store.find_message(7, f"c{id}")) is not None]
    assert known == list(range(first - 4, 13))
    at_once(store.append([Append("#a", 13, [said(cid="c1")])]))
    with pytest.raises(Repeated) as refused:
        at_once(store.append([Append("#a", 14, [said(cid=f"c{first - 4}")])]))
    assert refused.value.placed[7, f"c{first - 4}"].id == first - 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("memory:", ("memory", "")),
        ("Memory:", ("memory", "")),
        ("sqlite:chat.db", ("sqlite", "chat.db")),
        ("sqlite:/var/lib/chatd/chat.db", ("sqlite", "/var/lib/chatd/chat.db")),
        ("chat.db", ("sqlite", "chat.db")),
        ("./odd:name.db", ("sqlite", "./odd:name.db")),
        (r"C:\chat.db", ("sqlite", r"C:\chat.db")),
        ("postgresql://host/db", ("postgresql", "//host/db")),
    ],
)
def test_a_store_is_named_by_scheme_or_path(url: str, expected: tuple[str, str]) -> None:
    """What has no scheme is a file."""
    assert split(url) == expected


@given(st.text())
def test_any_name_of_a_store_is_a_scheme_and_a_rest(url: str) -> None:
    """Nothing that is typed is lost or raises."""
    scheme, rest = split(url)
    assert url.endswith(rest)
    assert scheme.isascii()
    assert scheme == scheme.lower()


@pytest.mark.parametrize("url", ["", "sqlite:", "memory:here", "postgresql://host/db", "http://host/"])
def test_an_unknown_store_is_refused_naming_the_known(url: str) -> None:
    """The sentence says what would be right."""
    with pytest.raises(StoreError, match=r"memory: or sqlite:PATH or PATH"):
        open_store(url, the_reactor(), pytest.fail, unexpected)


@pytest.mark.parametrize("prefix", ["", "sqlite:"])
async def test_a_path_opens_a_file(prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative ones are in the folder the server runs in."""
    monkeypatch.chdir(tmp_path)
    store = open_store(f"{prefix}chat.db", the_reactor(), pytest.fail, unexpected)
    await store.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chat.db", "chat.db.mark"]


async def test_every_memory_store_has_another_history() -> None:
    """After a restart, numbers of messages from before mean nothing."""
    one, other = (open_store("memory:", the_reactor(), pytest.fail, unexpected) for _ in range(2))
    assert await one.epoch() != await other.epoch()


async def test_a_message_is_found_by_who_said_it_and_their_own_id(store: Store) -> None:
    """Of a private one the sender's copy; nobody else's, and none that is not kept."""
    await fill(store, "#a", "before", said("first", cid="c-1", at=5.25))
    copies = [said("psst", kind=kind, to="sara", cid="c-2", at=6.0) for kind in (Kind.TOLD, Kind.SENT)]
    await store.append([Append("@8", 1, copies[:1]), Append("@7", 1, copies[1:])])
    assert await store.find_message(7, "c-1") == Placed("#a", 2, 5.25)
    assert await store.find_message(7, "c-2") == Placed("@7", 1, 6.0)
    assert await store.find_message(8, "c-1") is None
    assert await store.find_message(7, "c-3") is None


async def test_all_sessions_of_a_person_but_one_are_forgotten(store: Store) -> None:
    """Those of others stay."""
    mine = [replace(OPEN, digest=letter * 64) for letter in "cde"]
    for session in (*mine, ENDED):
        await store.keep_session(session)
    await store.forget_sessions(OPEN.person, but="d" * 64)
    assert [await store.find_session(session.digest) for session in (*mine, ENDED)] == [None, mine[1], None, ENDED]
    await store.forget_sessions(OPEN.person)
    assert await store.find_session("d" * 64) is None
