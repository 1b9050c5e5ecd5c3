"""What people and rooms can be called."""

from string import ascii_letters, digits
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import (
    BadName,
    BadRoomName,
    NameCharacter,
    NameEmpty,
    NameIsAddress,
    NameMixesDigits,
    NameMixesScripts,
    NameTooLong,
    NameWithoutLetter,
)
from chatd.names import LIMIT, look_alike, person_name, room_name

TYPED = st.text(
    st.characters(codec=None)
    | st.sampled_from("aAiİıßſéجیيىکكهۀئ۱١1قмаі李さक्ि\u094d김َٰٔ\u0301\u0307\u200c\u200d\u200e\u202eـ_-. #\tａ１ﷲﬁ😀"),
    max_size=40,
)

ACCEPTED = [
    "ali",
    "علی",
    "علی‌رضا",
    "علی۱۲",
    "عَلی",
    "مُحَمَّد",
    "آرش",
    "José",
    "Việt",
    "İsmail",
    "李明",
    "Олег",
    "राम",
    "श्री",
    "ශ්\u200dරී",
    "ภาษาไทย",
    "김철수",
    "さくら桜",
    "マリー",
    "אבי",
    "ali_2",
    "a.b-c",
    "ali۱۲",
    "۱۲علی",
    "ali桜",
    "aさク桜",
    "김ali",
    "x" * LIMIT,
]


@pytest.mark.parametrize("raw", ACCEPTED, ids=ascii)
def test_names_of_any_script_are_fine(raw: str) -> None:
    """A name is shown as it was typed."""
    assert person_name(raw).shown == normalize("NFC", raw)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("  ali\t", "ali"), ("\u3000ali\u00a0", "ali"), ("ａｌｉ", "ali"), ("𝓐𝓵𝓲", "Ali"), ("Jose\u0301", "José")],
    ids=ascii,
)
def test_letters_in_costume_are_shown_plain(raw: str, shown: str) -> None:
    """Blanks around a name, and letters that are others in a special form, are not worth a refusal."""
    assert person_name(raw).shown == shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("علی", "علي"),
        ("Ali", "ali"),
        ("كريم", "کریم"),
        ("علی‌رضا", "علیرضا"),
        ("عَلی", "علی"),
        ("علی۱۲", "علی١٢"),
        ("ali۱۲", "ali12"),
        ("ａｌｉ", "ali"),
        ("José", "JOSE\u0301"),
    ],
    ids=ascii,
)
def test_one_name_typed_in_two_ways_is_one_name(one: str, other: str) -> None:
    """Keyboards, case and what cannot be seen make no second person."""
    assert person_name(one).key == person_name(other).key
    assert look_alike(person_name(one), person_name(other))


@pytest.mark.parametrize("raw", ["", " ", "\t", "\u3000"], ids=ascii)
def test_a_name_is_not_nothing(raw: str) -> None:
    """Pressing Enter is no introduction."""
    with pytest.raises(NameEmpty):
        person_name(raw)


@pytest.mark.parametrize(("raw", "limit"), [("x" * 33, 32), ("سلام", 3), ("ﬁ", 1)], ids=ascii)
def test_a_name_has_its_limit(raw: str, limit: int) -> None:
    """What counts is characters, not bytes, as they will be shown."""
    with pytest.raises(NameTooLong) as caught:
        person_name(raw, limit)
    assert caught.value.details == {"measured": limit + 1, "limit": limit}
    assert person_name(raw, limit + 1)


