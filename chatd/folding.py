"""When two spellings are the same: of a name, of a word searched for. Knows letters; not what names or texts may hold.

Two strengths. :func:`fold_letters` joins what nobody can tell apart, or types differently on another keyboard: case,
the Arabic and the Persian ya, kaf and digits, vowel signs, what cannot be seen. :func:`fold_for_search` also joins
what people leave out in a hurry: accents, hamza, madda.

Sources: Unicode Normalization Forms (UAX 15); NFKC_Casefold and Default_Ignorable_Code_Point (Unicode 15, section 5.21
and DerivedCoreProperties.txt); the Persian letters: ISIRI 6219.
"""

import re
from unicodedata import category, normalize


def _characters(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


INVISIBLE = _characters(
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),
    (0x061C, 0x061C),  # Arabic letter mark
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),  # ZWSP, ZWNJ, ZWJ, LRM, RLM
    (0x202A, 0x202E),  # bidi embeddings and overrides
    (0x2060, 0x206F),  # word joiner, bidi isolates
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE01EF),  # tags, more variation selectors
)
"""Unicode's default ignorable characters: on a screen they are nothing, whatever they do to their neighbours."""

ZWNJ = "\u200c"
"""The half space of Persian keyboards, which divides a word into pieces without ending it."""
ARABIC = "\u0620-\u06ff\u0750-\u077f\u0870-\u08ff"
"""The script's letters, as a class of a regular expression has them; folded text has no others."""

_ZWSP = "\u200b"  # the one among them that ends a word: without it Thai and Khmer words would run together
_TATWEEL = "\u0640"
_OTHER_LETTERS = frozenset("\u0653\u0654\u0655")  # madda and hamza: with them it is another letter, not a vocalised one


_ARABIC_BLOCKS = _characters((0x0600, 0x06FF), (0x0870, 0x08FF), (0x10EC0, 0x10EFF))  # those that have marks
# Beyond these planes there are only variation selectors.
_MARKS = frozenset(character for character in map(chr, range(0x0300, 0x1F000)) if category(character) == "Mn")


_DIGITS = {ord(zero) + value: str(value) for zero in "٠۰" for value in range(10)}
_LETTERS = (
    dict.fromkeys(map(ord, (INVISIBLE - {_ZWSP}) | {_TATWEEL}))
    | dict.fromkeys(map(ord, (_MARKS & _ARABIC_BLOCKS) - _OTHER_LETTERS))
    | {ord("ي"): "ی", ord("ى"): "ی", ord("ك"): "ک"}
    | _DIGITS
)
_SEARCHED = (
    dict.fromkeys(map(ord, _MARKS))
    | _LETTERS
    | {ord("ٱ"): "ا", ord("ة"): "ه", ord("ە"): "ه", ord("ہ"): "ه", ord("ۃ"): "ه", ord("ھ"): "ه"}
    | {ord("ڪ"): "ک", ord("ے"): "ی"}
)
_IN_PIECES = {code: to for code, to in _SEARCHED.items() if code != ord(ZWNJ)}
# Beside other letters it is a matter of looks: ligatures in German, conjuncts in Hindi.
# A run is looked at once, from its first: a line may hold a thousand.
_NO_DIVIDER = re.compile(f"(?<![{ARABIC}{ZWNJ}]){ZWNJ}+(?![{ARABIC}{ZWNJ}])")


def fold_letters(text: str) -> str:
    """``text`` as it is compared: equal results mean the same letters, however they were typed.

    Marks that make another letter stay (é, آ, ئ, the vowel signs of Devanagari). Folding twice changes nothing more.
    """
    if text.isascii():
        return text.lower()
    folded = normalize("NFKC", text).casefold().translate(_LETTERS)
    # Unicode composes these letters from the Arabic ya and from U+06D5 only; typed in Persian they look the same.
    folded = folded.replace("ی\u0654", "ئ").replace("ه\u0654", "ۀ")
    return normalize("NFKC", folded)


def fold_for_search(text: str) -> str:
    """``text`` as it is searched: like :func:`fold_letters`, and without marks: café is cafe, آب is اب, ئ is ی, ۀ is ه.

    Hamza on ya goes like hamza on vav: آئین and آیین, پائیز and پاییز are everyday spellings of one word, and a hamza
    typed as a mark of its own goes in any case. Letters only: separating words is left to the index. Folding twice
    changes nothing more.
    """
    if text.isascii():
        return text.lower()
    apart = normalize("NFKD", normalize("NFKD", text).casefold())
    return normalize("NFC", apart.translate(_SEARCHED))


def fold_pieces(text: str) -> str:
    """The same, but a ZWNJ stays where it divides a word: beside a letter of the Arabic script."""
    if ZWNJ not in text:
        return fold_for_search(text)
    apart = normalize("NFKD", normalize("NFKD", text).casefold())
    return normalize("NFC", _NO_DIVIDER.sub("", apart.translate(_IN_PIECES)))
