"""The Persian README: true like the English one, and written as Persian is written."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from chatd.languages import PERSIAN
from chatd.wire.commands import COMMANDS, Command
from tests.processes import IN_TREE, ROOT, Visitor, running
from tests.test_readme import README, SERVER, converse, literal_block, options

PATH = ROOT / "docs" / "README.fa.rst"
TEXT = PATH.read_text("utf-8")
LRM = "\u200e"
MARKS = re.compile("[\u200e\u2066-\u2069]")
PERSIAN_LETTER = re.compile("[آ-ی]")
PROGRAM = re.compile(r"(?:\.venv/bin/|sudo )?(?:python3|twistd|nc|ncat|telnet|openssl|printf|chatd-\w+|apt) ")


def tree(text: str) -> nodes.document:
    """The document; whatever docutils has to say about it is an error."""
    strict = {"report_level": 1, "halt_level": 1, "warning_stream": False, "file_insertion_enabled": False}
    return publish_doctree(text, str(PATH), settings_overrides=strict)


DOCUMENT = tree(TEXT)


def literals(document: nodes.document) -> set[str]:
    """The commands a person can type: of literals, and of lines of literal blocks."""
    found = [node.astext() for kind in (nodes.literal, nodes.literal_block) for node in document.findall(kind)]
    return {line.replace(".venv/bin/", "") for text in found for line in text.split("\n") if PROGRAM.match(line)}


def prose() -> Iterator[str]:
    """What is read as Persian: the texts outside of literals, and those that stand for pictures."""
    for text in DOCUMENT.findall(nodes.Text):
        if not isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.substitution_definition):
            yield text.astext()
    for image in DOCUMENT.findall(nodes.image):
        yield image["alt"]


def found_in_prose(pattern: str) -> list[str]:
    """Each place of the prose where this is."""
    return [found for text in prose() for found in re.findall(f".{{0,20}}(?:{pattern}).{{0,20}}", text)]


def test_every_picture_is_there() -> None:
    """Those of the English one, and the window in both languages."""
    pictures = {image["uri"] for image in DOCUMENT.findall(nodes.image)}
    assert pictures >= {f"pictures/{name}" for name in re.findall(r"image:: docs/pictures/(\S+)", README)}
    assert pictures >= {f"pictures/window-{name}.png" for name in ("login", "english", "persian")}
    assert [name for name in sorted(pictures) if not (PATH.parent / name).is_file()] == []


def test_every_link_leads_somewhere() -> None:
    """To files that are there; what is elsewhere could not be checked, so there is none."""
    links = {link["refuri"] for link in DOCUMENT.findall(nodes.reference) if "refuri" in link}
    assert len(links) > 5
    assert [link for link in sorted(links) if not (PATH.parent / link).is_file()] == []


def test_the_commands_are_those_of_the_chat() -> None:
    """All of them, each as /help writes it."""
    usages = re.findall(r"^\|lrm\| ``(/[^`]+)``  +\S", TEXT, re.MULTILINE)
    assert sorted(usages) == sorted(command.usage for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_is_said_as_help_says_it(command: Command) -> None:
    """The document and the program speak one Persian."""
    row = re.search(rf"^\|lrm\| ``{re.escape(command.usage)}`` +(\S.*)$", TEXT, re.MULTILINE)
    assert row, f"there is no row for {command.usage}"
    assert re.sub(r"\|lrm\| |``", "", row[1]) == MARKS.sub("", PERSIAN.sentence(command.summary))


def test_every_command_line_of_the_english_one_is_there() -> None:
    """As it stands there, but for the language; whoever changes one changes the other."""
    ours = {line.replace(" --lang fa", "") for line in literals(DOCUMENT)}
    assert "twistd -n chatd" in ours
    assert literals(tree(README)) - ours == set()


def test_the_conversation_is_a_real_one(tmp_path: Path) -> None:
    """The same words again give what علی sees there, with its marks of direction; only the time of day is another one."""
    with running([*SERVER, "--lang", "fa"], tmp_path, IN_TREE) as server:
        ali = joined(server.port, "علی")
        sara = joined(server.port, "سارا")
        ali.sees()
        converse(ali, sara, "سلام! کسی هست؟", "/pm علی کلید زیر پادری است", "/reply دستت درد نکند")
    assert at_any_time(ali.screen) == at_any_time(literal_block(TEXT, "* \u2067به chatd"))


def joined(port: int, name: str) -> Visitor:
    """Somebody who has given this name and was answered."""
    visitor = Visitor(port)
    visitor.sees()
    visitor.types(name)
    visitor.sees()
    return visitor


def at_any_time(lines: list[str]) -> list[str]:
    """With the same time everywhere."""
    return [re.sub(r"\d\d:\d\d", "۰۰:۰۰", line) for line in lines]


def test_the_options_are_those_of_the_server() -> None:
    """All of them, with the same defaults."""
    rows = re.findall(r"^\|lrm\| ``--([a-z-]+)``(?: \|lrm\| ``-\w``)? +(\S+)  ", TEXT, re.MULTILINE)
    words = {"none": "ندارد", "no": "نه", "LANG's": "``LANG``"}
    assert dict(rows) == {name: words.get(default, f"``{default}``") for name, default in options().items()}


def test_it_has_the_parts_of_the_english_one() -> None:
    """A section for each, and one on writing Persian, which the other does not need."""
    ours, theirs = ([*document.findall(nodes.section)] for document in (DOCUMENT, tree(README)))
    assert len(ours) >= len(theirs) + 1


@pytest.mark.parametrize(
    ("pattern", "meaning"),
    [
        pytest.param("[0-9]", "digits are ۰ to ۹", id="digits"),
        pytest.param("[يىك٠-٩ة]", "letters and digits are those of a Persian keyboard", id="keyboard"),
        pytest.param("[,;?](?= |$)", "marks are ، ؛ ؟", id="marks"),
        pytest.param(r"\bن?می [آ-ی]", "a ZWNJ stands after می", id="verbs"),
        pytest.param(r"[آ-ی] (?:ها|های|هایی|تر|ترین)\b", "a ZWNJ stands before ها", id="plurals"),
        pytest.param(r"\u200c(?![آ-ی])|(?<![آ-ی])\u200c", "a ZWNJ stands between letters", id="half spaces"),
        pytest.param(r" [،؛؟.:»]", "marks follow their word", id="spaces"),
        pytest.param("آن‌چه|این‌جا|آن‌جا|پرونده|رایانه", "words are those of the program", id="words"),
    ],
)
def test_persian_is_written_as_persian_is(pattern: str, meaning: str) -> None:
    """Outside of what is typed or shown by a program."""
    assert found_in_prose(pattern) == [], meaning


def test_every_part_begins_in_persian() -> None:
    """A browser takes the direction of a part from its first letter."""
    parts = [node for kind in (nodes.paragraph, nodes.title) for node in DOCUMENT.findall(kind)]
    cells = [part for part in parts if isinstance(part.parent, nodes.entry)]
    wrong = [part.astext() for part in parts if part not in cells and not PERSIAN_LETTER.match(part.astext())]
    assert wrong == []
    assert all(PERSIAN_LETTER.match(table.astext().strip()) for table in DOCUMENT.findall(nodes.table))


def test_no_command_is_turned_around() -> None:
    """One that begins with a sign has a mark of direction before it, outside, where it is not copied with it."""
    literals = [node for node in DOCUMENT.findall(nodes.literal) if re.match(r"[-/.#@](?=.*\w)", node.astext())]
    assert len(literals) > len(COMMANDS)
    assert [node.astext() for node in literals if not is_marked(node)] == []
    assert LRM not in "".join(node.astext() for node in DOCUMENT.findall(nodes.literal))


def test_no_lone_bracket_is_turned_around() -> None:
    """At the end of a literal it takes the direction of the line, unless the mark follows; pairs hold each other."""
    lone = [node for node in DOCUMENT.findall(nodes.literal) if re.fullmatch(r"[^\[(<{]+[\])>}]", node.astext())]
    assert "Ctrl-]" in [node.astext() for node in lone]
    assert [node.astext() for node in lone if not text_after(node).startswith(LRM)] == []


def text_after(node: nodes.literal) -> str:
    """What follows it in its paragraph."""
    return "".join(sibling.astext() for sibling in node.parent.children[node.parent.index(node) + 1 :])


def is_marked(node: nodes.literal) -> bool:
    """Whether the text right before it ends in the mark."""
    before = "".join(sibling.astext() for sibling in node.parent.children[: node.parent.index(node)])
    return before.endswith(LRM)


def test_a_line_is_no_longer_than_others() -> None:
    """As in the other documents; a table's are as long as they are."""
    lines = [line for line in TEXT.split("\n") if len(line) > 130 and not line.startswith("    ")]
    assert lines == []


def test_the_english_one_is_linked() -> None:
    """Somebody who came here by mistake finds back."""
    assert any(
        Path(link["refuri"]).name == "README.rst" for link in DOCUMENT.findall(nodes.reference) if "refuri" in link
    )
