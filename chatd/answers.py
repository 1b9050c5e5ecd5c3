"""Every request and what does it: the one table. Knows nothing else."""

from collections.abc import Mapping

from chatd import arriving, moving, owning, recalling, resuming, settings, talking
from chatd.session import Answer

ANSWERS: Mapping[type, Answer] = {
    **arriving.ANSWERS,
    **moving.ANSWERS,
    **talking.ANSWERS,
    **recalling.ANSWERS,
    **resuming.ANSWERS,
    **owning.ANSWERS,
    **settings.ANSWERS,
}
