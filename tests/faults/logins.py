"""Passwords that are guessed. Knows single peers and those who flood; not how passwords are kept."""

import socket
import time
from contextlib import closing
from statistics import median

from tests.faults.flood import flooding
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Where, person
from tests.faults.running import HOST, PATIENCE, free_port, serving

TITLE = "many peers at one address guess at somebody's password, as fast as they can"
PROMISE = "hardly any guess is even looked at; the owner, at another address, logs in each time; the memory is bounded"

OWNERS_ADDRESS = "127.0.0.2"
"""All of 127.0.0.0/8 is this machine; but each is an address of its own to whom guesses are counted."""
PASSWORD = "four-words-are-better"
MEGABYTES = 64
"""So much more memory may be resident: two passwords at once take 38."""


def run(setting: Setting) -> Outcome:
    """Log in again and again while others try."""
    logins, guessers = (50, 20) if setting.long else (5, 10)
    violations: list[str] = []
    with serving(setting.folder / "server", free_port(setting.random)) as server:
        where = (HOST, server.port)
        with person(where, "owner", f"/register {PASSWORD}") as owner:
            owner.sees("is your account now")
        _log_in(where)
        alone = [_log_in(where) for _ in range(logins)]
        before = server.megabytes()
        with flooding(server, "passwords", guessers):
            beside = [_log_in(where) for _ in range(logins)]
        more = server.megabytes() - before
    counts: dict[str, int | str] = {"who guess": guessers, "logins meanwhile": 0, "more MB resident": f"{more:.0f}"}
    if failed := sum(seconds is None for seconds in (*alone, *beside)):
        violations.append(f"The owner was not let in {failed} times.")
    waits = [seconds for seconds in beside if seconds is not None]
    counts["logins meanwhile"] = len(waits)
    if waits and not failed:
        ratio = median(waits) / median([seconds for seconds in alone if seconds is not None])
        counts["they took"] = f"{ratio:.1f} times as long"
    if more > MEGABYTES:
        violations.append(f"{more:.0f} MB more were taken.")
    return Outcome(counts, violations)


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
