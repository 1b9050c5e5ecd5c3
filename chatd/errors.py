"""What can be wrong with a request: a stable code for programs, a sentence for people.

A sentence says what was wrong and what to do about it. It is a template, so that a format can translate it before it is
filled in; details that are words of ours are a :class:`~chatd.details.Clause` or a :class:`~chatd.details.Listing`.
Knows which languages there are, and nothing else.
"""

from typing import ClassVar, Self

from chatd.details import Listing, shortened
from chatd.languages import LANGUAGES, N_


class ChatError(Exception):
    """Something asked for was not done. It is told to the one who asked, and to nobody else."""

    code: ClassVar[str] = "error"
    """Part of the protocol for programs: it never changes."""
    sentence: ClassVar[str] = N_("That did not work.")
    """A ``str.format`` template over :attr:`details`."""

    def __init__(self, **details: object) -> None:
        super().__init__(details)
        self.details = details

    def __str__(self) -> str:
        return self.sentence.format(**self.details)


class BadName(ChatError):
    """A name that nobody can have."""

    code = "invalid_user"


class NameEmpty(BadName):
    """No name at all."""

    sentence = N_("A name needs at least one letter. Please choose one, for example: ali")


class NameTooLong(BadName):
    """More characters than a name may have."""

    sentence = N_("That name has {measured} characters; at most {limit} are allowed. Please choose a shorter one.")


class NameCharacter(BadName):
    """A character that names do not have."""

    sentence = N_("A name cannot hold {character}. Letters of any script, digits and _ - . are fine.")


class NameWithoutLetter(BadName):
    """Digits and marks only."""

    sentence = N_("{name} has no letter in it. Please choose a name with at least one.")


class NameIsAddress(BadName):
    """What could be mistaken for an IP address."""

    sentence = N_("{name} looks like an IP address. Please choose another name.")


class NameMixesScripts(BadName):
    """Letters of several scripts: a way to look like somebody else."""

    sentence = N_("{name} mixes letters of different scripts ({scripts}). Please keep to one of them.")


class NameMixesDigits(BadName):
    """Digits of several kinds, which look alike and are not the same."""

    sentence = N_("{name} mixes digits of different kinds ({kinds}). Please keep to one of them.")


class NameTaken(ChatError):
    """Somebody has that name, or one that nobody could tell from it."""

    code = "user_taken"
    sentence = N_("{name} is taken by {owner}. Please choose another name.")


class SameNameTaken(NameTaken):
    """Somebody has that very name."""

    sentence = N_("{name} is taken. Please choose another name.")


class NameNeeded(ChatError):
    """A request that only works once there is a name."""

    code = "register_required"
    sentence = N_("Please give a name first: type it and press Enter.")


class AlreadyNamed(ChatError):
    """A second introduction."""

    code = "already_registered"
    sentence = N_("You are {name} already; /nick changes it.")


class BadText(ChatError):
    """Text that cannot be passed on."""

    code = "bad_text"


class TextNotUtf8(BadText):
    """Bytes that are not text."""

    sentence = N_(
        "That line was not valid UTF-8, so it was not sent. Please type it again: in telnet it arrives the second time; "
        "if this comes up again, set your terminal to UTF-8."
    )


class TextCharacter(BadText):
    """A character that could move a cursor, ring a bell or worse on somebody's screen."""

    sentence = N_("That line holds {character}, which cannot be passed on, so it was not sent. Please leave it out.")


class TextEmpty(BadText):
    """Nothing to say."""

    code = "empty"
    sentence = N_("There is no text in that. Please say something.")


class TextTooLong(ChatError):
    """More text than one message may have."""

    code = "message_too_long"
    sentence = N_(
        "That text has {measured} bytes; at most {limit} are allowed, so it was not sent. Please send "
        "it in shorter pieces."
    )


