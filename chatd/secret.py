"""Words that must not be seen: passwords, and the secrets that take a name back. Knows nothing else."""


class Secret:
    """A word that shows itself to nobody who does not ask for :attr:`value`: not in a log, an error or a debugger."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)
