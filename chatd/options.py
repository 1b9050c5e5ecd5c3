"""The options of ``twistd chatd``: what they are called, what they mean, what is wrong with a value.

Knows defaults and files of options. Must not know what is done with them.
"""

import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from twisted.copyright import version as twisted_version
from twisted.internet.endpoints import quoteStringArgument
from twisted.python.usage import Options as UsageOptions
from twisted.python.usage import UsageError

from chatd import __version__ as chatd_version
from chatd.addresses import Networks
from chatd.languages import ENGLISH, LANGUAGES, Language, find_language, preferred_language
from chatd.limits import Limits

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 5050
BACKLOG = 1024
"""Connections that may wait to be accepted: a class comes in all at once."""
DEFAULT_STORE = "sqlite:chatd.db"
MOST_PORTS = 65535
MOST = 1_000_000_000
"""More of anything is a slip of the finger, or a wish for no limit, which this is as well."""
LEAST_RATE = 0.01
"""Lines per second: one in 100 seconds."""
AUTO = "auto"
"""In place of a certificate's file: one that is made here."""


@dataclass(frozen=True, slots=True)
class LimitOption:
    """An option that sets one field of :class:`Limits`."""

    field: str
    kind: type[int] | type[float]
    least: int
    """With less than that the server would be of no use."""
    meaning: str


LIMITS: dict[str, LimitOption] = {
    "text": LimitOption("text_bytes", int, 1, "Bytes a message may have."),
    "flood-waiting": LimitOption("flood_waiting", int, 1, "Lines that may wait after the burst; more are refused."),
    "flood-refusals": LimitOption("flood_refusals", int, 1, "Lines refused before the connection is closed."),
    "name-time": LimitOption("name_seconds", float, 1, "Seconds to give a name before the connection is closed."),
    "connections": LimitOption(
        "connections_per_address", int, 1, "Connections open at once from one address (IPv6: one /64)."
    ),
    "nameless": LimitOption(
        "nameless_per_address", int, 1, "Connections from one address in --nameless-time that end without a name."
    ),
    "nameless-time": LimitOption("nameless_seconds", float, 1, "Seconds for which --nameless counts."),
    "stall": LimitOption("stall_seconds", float, 1, "Seconds a reader may stand still before it is dropped."),
    "ping": LimitOption(
        "ping_seconds", float, 1, "Seconds of silence after which a program is asked for a sign of life."
    ),
    "silence": LimitOption("silence_seconds", float, 1, "Seconds of silence after which such a program is dropped."),
    "login-tries": LimitOption("login_tries", int, 1, "Wrong passwords from one address until it must wait."),
    "login-time": LimitOption("login_seconds", float, 1, "Seconds for which they count, and of the first wait."),
    "login-wait": LimitOption("login_longest", float, 1, "Seconds of the longest wait."),
    "accounts": LimitOption("accounts_per_address", int, 1, "New accounts from one address in --accounts-time."),
    "accounts-time": LimitOption("accounts_seconds", float, 1, "Seconds for which --accounts counts."),
    "sessions": LimitOption(
        "sessions_per_address", int, 1, "Programs from one address that register in --sessions-time."
    ),
    "sessions-time": LimitOption("sessions_seconds", float, 1, "Seconds for which --sessions counts."),
    "unread": LimitOption(
        "unread_messages", int, 1, "Private messages that may wait for somebody with an account who is away."
    ),
    "greeting": LimitOption("greeting_lines", int, 0, "Messages shown when a room is joined."),
    "history": LimitOption("history_lines", int, 1, "Messages shown by one /history."),
    "found": LimitOption("found_lines", int, 1, "Messages shown by one /search."),
    "rooms": LimitOption("rooms_per_session", int, 1, "Rooms one connection may be in."),
    "topic": LimitOption("topic_characters", int, 1, "Characters a topic may have."),
    "queue": LimitOption("queued_messages", int, 1, "Messages of all together that may wait for the disk."),
    "keep-days": LimitOption("keep_days", float, 0, "Days after which messages are dropped; 0: never."),
    "keep-messages": LimitOption(
        "keep_messages", int, 0, "Messages kept of each room and each person's private ones, the last; 0: all."
    ),
}
"""Those that are a plain number each; ``--flood`` is two."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server was asked to be."""

    listen: tuple[str, ...]
    """Twisted endpoint descriptions."""
    store: str
    motd: str
    hide_addresses: bool
    limits: Limits
    cert: str = ""
    """File of the certificate, from the root on, or :data:`AUTO`; empty: no TLS."""
    key: str = ""
    """File of its private key, from the root on; with :data:`AUTO` none is given."""
    plaintext: bool = False
    """Other machines may speak without TLS although there is TLS."""
    language: Language = ENGLISH
    """That of whoever has not chosen one."""
    proxies: tuple[str, ...] = ()
    """As :class:`~chatd.addresses.Networks` takes them."""


