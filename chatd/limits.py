"""The limits and their defaults, in one place. Does not know who applies them.

What people can notice is an option of ``twistd chatd``. The limits without one are about memory inside the server.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything one client may have. Bytes, seconds and counts are plain numbers."""

    text_bytes: int = 4096
    """A message's text, as UTF-8."""
    name_seconds: float = 60.0
    """How long a connection may take to give a name."""
    connections_per_address: int = 64
    """Open at the same time from one address (IPv6: one /64); loopback is exempt."""
    nameless_per_address: int = 32
    """Connections from one address that ended without a name, within :attr:`nameless_seconds`."""
    nameless_seconds: float = 600.0
    """How long such a connection counts."""
    ping_seconds: float = 90.0
    """After so long without a word, a program is asked whether it is there."""
    silence_seconds: float = 150.0
    """A program that has said nothing for so long is gone."""
    flood_burst: int = 10
    """Lines that are taken at once."""
    flood_rate: float = 2.0
    """Lines per second after the burst; 0 means no flood limit."""
    flood_waiting: int = 64
    """Lines that may wait for their turn; further ones are refused."""
    flood_refusals: int = 1000
    """Refusals for flooding after which the connection is closed."""
    stall_seconds: float = 60.0
    """How long a reader may not move before it is dropped."""
    greeting_lines: int = 20
    """Messages shown when a room is joined."""
    history_lines: int = 1000
    """Messages shown by one ``/history``."""
    found_lines: int = 50
    """Messages shown by one ``/search``."""
    rooms_per_session: int = 32
    """Rooms one connection may be in."""
    login_tries: int = 3
    """Wrong passwords from one address, or for one name from there, within :attr:`login_seconds` until it must wait."""
    login_seconds: float = 60.0
    """How long those count, and how long the first wait is; each further one is twice as long."""
    login_longest: float = 900.0
    """The longest wait."""
    accounts_per_address: int = 5
    """New accounts from one address within :attr:`accounts_seconds`."""
    accounts_seconds: float = 3600.0
    """How long those count."""
    sessions_per_address: int = 1000
    """New sessions of programs from another machine's address within :attr:`sessions_seconds`."""
    sessions_seconds: float = 600.0
    """How long those count."""
    unread_messages: int = 200
    """Private messages that may wait for an account that is away."""
    topic_characters: int = 200
    """How long a topic may be."""
    queued_messages: int = 20_000
    """Everybody's messages on their way to the disk; beyond that they are answered with ``retry``."""
    keep_days: float = 0.0
    """Days for which messages are kept; 0: for ever."""
    keep_messages: int = 0
    """Messages that are kept of each room and each box, the last ones; 0: all of them."""

    # About memory inside, and no options:
    answer_bytes: int = 512 * 1024
    """Text in one answer to ``/history``, and a little for each message."""
    uncommitted_bytes: int = 64 * 1024
    """One session's messages on their way to the disk; beyond that its input waits."""
    batch_messages: int = 1000
    """Messages in one transaction."""
    tail_bytes: int = 1024 * 1024
    """Recent batches of one room kept in memory for readers that are behind."""
    tails_bytes: int = 64 * 1024 * 1024
    """The same, of all rooms together."""
    page_bytes: int = 64 * 1024
    """What one read of the store brings for a reader that is behind: text, and a little for each message."""
