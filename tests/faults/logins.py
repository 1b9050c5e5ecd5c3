"""Passwords that are guessed. Knows single peers and those who flood; not how passwords are kept."""

import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from statistics import median

from tests.faults.flood import flooding
from tests.faults.flooders import BUSY, WAIT, WRONG
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Where, person
from tests.faults.running import HOST, PATIENCE, free_port, serving

TITLE = "many peers at one address guess at somebody's password, as fast as they can"
PROMISE = (
    "of all guesses three are looked at, and one more each minute at most; the owner, at another address, logs in each time, and "
    "is not kept waiting; the memory is bounded"
)

OWNERS_ADDRESS = "127.0.0.2"
"""All of 127.0.0.0/8 is this machine; but each is an address of its own to whom guesses are counted."""
PASSWORD = "four-words-are-better"
MEGABYTES = 64
"""So much more memory may be resident: two passwords at once take 38."""
FREE = 3
"""Wrong passwords that are looked at within a minute. Whoever has had these waits for a minute, and then for longer."""
HARM = 20
"""A median login so many times as long as without guesses is harm; one takes 20 to 50 ms, most of that for the password."""


def run(setting: Setting) -> Outcome:
    """Log in again and again while others try."""
    logins, guessers = (50, 20) if setting.long else (5, 10)
    with serving(setting.folder / "server", free_port(setting.random)) as server:
        where = (HOST, server.port)
        with person(where, "owner", f"/register {PASSWORD}") as owner:
            owner.sees("is your account now")
        _log_in(where)
        alone = [_log_in(where) for _ in range(logins)]
        before, began = server.megabytes(), time.monotonic()
        with flooding(server, "passwords", guessers) as told:
            beside = [_log_in(where) for _ in range(logins)]
            more = server.megabytes() - before
        seconds = time.monotonic() - began
    counts: dict[str, int | str] = {
        "who guess": guessers,
        "guesses": told.total(),
        "looked at": told[WRONG],
        "logins meanwhile": logins - beside.count(None),
        "more MB resident": f"{more:.0f}",
    }
    violations = [*check_guesses(told, guessers, seconds), *check_logins(alone, beside, counts)]
    if more > MEGABYTES:
        violations.append(f"{more:.0f} MB more were taken.")
    return Outcome(counts, violations)


def check_guesses(told: Counter[str], guessers: int, seconds: float) -> Iterator[str]:
    """Whether few were looked at; and the others were not, for there were others."""
    most = FREE + int(seconds / 60)
    if told[WRONG] > most:
        yield f"Of {told.total()} guesses in {seconds:.0f} s {told[WRONG]} were looked at, and {most} may be."
    if told[WAIT] + told[BUSY] < guessers:
        yield f"{guessers} guessed, and {told[WAIT] + told[BUSY]} times they were told to wait: that is no flood."


def check_logins(
    alone: Sequence[float | None], beside: Sequence[float | None], counts: dict[str, int | str]
) -> Iterator[str]:
    """Whether the owner is let in each time, and how long that takes."""
    if failed := [*alone, *beside].count(None):
        yield f"The owner was not let in {failed} times."
        return
    usual, now = (median(seconds for seconds in logins if seconds is not None) for logins in (alone, beside))
    counts["they took"] = f"{now / usual:.1f} times as long"
    if now > HARM * usual:
        yield f"A login took {now * 1000:.0f} ms, {now / usual:.0f} times as long as without guesses ({usual * 1000:.0f} ms)."


def _log_in(where: Where) -> float | None:
    """How long it took the owner to log in; ``None``: they were not let in."""
    began = time.monotonic()
    connection = socket.create_connection(where, PATIENCE, (OWNERS_ADDRESS, 0))
    with closing(connection):
        connection.sendall(f"/login owner {PASSWORD}\n".encode())
        if b"* Welcome back, owner." not in connection.recv(4096):
            return None
        took = time.monotonic() - began
        connection.sendall(b"/exit\n")
        while connection.recv(4096):
            pass
    return took