class Options(UsageOptions):
    """The command line of ``twistd chatd``."""

    synopsis = "[options]"
    longdesc = "A chat server anybody can join with what is on their machine: nc or telnet."
    optFlags = [  # noqa: RUF012 (Twisted reads it so)
        ["hide-addresses", None, "Show no addresses in /who; /pm to an address is off then. [default: no]"],
        ["plaintext", None, "With --cert, let other machines speak without TLS all the same. [default: no]"],
    ]
    optParameters = [  # noqa: RUF012 (Twisted reads it so)
        ["host", None, None, f"Address to listen on; 0.0.0.0 opens the chat to the network. [default: {DEFAULT_HOST}]"],
        ["port", "p", None, f"TCP port to listen on. [default: {DEFAULT_PORT}]"],
        [
            "store",
            "s",
            None,
            f"Where messages are kept: sqlite:FILE, or memory: for nowhere. [default: {DEFAULT_STORE}]",
        ],
        [
            "cert",
            None,
            None,
            "PEM file with the certificate for TLS, and those that certify it; auto: make one. [default: none]",
        ],
        ["key", None, None, "PEM file with its private key, if that is not in the file of --cert. [default: none]"],
        ["motd", None, None, "File with words of welcome, shown to everybody who joins. [default: none]"],
        [
            "lang",
            None,
            None,
            "Language the server speaks to people who have not chosen one: "
            f"{' or '.join(LANGUAGES)}. [default: LANG's]",
        ],
        [
            "flood",
            None,
            None,
            "BURST:RATE, lines taken at once and lines per second after that; 0: no limit. [default: 10:2]",
        ],
        [
            "config",
            "c",
            None,
            "TOML file with any of these options, by their long names. The command line comes first. [default: none]",
        ],
        *(
            [name, None, None, f"{option.meaning} [default: {getattr(Limits(), option.field):g}]"]
            for name, option in LIMITS.items()
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []
        self["proxy"] = []

    def opt_listen(self, endpoint: str) -> None:
        """Twisted endpoint, e.g. unix:/run/chatd, in place of --host and --port; may be repeated. [default: none]"""  # noqa: D415
        self["listen"].append(endpoint)

    opt_l = opt_listen

    def opt_proxy(self, address: str) -> None:
        """Address or network of proxies, or unix for UNIX sockets; their connections must begin with a PROXY header, and it is believed. May be repeated. [default: none]"""  # noqa: D415, E501
        self["proxy"].append(address)

    def opt_version(self) -> NoReturn:
        """Display the versions of chatd and Twisted, and exit."""
        sys.stdout.write(f"chatd {chatd_version}, Twisted {twisted_version}\n")
        raise SystemExit(0)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Read the command line; what is wrong with it ends the program with one line."""
        try:
            super().parseOptions(options)
        except UsageError as error:
            raise SystemExit(f"chatd: {error} (twistd chatd --help lists the options)") from None

    def postOptions(self) -> None:
        """Add what the configuration file says, and check everything."""
        if self["config"]:
            self._take_missing(_read_config(Path(self["config"])))
        self.settings = Settings(
            listen=self._endpoints(),
            store=self["store"] or DEFAULT_STORE,
            motd=_read_text(Path(self["motd"])) if self["motd"] else "",
            hide_addresses=bool(self["hide-addresses"]),
            limits=self._limits(),
            plaintext=bool(self["plaintext"]),
            language=self._language(),
            proxies=self._proxies(),
            **self._certificate(),
        )

    def _take_missing(self, config: dict[str, Any]) -> None:
        # Where to listen is one choice: made on the command line, it is not made again in the file.
        chosen = {"host", "port"} if self["listen"] else {"listen"} if self["host"] or self["port"] else set()
        if not chosen and "listen" in config and config.keys() & {"host", "port"}:
            raise UsageError(f"{self['config']} has listen, which stands for host and port; give one or the other")
        if self["cert"]:
            chosen.add("key")  # of another certificate
        for name, value in config.items():
            if name not in self or name == "config":
                raise UsageError(f"{self['config']} has an option {name}, which there is not")
            if name in chosen:
                continue
            if name in ("listen", "proxy"):
                self[name] = self[name] or _texts(name, value)
            elif name in ("hide-addresses", "plaintext"):
                self[name] = self[name] or _yes_or_no(name, value)
            elif self[name] is None:
                self[name] = _number_or_text(name, value)

    def _endpoints(self) -> tuple[str, ...]:
        host, port = self["host"], self["port"]
        if self["listen"]:
            if host or port:
                raise UsageError("--listen stands for --host and --port; give one or the other")
            return tuple(self["listen"])
        number = _number("port", port or str(DEFAULT_PORT), int, most=MOST_PORTS)
        return (f"tcp:{number}:backlog={BACKLOG}:interface={quoteStringArgument(host or DEFAULT_HOST)}",)

    def _proxies(self) -> tuple[str, ...]:
        for listed in self["proxy"]:
            try:
                Networks([listed])
            except ValueError as error:
                raise UsageError(f"--proxy {listed} {error}") from None
        return tuple(self["proxy"])

    def _certificate(self) -> dict[str, str]:
        """The files of ``cert`` and ``key``. Twistd may change its folder before they are read again, so all of their names."""
        cert, key = self["cert"], self["key"]
        if not cert:
            for name, given in (("key", key), ("plaintext", self["plaintext"])):
                if given:
                    raise UsageError(f"--{name} needs --cert: without a certificate there is no TLS")
            return {}
        if cert == AUTO:
            if key:
                raise UsageError("--cert auto makes a key of its own; leave --key out, or give --cert FILE")
            return {"cert": AUTO}
        return {"cert": str(Path(cert).absolute()), "key": str(Path(key or cert).absolute())}

    def _language(self) -> Language:
        if not self["lang"]:
            return preferred_language(os.environ)
        language = find_language(self["lang"])
        if language is None:
            raise UsageError(f"--lang must be {' or '.join(LANGUAGES)}, not {self['lang']}")
        return language

    def _limits(self) -> Limits:
        given = {
            option.field: _number(name, self[name], option.kind, option.least)
            for name, option in LIMITS.items()
            if self[name]
        }
        if self["flood"]:
            given["flood_burst"], given["flood_rate"] = _flood(self["flood"])
        return replace(Limits(), **given)


def _flood(text: str) -> tuple[int, float]:
    """Burst and rate, or one number for both. A rate of 0 means no limit, and is only written as 0."""
    if text == "0":
        return 0, 0.0
    burst, colon, rate = text.partition(":")
    return (
        _number("flood BURST", burst, int, 1),
        _number("flood RATE", rate if colon else burst, float, LEAST_RATE),
    )


def _number(name: str, text: str, kind: type[int] | type[float], least: float = 0, most: int = MOST) -> Any:
    """A number from ``least`` to ``most``.

    Raises:
        UsageError: it is none.
    """
    try:
        number = kind(text)
    except ValueError:
        number = kind(-1)
    if not number >= least:  # nan is not
        kind_of = "a whole number" if kind is int else "a number"
        raise UsageError(f"--{name} must be {kind_of} from {least:g} up, not {text or 'nothing'}")
    if number > most:
        raise UsageError(f"--{name} must be at most {most}, not {text}")
    return number


def _number_or_text(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{name} in the configuration file must be a number or a text in quotes")
    try:
        return str(value)
    except ValueError:  # hexadecimal: Python writes no number of thousands of digits
        raise UsageError(f"{name} in the configuration file has more digits than a number may have") from None


def _texts(name: str, value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return list(value)
    raise UsageError(f"{name} in the configuration file must be a list of texts in quotes")


def _yes_or_no(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise UsageError(f"{name} in the configuration file must be true or false")


def _read_config(path: Path) -> dict[str, Any]:
    text = _read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not a TOML file: {error}") from None
    except (ValueError, RecursionError):  # Python's own limits
        raise UsageError(f"{path} holds a number of thousands of digits, or thousands of lists in each other") from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} cannot be read: it is not UTF-8") from None
    except ValueError:
        raise UsageError(f"{str(path)!r} cannot be read: no file has a name with a NUL in it") from None
