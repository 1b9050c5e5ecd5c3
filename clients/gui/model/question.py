"""What can be asked above the input line. Must not know how it is asked, or what becomes of the answer."""

from enum import Enum


class Question(Enum):
    """Of a person who has asked for something that needs a word more."""

    ROOM = "room"
    """Which room to join."""
    NAME = "name"
    """Which name to take."""
    LINES = "lines"
    """Whether to send several lines."""
