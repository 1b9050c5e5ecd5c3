"""How much of the time stands before a message: one of the words that requests and events share. Knows nothing else."""

from enum import StrEnum


class TimeStyle(StrEnum):
    """How much of the time stands before each message."""

    ON = "on"
    OFF = "off"
    DATE = "date"
