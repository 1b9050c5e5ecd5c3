"""The client core and the real server, in memory: both have been written from the same document, and here they meet."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.limits import Limits
from chatd.requests import BOX, Login, Say
from chatd.secret import Secret
from clients import events
from clients.core import Identity
from clients.events import Said, State, Timing
from tests.client_worlds import Client
from tests.protocol_model import Connection, ModelServer
from tests.worlds import Visitor, World

QUICK = Limits(flood_rate=0.0)


class RealConnection(Connection):
    """A connection to the real server, in place of one to the model."""

    def __init__(self, server: ModelServer, visitor: Visitor) -> None:
        super().__init__(server)
        self.visitor = visitor

    def receive(self, data: bytes) -> None:
        """Bytes of the client; and what the server has to say by now."""
        if data:
            self.visitor.sends(data)
        self.out += self.visitor.gets()
        self.open = not self.visitor.closed

    def hang_up(self) -> None:
        """The connection is gone."""
        self.open = False
        self.visitor.drops()


class RealServer(ModelServer):
    """The real server, in place of the model."""

    def __init__(self, limits: Limits = QUICK) -> None:
        super().__init__()
        self.world = World(limits)

    def connect(self) -> Connection:
        """A new connection, from the server's own machine."""
        return RealConnection(self, self.world.connect("127.0.0.1"))

    def passes(self, *clients: Client, seconds: int = 1) -> None:
        """Time passes for everybody."""
        for _ in range(seconds):
            self.world.passes(1.0)
            for client in clients:
                client.wait(1.0)
        for _ in range(3):
            for client in clients:
                client.go()


@pytest.fixture
def server() -> RealServer:
    """A server where nobody is yet."""
    return RealServer()


@pytest.fixture
def ali(server: RealServer) -> Client:
    """A guest in the lobby."""
    return Client(server, "ali").go()


@pytest.fixture
def sara(server: RealServer, ali: Client) -> Client:
    """Another one, who came later."""
    sara = Client(server, "sara").go()
    ali.go()
    return sara


def test_people_talk_in_rooms_and_in_private(ali: Client, sara: Client) -> None:
    """Each sees everything, in the order of the ids, one's own in its place."""
    ali.types("salam").types("/me waves").types("/pm Sara a word")
    sara.go().types("/r yes?").types("علیک سلام ali")
    assert sara.texts() == ali.go().texts() == ["salam", "waves", "علیک سلام ali"]
    assert sara.texts(BOX) == ali.texts(BOX) == ["a word", "yes?"]
    assert ali.core.rooms["#lobby"].people == ("ali", "sara")
    assert ali.all(Said)[-1].mention
    assert not ali.all(events.Problem) + sara.all(events.Problem)


def test_every_question_has_its_answer(ali: Client, sara: Client) -> None:
    """All of them, one after the other, as they are typed."""
    ali.types("/join #dev").types("/topic Friday").types("/topic").types("the exam").types("/history").types(
        "/search exam"
    )
    ali.types("/who").types("/rooms").types("/nick reza").types("/leave")
    assert ali.last(events.TopicChanged).topic == ali.last(events.TopicTold).topic == "Friday"
    assert [said.text for said in ali.last(events.History).messages] == ["the exam"]
    assert [said.text for said in ali.last(events.Found).messages] == ["the exam"]
    assert [name for name, _ in ali.last(events.Present).people] == ["ali", "sara"]
    assert {row.name for row in ali.last(events.RoomsListed).rooms} == {"#lobby", "#dev"}
    assert ali.last(events.Departed) == events.Departed("#dev", "#lobby")
    assert sara.go().last(events.Renamed).new == ali.core.name == "reza"
    assert not ali.all(events.Problem)


def test_history_follows_the_room_that_was_switched_to(ali: Client) -> None:
    """Although the server is not told of a switch until it matters."""
    ali.types("in the lobby").types("/join #dev").types("in dev").types("/join #lobby").types("/history")
    assert [said.text for said in ali.last(events.History).messages] == ["in the lobby"]


