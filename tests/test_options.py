"""The command line and the file of options: what is given arrives, what is not has its default, what is wrong is one line."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.languages import ENGLISH, PERSIAN, Language
from chatd.limits import Limits
from chatd.options import LIMITS, MOST, Options, Settings

TLS = {"cert", "key", "plaintext"}


def settings(*arguments: str) -> Settings:
    """What the server is asked to be by these arguments."""
    options = Options()
    options.parseOptions(arguments)
    return options.settings


def complaint(*arguments: str) -> str:
    """What is said about these arguments, which are wrong."""
    with pytest.raises(SystemExit) as wrong:
        settings(*arguments)
    assert isinstance(wrong.value.code, str), "the exit status has to be 1, and the line on stderr"
    return wrong.value.code


def attempt(*arguments: str) -> Settings | str:
    """Either of the two."""
    try:
        return settings(*arguments)
    except SystemExit as wrong:
        return str(wrong.code)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where a test writes its file of options."""
    return tmp_path / "chatd.toml"


@pytest.fixture(autouse=True)
def _no_language_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have one."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_given_is_this_machine_and_the_current_folder() -> None:
    """The defaults are those the README promises."""
    assert settings() == Settings(
        ("tcp:5050:backlog=1024:interface=127.0.0.1",), "sqlite:chatd.db", "", False, Limits()
    )


def test_host_and_port_make_an_endpoint() -> None:
    """Colons of IPv6 are quoted, since endpoints are divided by colons."""
    assert settings("--host", "::", "--port", "6000").listen == (r"tcp:6000:backlog=1024:interface=\:\:",)
    assert settings("-p", "0").listen == ("tcp:0:backlog=1024:interface=127.0.0.1",)


def test_endpoints_may_be_several() -> None:
    """Each --listen is one more."""
    assert settings("--listen", "tcp:5050", "-l", "unix:/run/chatd").listen == ("tcp:5050", "unix:/run/chatd")


def test_proxies_may_be_several(config: Path) -> None:
    """Each --proxy is one more; the command line comes before the file."""
    config.write_text('proxy = ["10.0.0.0/8", "unix"]\n', "utf-8")
    assert settings("--proxy", "::1", "--proxy", "10.0.0.0/8").proxies == ("::1", "10.0.0.0/8")
    assert settings("-c", str(config)).proxies == ("10.0.0.0/8", "unix")
    assert settings("-c", str(config), "--proxy", "::1").proxies == ("::1",)


def test_other_options_arrive(tmp_path: Path) -> None:
    """The rest of the options that are no limits."""
    (tmp_path / "welcome").write_text("خوش آمدید\n", "utf-8")
    given = settings("--store", "memory:", "--motd", str(tmp_path / "welcome"), "--hide-addresses")
    assert (given.store, given.motd, given.hide_addresses) == ("memory:", "خوش آمدید\n", True)


@pytest.mark.parametrize(
    ("given", "language"),
    [((), ENGLISH), (("--lang", "fa"), PERSIAN), (("--lang", "fa_IR"), PERSIAN), (("--lang", "English"), ENGLISH)],
)
def test_the_servers_language_is_given_by_its_code_or_its_name(given: tuple[str, ...], language: Language) -> None:
    """English, if nothing says another one."""
    assert settings(*given).language is language


