"""A part of a document that a command writes: what stands between two comments. Knows text; neither files nor what is in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """What lies between two lines of a document."""

    begin: str
    """The comment before it."""
    end: str
    """The comment behind it."""

    def of(self, document: str) -> str:
        """It, without the comments.

        Raises:
            ValueError: one of the two comments is not there.
        """
        return self._divided(document)[1]

    def replaced(self, document: str, text: str) -> str:
        """The document with this text in its place, between empty lines.

        Raises:
            ValueError: one of the two comments is not there.
        """
        before, _, after = self._divided(document)
        text = text.strip("\n")
        return f"{before}{self.begin}\n\n{text}\n\n{self.end}\n{after}"

    def _divided(self, document: str) -> tuple[str, str, str]:
        before, begin, rest = document.partition(f"{self.begin}\n")
        part, end, after = rest.partition(f"{self.end}\n")
        if not begin or not end:
            raise ValueError(f"The document needs these two lines, in this order: {self.begin!r} and {self.end!r}.")
        return before, part, after
