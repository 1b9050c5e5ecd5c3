"""Every request and what does it: the one table. Knows nothing else."""

from collections.abc import Mapping

from chatd import moving, recalling, settings, talking
from chatd.session import Answer

ANSWERS: Mapping[type, Answer] = {**talking.ANSWERS, **moving.ANSWERS, **recalling.ANSWERS, **settings.ANSWERS}
