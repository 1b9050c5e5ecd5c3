"""Passwords that are compared at once: what a test uses where the real hashing would only take time. Knows nothing else."""

from dataclasses import dataclass

from chatd.errors import LoginsBusy
from chatd.secret import Secret


@dataclass(slots=True)
class QuickPasswords:
    """Keeps passwords almost as they are."""

    busy: bool = False
    """Says that too many are waiting."""

    async def hashed(self, password: Secret) -> str:
        """The password, backwards."""
        self._require_time()
        return password.value[::-1]

    async def matches(self, name: str, password: Secret, encoded: str | None) -> bool:  # noqa: ARG002
        """Whether it is the same."""
        self._require_time()
        return encoded == password.value[::-1]

    def _require_time(self) -> None:
        if self.busy:
            raise LoginsBusy