class LineTooLong(ChatError):
    """A line that went on and on."""

    code = "message_too_long"
    sentence = N_(
        "That line has {measured} bytes; a message has at most {limit}, so it was not sent. Please send "
        "it in shorter pieces."
    )


class LineEndless(ChatError):
    """A line that has gone on for so long that its end is not worth waiting for."""

    code = "message_too_long"
    sentence = N_(
        "That line has more than {measured} bytes; a message has at most {limit}. Nothing of it is "
        "sent. End it with Enter."
    )


class UnknownCommand(ChatError):
    """A command nobody knows."""

    code = "unknown_type"
    sentence = N_(
        "There is no command {command}. /help lists them; to say a line that begins with /, double it: {doubled}"
    )


class MistypedCommand(UnknownCommand):
    """A command nobody knows, but close to one there is."""

    sentence = N_(
        "There is no command {command}. Did you mean {nearest}? /help lists them all; to say a line that begins "
        "with /, double it: {doubled}"
    )


class BadUsage(ChatError):
    """A command without what it needs, or with what it cannot use."""

    code = "bad_request"
    sentence = N_("{command} is used like this: {usage}")


class NoSuchPerson(ChatError):
    """Nobody of that name or address."""

    code = "no_such_user"
    sentence = N_("No one called {name} is here. /who lists everyone.")


class NobodyThere(ChatError):
    """Nobody else came from that address."""

    code = "no_such_user"
    sentence = N_("Nobody else is connected from {address}. /who lists everyone with their address.")


class SeveralThere(ChatError):
    """An address that means more than one person."""

    code = "ambiguous_user"
    sentence = N_("Several people are connected from {address}: {names}. Please use a name.")


class AddressesHidden(ChatError):
    """Addresses are not told here, so they cannot be asked for either."""

    code = "addresses_hidden"
    sentence = N_("Addresses are hidden on this server. Please use a name.")


class TellingYourself(ChatError):
    """A private message to its own sender."""

    code = "no_such_user"
    sentence = N_("That is you. Private messages are for somebody else.")


class NobodyToAnswer(ChatError):
    """A reply before anybody wrote."""

    code = "no_such_user"
    sentence = N_("Nobody has written to you yet. /pm NAME text writes to somebody.")


class BadRoomName(ChatError):
    """A room name that no room can have."""

    code = "bad_room"
    sentence = N_("{room} cannot be the name of a room. Room names begin with # and go on like a person's name: #lobby")


class NotInRoom(ChatError):
    """A room one would have to be in."""

    code = "not_in_room"
    sentence = N_("You are not in {room}. /join {room} goes there.")


class NoRoom(ChatError):
    """Talking while being in no room at all."""

    code = "not_in_room"
    sentence = N_("You are in no room now. /join #lobby goes back to the lobby.")


class NoSuchRoom(ChatError):
    """A room that nobody is in."""

    code = "no_such_room"
    sentence = N_("There is no room {room} with people in it. /rooms lists them; /join {room} opens it.")


class TooManyRooms(ChatError):
    """More rooms than one connection may be in."""

    code = "too_many_rooms"
    sentence = N_("You are in {measured} rooms; at most {limit} are allowed. /leave #room leaves one.")


class TopicTooLong(ChatError):
    """A topic that would not fit a screen."""

    code = "message_too_long"
    sentence = N_("That topic has {measured} characters; at most {limit} are allowed.")


class TooMuchHistory(ChatError):
    """More lines than one answer may hold."""

    code = "bad_request"
    sentence = N_("/history shows at most {limit} lines at once, not {measured}.")


class TooFast(ChatError):
    """More lines than one may send, and more than may wait."""

    code = "too_fast"
    sentence = N_(
        "Too fast: {waiting} of your lines are waiting, at most {limit} may; {rate} per second are taken. "
        "This line and those after it are not sent, until the waiting ones are through in {seconds} s."
    )


