"""Whether a picture of a window is like the one that is kept of it: in its layout, its shapes and colours.

Knows pixels and files. Must not know what is in the pictures. Which letters there are is asked in other ways: two that
differ by a dot look alike to it, as the same text does when another version of a library has drawn it.
"""

import os
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageFilter

from tests.servers import ROOT

REFERENCES: Final = ROOT / "tests" / "references"
RENEW: Final = "CHATD_RENEW_PICTURES"
"""Set to 1, this keeps what is seen now instead of comparing it."""
TOLERANCE: Final = 16
"""Of 255, for the mean of a block. Measured with DejaVu Sans at 11 points: other hinting 7, text one pixel away 12, two
pixels 22, another digit 28, Persian letters that are not joined or in the wrong order above 50."""

_BLUR: Final = 2
_BLOCK: Final = 8


def unlikeness(one: Image.Image, other: Image.Image) -> int:
    """How different the two are where they differ most: the mean of a block of 8 x 8 pixels, from 0 to 255.

    Both are blurred before, so that it matters little how the edges of a letter have been drawn.
    """
    if one.size != other.size:
        return 255
    return max(_differences(one, other).reduce(_BLOCK).tobytes())


def compare(seen: Image.Image, reference: Path, folder: Path, tolerance: int = TOLERANCE) -> None:
    """Hold what is seen to the picture that is kept.

    Raises:
        AssertionError: they are not alike; in the folder is a picture of what is seen, what is kept, and the difference.
    """
    if os.environ.get(RENEW) == "1":
        _keep(seen, reference)
        return
    assert reference.exists(), f"there is no {reference}: {RENEW}=1 keeps what is seen now; then look at it"
    with Image.open(reference) as opened:
        kept = opened.convert("RGB")
    found = unlikeness(seen, kept)
    assert found <= tolerance, (
        f"{reference.name} looks otherwise, by {found} where {tolerance} is allowed: {_show(seen, kept, folder, reference)}\n"
        f"If it is meant to, {RENEW}=1 keeps what is seen now."
    )


def _differences(one: Image.Image, other: Image.Image) -> Image.Image:
    blur = ImageFilter.GaussianBlur(_BLUR)
    return ImageChops.difference(one.convert("RGB").filter(blur), other.convert("RGB").filter(blur))


def _keep(seen: Image.Image, reference: Path) -> None:
    assert os.environ.get("CI") != "true", f"{RENEW} is set, and CI must compare"
    reference.parent.mkdir(parents=True, exist_ok=True)
    seen.convert("RGB").save(reference, optimize=True)


def _show(seen: Image.Image, kept: Image.Image, folder: Path, reference: Path) -> Path:
    """The three side by side."""
    pictures = [seen, kept]
    if seen.size == kept.size:
        pictures.append(_differences(seen, kept))
    sheet = Image.new("RGB", (sum(each.width for each in pictures), max(each.height for each in pictures)), "grey")
    left = 0
    for each in pictures:
        sheet.paste(each, (left, 0))
        left += each.width
    path = folder / f"unlike-{reference.name}"
    sheet.save(path)
    return path
