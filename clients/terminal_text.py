"""Foreign strings on their way to a screen: the one place through which all of them go.

Knows what terminals and screens act on. Must not know who sent a string, where it is shown, or in what colour.

The server refuses most of this already. A client must not count on that: the server may be another one, or an old one.
Attacks by text on terminals: https://www.unicode.org/reports/tr36/ and ECMA-48 (control functions).
"""

import re
from typing import Final

from chatd.wire.phrases import Shown, holds_right_to_left, isolate

REPLACEMENT: Final = "\ufffd"

# C0, DEL and C1 (ECMA-48), line separators, halves of surrogate pairs (which no terminal can be sent), and the
# interlinear annotations, which hide what stands between them.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufff9-\ufffb]")

# Embeddings, overrides and isolates (UAX 9): their effect would leak out of the string. Then what takes no room and says
# nothing: ZWSP, word joiner, invisible operators, deprecated format characters, byte order mark. ZWNJ, ZWJ, LRM and RLM stay.
_UNSEEN: Final = re.compile("[\u061c\u200b\u202a-\u202e\u2060-\u206f\ufeff]")


def safe(text: str) -> str:
    """``text`` as one line that a terminal only shows: controls become U+FFFD, a TAB a space, bidi controls are left out.

    Idempotent. Letters of any script, emoji and URLs come out as they went in. So does a sentence that was said here
    (:class:`~chatd.wire.phrases.Shown`), with its isolates: all that is foreign in it has been through this already.
    """
    if isinstance(text, Shown) or (text.isascii() and text.isprintable()):  # most strings: nothing to look for
        return text
    return _UNSEEN.sub("", _CONTROLS.sub(REPLACEMENT, text.replace("\t", " ")))


def shown(text: str) -> str:
    """:func:`safe`, and if it is foreign, kept to its own direction (FSI..PDI, UAX 9) where it holds right-to-left letters."""
    return text if isinstance(text, Shown) else isolate(safe(text))


def safe_lines(text: str) -> list[str]:
    """The lines of ``text``, each :func:`safe`; what ends a line is LF, CR LF or CR, nothing else."""
    return [safe(line) for line in re.split(r"\r\n|\n|\r", text)]


__all__ = ["REPLACEMENT", "holds_right_to_left", "safe", "safe_lines", "shown"]
