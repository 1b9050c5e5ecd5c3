"""Mistakes that are planted in the real server and the real clients, one at a time: the checks have to find each.

Knows their names. What they are stands in :mod:`tests.planted`, and in the modules ``planted_in_...``, which enter them here.
"""

from tests.planted import IN_THE_CORE, Bug, entering

BUGS: dict[str, Bug] = dict(IN_THE_CORE)
bug = entering(BUGS)