class ServerStops(ChatError):
    """The server does not take this any more; the next one may."""

    code = "retry"
    sentence = N_("Your line was not sent, because the server is stopping. Please send it again when it is back.")


class NotStored(ChatError):
    """The store could not take it now; it may be sent again."""

    code = "retry"
    sentence = N_("Your line was not sent, because it could not be stored: {reason} Please send it again later.")


class ServerBusy(ChatError):
    """More is waiting for the disk than should; it may be sent again."""

    code = "retry"
    sentence = N_(
        "Your line was not sent: {measured} messages are waiting for the disk, at most {limit} may. "
        "Please send it again in a moment."
    )


class StoreUnreadable(ChatError):
    """The store could not answer."""

    code = "retry"
    sentence = N_("What was said before cannot be read now: {reason} Please try again later.")


class NotIgnored(ChatError):
    """Ignoring oneself."""

    code = "bad_request"
    sentence = N_("That is you. /ignore NAME hides what somebody else says.")


class UnknownLanguage(ChatError):
    """A language that nobody here speaks."""

    code = "bad_request"
    sentence = N_("There is no language {language} here. There are: {languages}.")

    @classmethod
    def called(cls, wanted: str) -> Self:
        """About this word, which is none of them; they are named."""
        there = Listing(f"{known.code} ({known.name})" for known in LANGUAGES.values())
        return cls(language=shortened(wanted), languages=there)


class LanguageNotKept(ChatError):
    """A language that will be forgotten with the connection, though its speaker has an account."""

    code = "retry"
    sentence = N_("Your language is not kept for the next time: {reason} Please choose it again later.")


class TooManyConnections(ChatError):
    """One address has enough connections."""

    code = "too_many_connections"
    sentence = N_("{address} has {measured} connections open; at most {limit} are allowed. Close one, then try again.")


class TooManyNameless(ChatError):
    """One address has come and gone too often without giving a name."""

    code = "too_many_connections"
    sentence = N_(
        "{measured} connections from {address} ended without a name; at most {limit} may in {period} s. "
        "Please try again in {seconds} s."
    )


class ServerFull(ChatError):
    """There is no room for anybody more, wherever they come from."""

    code = "too_many_connections"
    sentence = N_(
        "This server is full: {measured} are connected, and it has no room for more. Please try again in a few minutes."
    )


class ProxyUnlisted(ChatError):
    """A PROXY header from somebody whose word is not taken for it."""

    code = "not_offered"
    sentence = N_(
        "A PROXY header from {address} is not believed, so nobody was let in. Whoever runs this server can "
        "list that address: --proxy {address}"
    )


class ProxyHeaderRepeated(ChatError):
    """A second PROXY header, from somebody whose proxy has sent one."""

    code = "not_offered"
    sentence = N_(
        "The proxy has said already that you are at {address}. After that a PROXY header means nothing here, so "
        "nobody was let in."
    )


class ProxyHeaderMissing(ChatError):
    """Somebody whose every connection is somebody else's, and who does not say whose this one is."""

    code = "not_offered"
    sentence = N_(
        "Connections from {address} must begin with a PROXY header, because that is a proxy of this server: {reason}. "
        "Please connect to the proxy instead, or have it send the header."
    )


class TooManyIgnored(ChatError):
    """A list of ignored people that is too long."""

    code = "bad_request"
    sentence = N_("You ignore {limit} people already, and that is the most. /ignore NAME shows one of them again.")


class NameRegistered(ChatError):
    """A name that belongs to somebody, and no password with it."""

    code = "password_required"
    sentence = N_(
        "{name} is registered. If it is yours, /login {name} asks for its password; else please choose another name."
    )


class WrongPassword(ChatError):
    """Not the password of that account, or there is no such account: which of the two is not told."""

    code = "wrong_password"
    sentence = N_(
        "That is not the password of {name}. Please try again; where it is asked for, Enter alone stops that."
    )