def test_the_environment_says_the_language_if_nothing_else_does(monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    """The file of options comes before it, the command line before both."""
    monkeypatch.setenv("LANG", "fa_IR.UTF-8")
    config.write_text('lang = "en"\n', "utf-8")
    assert settings().language is PERSIAN
    assert settings("--config", str(config)).language is ENGLISH
    assert settings("--config", str(config), "--lang", "fa").language is PERSIAN


def test_a_language_that_there_is_not_is_named_with_those_there_are(config: Path) -> None:
    """One line, wherever it was written."""
    line = "chatd: --lang must be en or fa, not tlh (twistd chatd --help lists the options)"
    config.write_text('lang = "tlh"\n', "utf-8")
    assert complaint("--lang", "tlh") == complaint("--config", str(config)) == line


def test_a_certificate_and_its_key_are_files_of_the_folder_twistd_starts_in(tmp_path: Path) -> None:
    """It may run in another one when they are read again, so their whole names are kept; the key may be in the same file."""
    given = settings("--cert", "a.pem", "--key", "/etc/b.pem")
    assert (given.cert, given.key, given.plaintext) == (str(Path.cwd() / "a.pem"), "/etc/b.pem", False)
    given = settings("--cert", str(tmp_path / "a.pem"), "--plaintext")
    assert (given.cert, given.key, given.plaintext) == (str(tmp_path / "a.pem"), str(tmp_path / "a.pem"), True)


def test_a_certificate_may_be_made_here() -> None:
    """Then there are no files to name."""
    given = settings("--cert", "auto")
    assert (given.cert, given.key) == ("auto", "")


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_reaches_its_field_and_no_other(name: str) -> None:
    """Every row of the table names the field it means."""
    limits = settings(f"--{name}", "7").limits
    changed = {field.name for field in fields(Limits) if getattr(limits, field.name) != getattr(Limits(), field.name)}
    assert changed == {LIMITS[name].field}
    assert getattr(limits, LIMITS[name].field) == 7


def test_each_limit_is_an_option_but_those_on_memory_inside() -> None:
    """One that people can notice is one that somebody will want to change."""
    inside = {"answer_bytes", "uncommitted_bytes", "batch_messages", "tail_bytes", "tails_bytes", "page_bytes"}
    flood = {"flood_burst", "flood_rate"}
    assert {field.name for field in fields(Limits)} == {option.field for option in LIMITS.values()} | flood | inside


@pytest.mark.parametrize("name", LIMITS)
def test_no_limit_can_make_the_server_useless(name: str) -> None:
    """The smallest that makes sense is taken, and named where less is given; a greeting of none makes sense.

    To keep nothing makes none, so there 0 stands for everything.
    """
    least = LIMITS[name].least
    assert least == (0 if name in {"greeting", "keep-days", "keep-messages"} else 1)
    assert getattr(settings(f"--{name}", str(least)).limits, LIMITS[name].field) == least
    kind = "a whole number" if LIMITS[name].kind is int else "a number"
    assert f"--{name} must be {kind} from {least} up, not {least - 1} (" in complaint(f"--{name}", str(least - 1))


def test_zero_is_a_number() -> None:
    """To show nothing at a join is a wish, not a lack of one."""
    assert settings("--greeting", "0").limits.greeting_lines == 0


def test_what_is_kept_may_be_given_in_the_file_of_options(config: Path) -> None:
    """Parts of a day are days; the command line comes first, and can turn it off."""
    config.write_text("keep-days = 1.5\nkeep-messages = 1000\n", "utf-8")
    limits = settings("--config", str(config), "--keep-messages", "0").limits
    assert (limits.keep_days, limits.keep_messages) == (1.5, 0)


@pytest.mark.parametrize(
    ("given", "burst", "rate"), [("20:5", 20, 5.0), ("1:0.01", 1, 0.01), ("0", 0, 0.0), ("9", 9, 9.0)]
)
def test_flood_is_a_burst_and_a_rate(given: str, burst: int, rate: float) -> None:
    """A single number is both; 0 is no limit, which is what a rate of 0 means."""
    limits = settings("--flood", given).limits
    assert (limits.flood_burst, limits.flood_rate) == (burst, rate)


def test_help_explains_each_option_with_its_default() -> None:
    """No option without words and a default, but for the two that only print something."""
    explained = re.findall(r"--([a-z-]+)=?\s+(.+?)(?=\n {2,6}-|\n\n)", Options().getUsage(), re.DOTALL)
    without = {name for name, words in explained if not re.search(r"\[default:\s+\S+\]", words)}
    assert without == {"help", "version"}
    assert {"host", "port", "listen", "store", "motd", "flood", "config", "hide-addresses", *TLS, *LIMITS} < dict(
        explained
    ).keys()


def test_version_is_chatds(capsys: pytest.CaptureFixture[str]) -> None:
    """Not only Twisted's."""
    with pytest.raises(SystemExit) as done:
        settings("--version")
    assert done.value.code == 0
    assert re.match(r"chatd \d+\.\d+\.\d+, Twisted \d", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--proxy", "10.0.0.5/8"],
            "--proxy 10.0.0.5/8 is an address and a network at once: give 10.0.0.5 or 10.0.0.0/8",
        ),
        (
            ["--proxy", "lb.example.org"],
            "--proxy lb.example.org is neither an IP address nor a network like 10.0.0.0/8",
        ),
        (["--proxy", ""], "--proxy  is neither an IP address nor a network like 10.0.0.0/8"),
        (["--port", "x"], "--port must be a whole number from 0 up, not x"),
        (["--port", "65536"], "--port must be at most 65535, not 65536"),
        (["--text", "-1"], "--text must be a whole number from 1 up, not -1"),
        (["--text", "2.5"], "--text must be a whole number from 1 up, not 2.5"),
        (["--text", "1000000001"], "--text must be at most 1000000000, not 1000000001"),
        (["--stall", "0.5"], "--stall must be a number from 1 up, not 0.5"),
        (["--stall", "nan"], "--stall must be a number from 1 up, not nan"),
        (["--stall", "inf"], "--stall must be at most 1000000000, not inf"),
        (["--flood", ":2"], "--flood BURST must be a whole number from 1 up, not nothing"),
        (["--flood", "0:2"], "--flood BURST must be a whole number from 1 up, not 0"),
        (["--flood", "0.5"], "--flood BURST must be a whole number from 1 up, not 0.5"),
        (["--flood", "2:x"], "--flood RATE must be a number from 0.01 up, not x"),
        (["--flood", "2:"], "--flood RATE must be a number from 0.01 up, not nothing"),
        (["--flood", "2:0"], "--flood RATE must be a number from 0.01 up, not 0"),
        (["--flood", "9" * 400], "--flood BURST must be at most 1000000000, not 999"),
        (["--bogus"], "option --bogus not recognized"),
        (["surplus"], "Wrong number of arguments"),
        (["--port"], "option --port requires argument"),
        (["--listen", "tcp:0", "--port", "1"], "--listen stands for --host and --port"),
        (["--motd", "/nowhere"], "/nowhere cannot be read: No such file or directory"),
        (["--key", "a.pem"], "--key needs --cert: without a certificate there is no TLS"),
        (["--plaintext"], "--plaintext needs --cert: without a certificate there is no TLS"),
        (["--cert", "auto", "--key", "a.pem"], "--cert auto makes a key of its own; leave --key out"),
        (["--config", "/nowhere"], "/nowhere cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(arguments: list[str], words: str) -> None:
    """A person reads it, at a terminal; it also says where to look."""
    said = complaint(*arguments)
    assert said.startswith(f"chatd: {words}")
    assert said.endswith("(twistd chatd --help lists the options)")
    assert "\n" not in said


def test_a_file_can_hold_all_of_them(config: Path) -> None:
    """Numbers and texts, a list, yes or no."""
    config.write_text('listen = ["tcp:1", "tcp:2"]\nhide-addresses = true\ntext = 99\nstall = 2.5\nflood = "3:1"\n')
    given = settings("--config", str(config))
    limits = given.limits
    assert (given.listen, given.hide_addresses) == (("tcp:1", "tcp:2"), True)
    assert (limits.text_bytes, limits.stall_seconds, limits.flood_burst, limits.flood_rate) == (99, 2.5, 3, 1.0)


def test_a_file_can_hold_zero(config: Path) -> None:
    """A number without quotes, and none the less a number."""
    config.write_text("port = 0\ngreeting = 0\n")
    given = settings("-c", str(config))
    assert (given.listen, given.limits.greeting_lines) == (("tcp:0:backlog=1024:interface=127.0.0.1",), 0)


def test_the_command_line_comes_first(config: Path) -> None:
    """For each option alone; the others are the file's."""
    config.write_text('port = 1\nhost = "::1"\ntext = 1\ngreeting = 3\n')
    given = settings("--config", str(config), "--port", "2", "--text", "2")
    assert given.listen == (r"tcp:2:backlog=1024:interface=\:\:1",)
    assert (given.limits.text_bytes, given.limits.greeting_lines) == (2, 3)


def test_where_to_listen_is_one_choice(config: Path) -> None:
    """Made on the command line in one form, it replaces the other form in the file; a file that makes it twice is wrong."""
    config.write_text('listen = ["tcp:1"]\n')
    assert settings("--config", str(config), "--port", "2").listen == ("tcp:2:backlog=1024:interface=127.0.0.1",)
    config.write_text('host = "::"\nport = 1\n')
    assert settings("--config", str(config), "--listen", "tcp:3").listen == ("tcp:3",)
    for other in ("port = 1", 'host = "::"'):
        config.write_text(f'listen = ["tcp:1"]\n{other}\n')
        said = complaint("--config", str(config))
        assert said.startswith(f"chatd: {config} has listen, which stands for host and port; give one or the other")


def test_a_file_can_hold_the_certificate(config: Path) -> None:
    """All three options of TLS; a certificate on the command line comes without the key in the file, which is another's."""
    config.write_text('cert = "/a.pem"\nkey = "/b.pem"\nplaintext = true\n')
    given = settings("--config", str(config))
    assert (given.cert, given.key, given.plaintext) == ("/a.pem", "/b.pem", True)
    given = settings("--config", str(config), "--cert", "/c.pem")
    assert (given.cert, given.key, given.plaintext) == ("/c.pem", "/c.pem", True)
    assert settings("--config", str(config), "--cert", "auto").key == ""
    assert settings("--config", str(config), "--key", "/d.pem").key == "/d.pem"
    config.write_text('key = "/b.pem"\n')
    assert "--key needs --cert" in complaint("--config", str(config))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = ", "is not a TOML file: "),
        ("prot = 1", "has an option prot, which there is not"),
        ('config = "x"', "has an option config, which there is not"),
        ("[port]\nx = 1", "port in the configuration file must be a number or a text in quotes"),
        ("port = true", "port in the configuration file must be a number or a text in quotes"),
        ('listen = "tcp:1"', "listen in the configuration file must be a list of texts in quotes"),
        ("listen = [1]", "listen in the configuration file must be a list of texts in quotes"),
        ("plaintext = 1", "plaintext in the configuration file must be true or false"),
        ("cert = true", "cert in the configuration file must be a number or a text in quotes"),
        ("hide-addresses = 1", "hide-addresses in the configuration file must be true or false"),
        ("text = 1.5", "--text must be a whole number from 1 up, not 1.5"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(config: Path, text: str, words: str) -> None:
    """A misspelled option must not look as if it worked."""
    config.write_text(text)
    said = complaint("--config", str(config))
    assert words in said
    assert "\n" not in said


def test_a_file_that_is_no_text_is_refused(config: Path) -> None:
    """Somebody gave the database, say."""
    config.write_bytes(b"\xff\x00")
    assert "it is not UTF-8" in complaint("--config", str(config))


@given(
    name=st.sampled_from(["port", "flood", *LIMITS]),
    text=st.text(max_size=12) | st.integers().map(str) | st.floats().map(str) | st.from_regex(r"[\d.]+:[\d.e]+"),
)
def test_no_value_is_more_than_a_complaint(name: str, text: str) -> None:
    """Whatever stands behind an option for a number: numbers that can be meant, or one sentence."""
    understood = attempt(f"--{name}={text}")
    if isinstance(understood, str):
        assert re.match(rf"chatd: --{name}( BURST| RATE)? must be ", understood)
    else:
        limits = understood.limits
        assert all(getattr(limits, option.field) >= option.least for option in LIMITS.values())
        assert all(getattr(limits, field.name) <= MOST for field in fields(Limits))
        assert limits.flood_burst >= 1 or not limits.flood_rate, "a server that takes no line"


@given(text=st.text(max_size=60))
def test_no_file_is_more_than_a_complaint(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the file holds: options that can be meant, or one sentence."""
    config = tmp_path_factory.getbasetemp() / "any.toml"
    config.write_text(text, "utf-8")
    understood = attempt("--config", str(config))
    assert understood.startswith("chatd: ") if isinstance(understood, str) else understood.listen
