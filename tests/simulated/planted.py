"""Mistakes that are planted in the real server and the real clients, one at a time: the checks have to find each.

Knows their names. What they are stands in the modules ``planted_in_...``, which enter them here.
"""

from collections.abc import Callable

import pytest

Bug = Callable[[pytest.MonkeyPatch], None]
BUGS: dict[str, Bug] = {}


def bug(plant: Bug) -> Bug:
    """Let this mistake be planted, and looked for."""
    BUGS[plant.__name__] = plant
    return plant