REFUSED_CHARACTERS = {
    "space": ("a b", "U+0020 SPACE"),
    "control": ("a\x1b", "U+001B ESCAPE"),
    "8-bit control": ("a\x9b", "U+009B CONTROL SEQUENCE INTRODUCER"),
    "line feed": ("a\n", "U+000A LINE FEED"),
    "RLO": ("a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    "LRM": ("a\u200e", "U+200E LEFT-TO-RIGHT MARK"),
    "FSI": ("\u2068a", "U+2068 FIRST STRONG ISOLATE"),
    "ZWSP": ("a\u200bb", "U+200B ZERO WIDTH SPACE"),
    "ZWNJ in Latin": ("a\u200cb", "U+200C ZERO WIDTH NON-JOINER"),
    "ZWNJ at the end": ("علی\u200c", "U+200C ZERO WIDTH NON-JOINER"),
    "ZWNJ where nothing joins": ("دا\u200cر", "U+200C ZERO WIDTH NON-JOINER"),
    "ZWJ in Persian": ("عل\u200dی", "U+200D ZERO WIDTH JOINER"),
    "tatweel": ("علـی", "U+0640 ARABIC TATWEEL"),
    "soft hyphen": ("al\u00adi", "U+00AD SOFT HYPHEN"),
    "variation selector": ("a\ufe0f", "U+FE0F VARIATION SELECTOR-16"),
    "invisible letter": ("a\u3164", "U+1160 HANGUL JUNGSEONG FILLER"),
    "emoji": ("ali😀", "U+1F600 GRINNING FACE"),
    "surrogate": ("a\ud800", "U+D800 surrogate"),
    "private use": ("a\ue000", "U+E000 private use character"),
    "noncharacter": ("a\uffff", "U+FFFF unassigned character"),
    "room": ("#ali", "U+0023 NUMBER SIGN"),
    "box": ("@ali", "U+0040 COMMERCIAL AT"),
    "command": ("/ali", "U+002F SOLIDUS"),
    "slash in disguise": ("／ali", "U+002F SOLIDUS"),
    "mark on nothing": ("\u0301ali", "U+0301 COMBINING ACUTE ACCENT"),
    "mark on a digit": ("ali1\u0301", "U+0301 COMBINING ACUTE ACCENT"),
    "the same mark twice": ("a\u0301\u0301", "U+0301 COMBINING ACUTE ACCENT"),
    "a heap of marks": ("a\u0301\u0302\u0303\u0304\u0306", "U+0306 COMBINING BREVE"),
    "a second dot": ("i\u0307smail", "U+0307 COMBINING DOT ABOVE"),
}


@pytest.mark.parametrize(("raw", "character"), REFUSED_CHARACTERS.values(), ids=REFUSED_CHARACTERS)
def test_what_names_do_not_have_is_refused_by_name(raw: str, character: str) -> None:
    """Whatever could hide, turn a line around or look like something of the chat's own; and the sentence says which."""
    with pytest.raises(NameCharacter) as caught:
        person_name(raw)
    assert caught.value.details == {"character": character}


@pytest.mark.parametrize("sign", sorted(set(map(chr, range(0x21, 0x7F))) - set(ascii_letters + digits + "_-.:%")))
def test_of_the_signs_on_a_keyboard_three_are_fine(sign: str) -> None:
    """Only ``_ - .``: the others mean something in commands, in shells or on the way to other chats."""
    if sign in "_-.":
        assert person_name(f"a{sign}b").key == f"a{sign}b"
    else:
        with pytest.raises(NameCharacter):
            person_name(f"a{sign}b")


@pytest.mark.parametrize("raw", ["12", "_-.", "1.2", "۱۲", "१२", "ー", "ʼ"], ids=ascii)
def test_a_name_has_a_letter(raw: str) -> None:
    """A number or a row of dots reads like something else than a person."""
    with pytest.raises(NameWithoutLetter):
        person_name(raw)


@pytest.mark.parametrize(
    "raw", ["192.0.2.7", "۱۹۲.۰.۲.۷", "١٩٢.٠.٢.٧", "１９２.0.2.7", "::1", "fe80::1", "fe80::1%\x1b[2J"], ids=ascii
)
def test_a_name_is_not_an_address(raw: str) -> None:
    """``/pm`` takes either, so one must not be mistaken for the other; nor does a strange zone reach the screen."""
    with pytest.raises(NameIsAddress) as caught:
        person_name(raw)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        ("раypal", "Cyrillic, Latin"),
        ("αli", "Greek, Latin"),
        ("aliعلی", "Arabic, Latin"),
        ("ali१", "Devanagari, Latin"),
        ("さ김", "Hangul, Hiragana"),
    ],
    ids=ascii,
)
def test_a_name_keeps_to_one_script(raw: str, kinds: str) -> None:
    """Mixed letters are how one dresses up as somebody else."""
    with pytest.raises(NameMixesScripts) as caught:
        person_name(raw)
    assert caught.value.details["scripts"] == kinds


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        ("علی۱٢", "Arabic digits, Persian digits"),
        ("علی۱2", "European digits, Persian digits"),
        ("१1राम", "Devanagari digits, European digits"),
    ],
    ids=ascii,
)
def test_a_name_keeps_to_one_kind_of_digits(raw: str, kinds: str) -> None:
    """Digits of different kinds look alike, so two names would."""
    with pytest.raises(NameMixesDigits) as caught:
        person_name(raw)
    assert caught.value.details["kinds"] == kinds


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("раураІ", "paypal"),
        ("Том", "Tom"),
        ("НАТ", "hat"),
        ("ΑΝΝΑ", "Anna"),
        ("νυ", "vu"),
        ("ΝΥ", "ny"),
        ("ᎪᎳ", "AW"),
        ("ロ", "口"),
        ("яя", "ᴙᴙ"),
        ("ёё", "ëë"),
    ],
    ids=ascii,
)
def test_a_disguise_in_another_script_is_seen_through(one: str, other: str) -> None:
    """Whole names of Cyrillic, Greek or Cherokee letters can look Latin, in small or in capital letters."""
    assert person_name(one).key != person_name(other).key
    assert look_alike(person_name(one), person_name(other))
    assert look_alike(person_name(other), person_name(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ali1", "alil"),
        ("Ivan", "lvan"),
        ("corn", "com"),
        ("رضا", "رضی"),
        ("آرش", "ارش"),
        ("Олег", "Oleg"),
        ("Иван", "Ivan"),
    ],
    ids=ascii,
)
def test_similar_names_are_different_people(one: str, other: str) -> None:
    """Readers of a script tell its letters apart; and another spelling of a name is another name."""
    assert not look_alike(person_name(one), person_name(other))


