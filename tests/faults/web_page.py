"""Web pages: what they can have browsers send. Knows single peers, and somebody who listens; not the chat's inside."""

import socket
import ssl
from random import Random
from time import sleep

from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Where, person
from tests.faults.running import HOST, PATIENCE, free_port, serving
from tests.web_requests import REQUESTS

TITLE = (
    "what a web page can have a browser send: forms, scripts with methods of their own, WebSocket, HTTP/2, other names that "
    "lead here, calls, TLS tickets; cut anywhere, before the greeting or after it, in the clear and through TLS"
)
PROMISE = (
    "not a word of it is said in a room, nobody gets a name by it, each connection is closed, and none leaves its memory "
    "behind"
)

OPTIONS = ("--cert", "auto", "--name-time", "4")
"""Half a handshake is waited for for as long as a name is."""
MEGABYTES = 32
"""So much more memory may be resident: the first handshakes load what TLS needs."""
GREETED = 0.4
"""Seconds after which a browser that had nothing to send was greeted, as a person would be."""


def run(setting: Setting) -> Outcome:
    """Send everything, several times, while somebody listens."""
    rounds = 12 if setting.long else 1
    violations: list[str] = []
    sent = pauses = 0
    with serving(setting.folder / "server", free_port(setting.random), *OPTIONS) as server:
        where = (HOST, server.port)
        with person(where, "listener") as listener:
            before = server.megabytes()
            for _ in range(rounds):
                for kind, request in REQUESTS.items():
                    waits = setting.random.random() < (0.5 if setting.long else 0.1)
                    encrypted = setting.random.random() < 0.5
                    violations += _browse(where, kind, request, setting.random, waits, encrypted)
                    sent, pauses = sent + 1, pauses + waits
            more = server.megabytes() - before
            listener.types("/who")
            heard = [*iter(lambda: listener.sees(""), "* Online (1):"), listener.sees("")]
        strange = [line for line in heard if not line.startswith(("* Hello listener", "listener ("))]
        violations += [f"The one who listened saw {line!r}." for line in strange]
        joined = server.log.count(" joined from ")
        if joined != 1:
            violations.append(f"{joined - 1} who are not people got a name.")
    if more > MEGABYTES:
        violations.append(f"{more:.0f} MB more were taken.")
    return Outcome(
        {"requests": sent, "of them after a greeting": pauses, "more MB resident": f"{more:.1f}"}, violations
    )


def _browse(  # noqa: PLR0917 (what one request is made of)
    where: Where, kind: str, request: bytes, random: Random, waits: bool, encrypted: bool
) -> list[str]:
    """One connection; what was wrong with how it ended."""
    browser = socket.create_connection(where, PATIENCE)
    if encrypted:
        browser = _trusting().wrap_socket(browser)
    with browser:
        if waits:
            sleep(GREETED)
        start = 0
        try:
            while start < len(request):
                end = start + random.choice((1, 3, 40, len(request)))
                browser.sendall(request[start:end])
                start = end
            while browser.recv(65536):
                pass
        except TimeoutError:
            return [f"A connection that sent {kind} was not closed."]
        except OSError:
            pass  # a reset is an end as well
    return []


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
