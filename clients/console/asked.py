"""Questions that are being asked, and the answers so far. Knows their order; must not know how answers are typed."""

import asyncio
from asyncio import Future
from collections.abc import Sequence


class Asked:
    """Questions that belong together.

    The next one stands the moment the one before is answered. So what is typed ahead, the second copy of a new password
    perhaps, is an answer, and never something that is said in a room.
    """

    def __init__(self, questions: Sequence[str]) -> None:
        self._questions = questions
        self.given: list[str] = []
        """The answers so far."""
        self.answers: Future[list[str] | None] = asyncio.get_running_loop().create_future()
        """All answers, in the end; ``None`` if somebody does not want to give them."""

    @property
    def question(self) -> str:
        """The one that is to be answered now."""
        return self._questions[len(self.given)]

    def answer(self, text: str) -> bool:
        """This is the answer. Returns whether it was the last one."""
        self.given.append(text)
        return len(self.given) == len(self._questions)

    def end(self, answers: list[str] | None) -> None:
        """These are all, or ``None``."""
        if not self.answers.done():
            self.answers.set_result(answers)