class LoginsWait(ChatError):
    """Too many wrong passwords from there; each one makes the wait longer."""

    code = "login_wait"
    sentence = N_(
        "Too many wrong passwords from your address; {limit} are free in {period} s. "
        "Please wait {seconds} s, then try again."
    )


class LoginsBusy(ChatError):
    """More logins are under way than there are threads and room for."""

    code = "retry"
    sentence = N_("Many people are logging in at this moment. Please try again in a few seconds.")


class PasswordsNeedTls(ChatError):
    """A password over a connection that others can read."""

    code = "tls_required"
    sentence = N_(
        "This connection is not encrypted, so a password sent over it could be read by others. "
        "Please connect with TLS: {how}"
    )


class TlsRequired(ChatError):
    """Plaintext from another machine, where there is TLS."""

    code = "tls_required"
    sentence = N_("This server takes encrypted connections only. Please connect with TLS: {how}")


class PasswordTooShort(ChatError):
    """A password that would soon be guessed."""

    code = "bad_password"
    sentence = N_(
        "A password needs at least {limit} characters; that one has {measured}. Several words make a good one."
    )


class PasswordTooLong(ChatError):
    """A password that would take long to work on."""

    code = "bad_password"
    sentence = N_("A password has at most {limit} bytes; that one has {measured}.")


class PasswordsDiffer(ChatError):
    """Not the same twice."""

    code = "bad_password"
    sentence = N_("The two new passwords were not the same, so nothing was changed. Please try again.")


class NothingTyped(ChatError):
    """An empty line where a password was asked for."""

    code = "bad_password"
    sentence = N_("No password was typed, so nothing was changed.")


class RegisteredAlready(ChatError):
    """An account made twice."""

    code = "already_registered"
    sentence = N_("{name} is your account already; /password changes its password.")


class NotRegistered(ChatError):
    """Something that only accounts have."""

    code = "not_registered"
    sentence = N_("{name} is not an account. /register makes it one.")


class NoSuchAccount(ChatError):
    """A login under a name that is no account."""

    code = "not_registered"
    sentence = N_("{name} is not registered. Type just the name to use it as a guest; /register then makes it yours.")


class NameFixed(ChatError):
    """Another name for an account."""

    code = "bad_request"
    sentence = N_("{name} is your account, and keeps its name. Guests may change theirs.")


class TooManyAccounts(ChatError):
    """One address has made enough accounts for now."""

    code = "login_wait"
    sentence = N_(
        "{measured} accounts were made from your address; at most {limit} may in {period} s. "
        "Please try again in {seconds} s."
    )


class TooManySessions(ChatError):
    """One address has registered enough programs for now: each of them leaves something to be kept."""

    code = "login_wait"
    sentence = N_(
        "{measured} programs have registered from your address; at most {limit} may in {period} s. "
        "Please try again in {seconds} s."
    )


class SessionUnknown(ChatError):
    """A secret that takes nothing back: it is too old, or from another server."""

    code = "session_unknown"
    sentence = N_("That session has ended. Please register with a name.")


class BoxFull(ChatError):
    """Somebody who is away has enough to read."""

    code = "box_full"
    sentence = N_("{name} is away, and {limit} private messages wait already. Please try again later.")


class OutOfTurn(ChatError):
    """A message that would overtake one that has to be sent again first."""

    code = "retry"
    sentence = N_("Please send {cid} again first: this message would come before it.")


class BadJson(ChatError):
    """Bytes that are not one JSON object."""

    code = "bad_json"
    sentence = N_("That line is not a JSON object: {reason}. Please send one object per line, in UTF-8.")


class BadField(ChatError):
    """A field that is missing, or is something else than it should be."""

    code = "bad_request"
    sentence = N_("In {request}, {field} must be {wanted}.")


class UnknownType(ChatError):
    """A type nobody knows."""

    code = "unknown_type"
    sentence = N_("There is no request {request}. The types are: {types}.")