def test_too_much_history_is_refused_in_words_for_people(ali: Client) -> None:
    """As somebody with nc is told it, and not by the name of a field."""
    problem = ali.types("/history 99999").last(events.Problem)
    assert problem.sentence == "/history shows at most 1000 lines at once, not 99999."


def test_after_a_cut_one_reads_on_in_every_room_and_in_the_box(server: RealServer, ali: Client, sara: Client) -> None:
    """What was missed comes, what was typed goes, nothing comes twice."""
    ali.types("/join #dev").types("one")
    sara.types("/join #dev").types("two").types("/pm ali three")
    server.passes(ali, sara, seconds=31)
    ali.reachable = False
    ali.cut()
    ali.types("typed while away")
    sara.types("four")
    ali.reachable = True
    ali.go()
    sara.go()
    assert ali.texts("#dev") == ["one", "two", "four", "typed while away"]
    assert [said.timing for said in ali.all(Said) if said.text == "four"] == [Timing.MISSED]
    assert ali.texts(BOX) == ["three"]
    assert ali.last(events.Welcomed).again
    assert sara.texts("#dev")[-1] == "typed while away"
    assert not ali.all(events.Problem) + ali.all(events.Gap) + ali.all(events.HistoryReset)


def test_accounts_are_made_and_logged_into(server: RealServer, ali: Client) -> None:
    """With a password that is asked for; another password is refused."""
    ali.types("/register open sesame and more")
    assert ali.core.account
    ali.types("/exit")
    assert ali.core.state is State.ENDED
    again = Client(server, Identity("ali", Secret("wrong password"))).go()
    assert again.last(events.PasswordWanted).wrong
    again.core.give_password(Secret("open sesame and more"))
    assert again.go().core.account
    reza = Client(server, "reza").go()
    reza.ask(Login("ali", Secret("open sesame and more")))
    assert (reza.core.name, reza.core.account, reza.online) == ("ali", True, True)
    again.types("from the other connection")
    assert reza.go().last(Said).own


def test_a_taken_name_and_a_session_that_was_taken_over(server: RealServer, ali: Client) -> None:
    """The one is asked about, the other ends."""
    other = Client(server, "ALI").go()
    assert "ali" in other.last(events.NameWanted).reason
    again = Client(server, Identity("", session=ali.core.session)).go()
    assert (again.core.name, again.online) == ("ali", True)
    assert ali.go().core.state is State.ENDED


def test_a_hundred_lines_pass_the_flood_limit_without_a_word(ali: Client) -> None:
    """With the server's usual limits the window is small enough never to be refused."""
    server = RealServer(Limits())
    ali = Client(server, "ali").go()
    for number in range(100):
        ali.types(f"{number}")
    server.passes(ali, seconds=60)
    assert ali.texts() == [f"{number}" for number in range(100)]
    assert not ali.all(events.Problem) + ali.all(events.NotSent)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_whatever_is_cut_everything_is_said_and_seen_once(seed: int) -> None:
    """Two people, cut at any byte: the same messages at both, each once, in the order of their ids."""
    chance = Random(seed)
    server = RealServer()
    clients = [Client(server, name).go() for name in ("ali", "sara")]
    typed: list[str] = []
    for number in range(30):
        client = chance.choice(clients)
        match chance.choice(["say", "say", "move", "move", "cut", "wait"]):
            case "say":
                typed.append(f"{number}")
                client.core.send(Say(typed[-1]), client.now)
            case "move":
                client.step(chance.randint(1, 300))
            case "cut" if client.connection is not None:
                client.step(chance.randint(1, 300))
                if client.connection is not None:
                    client.cut()
            case _:
                server.passes(client)
    server.passes(*clients, seconds=70)
    first, second = (client.texts() for client in clients)
    assert sorted(first, key=int) == typed
    assert first == second
    assert all(not client.core.pending for client in clients)
