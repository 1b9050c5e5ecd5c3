"""The promise, whatever happens to the connections: nothing lost, nothing twice, nothing out of order.

Clients talk in rooms and in private while their connections are cut at any byte, the server is busy, lags, loses its
sessions or its oldest messages, or is replaced. In the end everything is whole, or has been told to be not.
"""

from collections.abc import Iterator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chatd.requests import BOX, Act, Say, Tell
from clients import events
from clients.events import Said
from tests.client_worlds import Client
from tests.protocol_model import Log, ModelServer

WHO = st.integers(0, 2)
NAMES = ("ali", "sara", "reza")
ROOMS = ("#lobby", "#dev")
BYTES = st.integers(1, 400)


class Cuts(RuleBasedStateMachine):
    """Three people, two rooms."""

    def __init__(self) -> None:
        super().__init__()
        self.server = ModelServer()
        self.clients = [Client(self.server, name, ROOMS) for name in NAMES]
        self.typed: dict[str, list[str]] = {name: [] for name in NAMES}
        self.resets = 0

    @initialize(online=st.booleans())
    def begin(self, online: bool) -> None:
        """Often everybody is there before anything happens."""
        if online:
            self._settle()

    @rule(who=WHO, room=st.sampled_from(ROOMS), acted=st.booleans())
    def say(self, who: int, room: str, acted: bool) -> None:
        """Something is said; every text is another one."""
        client = self.clients[who]
        client.core.send((Act if acted else Say)(self._text(who), room=room), client.now)

    @rule(who=WHO, to=WHO)
    def tell(self, who: int, to: int) -> None:
        """A private message; to somebody who is away, or to oneself, it is refused."""
        client = self.clients[who]
        client.core.send(Tell(NAMES[to], self._text(who)), client.now)

    @rule(who=WHO, most=BYTES)
    def move(self, who: int, most: int) -> None:
        """Some bytes arrive at each end."""
        self.clients[who].step(most)

    @rule(who=WHO)
    def catch_up(self, who: int) -> None:
        """Everything under way arrives."""
        self.clients[who].go()

    @rule(who=WHO, seconds=st.sampled_from([0.5, 5.0, 40.0, 100.0]))
    def wait(self, who: int, seconds: float) -> None:
        """Time passes at one client."""
        self.clients[who].wait(seconds)

    @rule(who=WHO, most=BYTES)
    def cut(self, who: int, most: int) -> None:
        """A connection ends in the middle of whatever it was carrying."""
        self.clients[who].step(most)
        if self.clients[who].connection is not None:
            self.clients[who].cut()

    @rule(who=WHO, others=WHO)
    def cut_before_the_answers(self, who: int, others: int) -> None:
        """What was sent arrives; what the server says to it does not. Somebody else had spoken before."""
        client = self.clients[who]
        if client.connection is not None and client.online:
            self.say(others, "#lobby", acted=False)
            self.clients[others].go()
            self.say(who, "#lobby", acted=False)
            client.connection.receive(client.core_output())
            client.cut()

    @rule(who=WHO, reachable=st.booleans())
    def reach(self, who: int, reachable: bool) -> None:
        """The network is there, or is not."""
        self.clients[who].reachable = reachable

    @rule(busy=st.integers(1, 4), shy=st.integers(0, 2), forgetful=st.integers(0, 1))
    def refuse(self, busy: int, shy: int, forgetful: int) -> None:
        """The server takes nothing for a while."""
        self.server.busy, self.server.shy, self.server.forgetful = busy, shy, forgetful

    @rule()
    def lag(self) -> None:
        """What is read from logs comes late, or no longer does."""
        self.server.lagging = not self.server.lagging

    @rule(careless=st.integers(1, 3))
    def leave_out(self, careless: int) -> None:
        """The server forgets to show something to somebody."""
        self.server.careless = careless

    @rule(who=WHO, most=st.integers(1, 5))
    def read_on(self, who: int, most: int) -> None:
        """Some of it comes."""
        connection = self.clients[who].connection
        if connection is not None:
            connection.catch_up(most)

    @rule()
    def forget_sessions(self) -> None:
        """Whoever comes back is a new person."""
        self.server.sessions.clear()

    @rule(room=st.sampled_from(ROOMS))
    def prune(self, room: str) -> None:
        """The oldest messages are no longer kept; those who are connected have them already, or are told."""
        for client in self.clients:
            if client.connection is not None:
                client.connection.catch_up()
                client.go()
        log = self.server.room(room)
        log.first = max(log.first, log.last - 2)

    @precondition(lambda self: self.resets < 2)
    @rule()
    def replace_history(self) -> None:
        """The server has another database."""
        self.resets += 1
        self.server.replace_history()
        for client in self.clients:
            if client.connection is not None:
                client.cut()

    def teardown(self) -> None:
        """In the end the network and the server are fine again, and everything is looked at."""
        self._settle()
        for who, room in enumerate((*ROOMS, "#lobby")):
            self.say(who, room, acted=False)  # a hole is noticed by what comes after it
        self.say(2, "#dev", acted=False)
        self._settle()
        for client in self.clients:
            assert client.core.pending == ()
            assert not client.all(events.Problem)
            self._is_whole(client)
        self._everything_was_said_once()

    def _text(self, who: int) -> str:
        typed = self.typed[NAMES[who]]
        typed.append(f"{NAMES[who]} {len(typed)}")
        return typed[-1]

    def _settle(self) -> None:
        self.server.busy = self.server.shy = self.server.forgetful = self.server.careless = 0
        self.server.lagging = False
        for client in self.clients:
            client.reachable = True
        for _ in range(4):
            for client in self.clients:
                client.wait(100.0)
                if client.connection is not None:
                    client.connection.catch_up()
                client.go()

    def _is_whole(self, client: Client) -> None:
        """Everything that was shown is in its place, and nothing is left out that was not told to be."""
        for room in (*ROOMS, BOX):
            assert client.online
            log = self._log(client, room)
            shown = list(self._since_the_last_reset(client, room))
            ids = [event.id for event in shown if isinstance(event, Said)]
            assert len(set(ids)) == len(ids)
            self._is_in_order(shown)
            for said in (event for event in shown if isinstance(event, Said)):
                message = log.messages[said.id - 1]
                assert (said.text, said.acted, said.to) == (message.text, message.acted, message.to)
            if shown:
                assert client.core.rooms[room].last == log.last
            assert not client.core.rooms[room].acked

    def _is_in_order(self, shown: list[Said | events.Gap]) -> None:
        expected: int | None = None
        for event in shown:
            if isinstance(event, events.Gap):
                assert expected is None or event.first > expected
                expected = event.first
            else:
                assert expected in (None, event.id)
                expected = event.id + 1

    def _since_the_last_reset(self, client: Client, room: str) -> Iterator[Said | events.Gap]:
        """What was told of a room in the history that is the present one, to the present person."""
        told = client.told
        starts = [at for at, event in enumerate(told) if event == events.HistoryReset(room)]
        if room == BOX:
            starts += [at for at, event in enumerate(told) if isinstance(event, events.Welcomed) and not event.again]
        since = told[max(starts, default=0) :]
        return (event for event in since if isinstance(event, Said | events.Gap) and event.room == room)

    def _log(self, client: Client, room: str) -> Log:
        assert client.connection is not None
        assert client.connection.person is not None
        return client.connection.person.box if room == BOX else self.server.room(room)

    def _everything_was_said_once(self) -> None:
        """Each message is acknowledged or given up; it is in its log once, or perhaps once, and in its order."""
        logs = [self.server.room(room) for room in ROOMS]
        for client, name in zip(self.clients, NAMES, strict=True):
            acked = [event.pending.text for event in client.all(events.Acked)]
            given_up = [event.pending for event in client.all(events.NotSent)]
            assert sorted(acked + [pending.text for pending in given_up]) == sorted(self.typed[name])
            for log in logs:
                said = [message.text for message in log.messages if message.name == name]
                assert len(set(said)) == len(said)
                numbers = [int(text.split()[1]) for text in said]
                assert numbers == sorted(numbers)
                surely_not = {
                    pending.text for pending in given_up if "not known" not in self._why(client, pending.text)
                }
                assert not surely_not & set(said)
            if not self.resets:
                kept = {message.text for log in logs for message in log.messages}
                rooms = {event.pending.text for event in client.all(events.Acked) if event.room != BOX}
                assert rooms <= kept

    def _why(self, client: Client, text: str) -> str:
        return next(event.sentence for event in client.all(events.NotSent) if event.pending.text == text)


TestCuts = Cuts.TestCase
TestCuts.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