@pytest.mark.parametrize(
    ("raw", "script"),
    [("ali", "Latin"), ("علی۱۲", "Arabic"), ("ali۱۲", "Latin"), ("さくら桜", "Han+Hiragana"), ("ali桜", "Han+Latin")],
    ids=ascii,
)
def test_a_name_knows_its_script(raw: str, script: str) -> None:
    """Digits and signs belong to every script."""
    assert person_name(raw).script == script


def test_a_refusal_for_its_digits_shows_nothing_harmful() -> None:
    """The name is repeated in the sentence before its other characters have been looked at."""
    with pytest.raises(NameMixesDigits) as caught:
        person_name("\x1b[1\u202e۱")
    assert caught.value.details["name"] == "\ufffd[1\ufffd۱"


@pytest.mark.parametrize(
    ("raw", "shown", "key"),
    [
        ("#lobby", "#lobby", "#lobby"),
        (" #Lobby ", "#Lobby", "#lobby"),
        ("＃lobby", "#lobby", "#lobby"),
        ("#علي‌رضا", "#علي‌رضا", "#علیرضا"),
        ("#1", "#1", "#1"),
        ("#2.0", "#2.0", "#2.0"),
        ("#" + "x" * LIMIT, "#" + "x" * LIMIT, "#" + "x" * LIMIT),
    ],
    ids=ascii,
)
def test_a_room_is_called_like_a_person(raw: str, shown: str, key: str) -> None:
    """But with a # in front, and a number will do."""
    name = room_name(raw)
    assert (name.shown, name.key) == (shown, key)


@pytest.mark.parametrize(
    "raw", ["", "#", "lobby", "##", "#a b", "# a", "@1", "#\x1b[2J", "#раypal", "#a\u202eb", "#" + "x" * 33], ids=ascii
)
def test_other_room_names_are_refused(raw: str) -> None:
    """The refusal repeats the name, so it must not repeat what the name was refused for."""
    with pytest.raises(BadRoomName) as caught:
        room_name(raw)
    assert str(caught.value).isprintable()
    assert len(str(caught.value.details["room"])) <= LIMIT + 1


@given(TYPED)
def test_whatever_is_typed_is_a_good_name_or_refused(raw: str) -> None:
    """A name that is accepted is accepted again as it is shown; a refusal is a sentence that can be shown."""
    try:
        name = person_name(raw)
    except BadName as refusal:
        sentence = str(refusal)
    else:
        sentence = name.shown
        assert person_name(name.shown) == name
        assert look_alike(name, name)
        assert 1 <= len(name.shown) <= LIMIT
        assert not set(name.shown) & set(" \t\n#@/:\u200b\u200e\u202eـ")
    assert sentence.replace("\u200c", "").replace("\u200d", "").isprintable()


@given(TYPED)
def test_names_with_one_key_have_one_skeleton(raw: str) -> None:
    """So an index of skeletons finds a look-alike however its name was typed."""
    try:
        name = person_name(raw)
        other = person_name(name.key, 99)
    except BadName:
        return
    assert (other.key, other.skeleton, other.script) == (name.key, name.skeleton, name.script)


@given(TYPED)
def test_a_room_may_be_called_what_a_person_may(raw: str) -> None:
    """Any name with # in front is a room's, folded in the same way."""
    try:
        name = person_name(raw)
    except BadName:
        return
    assert room_name(f"#{raw.strip()}").key == f"#{name.key}"
