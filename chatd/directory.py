"""The accounts: which names belong to somebody for good, and what each has read. Must not know who is connected, or SQL.

All of them are in memory, because every name that somebody wants is compared with them.
"""

from dataclasses import replace

from chatd.clock import Clock, Spawn
from chatd.errors import BadName, NameTaken, NotStored
from chatd.nameindex import NameIndex
from chatd.names import Name, person_name
from chatd.people import Person
from chatd.storage.contract import LOCKED, Account, Store, StoreError

SEEN_SECONDS = 1.0
"""How long it may take until it is on disk what somebody has read: after a crash, that much is shown again."""


class Directory:
    """Whose name is whose."""

    def __init__(self, store: Store, clock: Clock, spawn: Spawn) -> None:
        self._store = store
        self._clock = clock
        self._spawn = spawn
        self.loaded = False
        """They are in memory."""
        self._accounts: NameIndex[Account] = NameIndex()
        self._by_person: dict[int, Account] = {}
        self._unsaved: dict[int, Person] = {}

    def __len__(self) -> int:
        return len(self._accounts)

    async def load(self) -> None:
        """Read the accounts, if that was not done yet.

        Raises:
            StoreError: the store could not say.
        """
        if self.loaded:
            return
        accounts = await self._store.accounts()
        if not self.loaded:  # two may have asked
            self.loaded = True
            for account in accounts:
                self._replace(account)

    def like(self, name: Name) -> Account | None:
        """The account of this name, or else one whose name people would take for it."""
        return next(iter(self._accounts.like(name)), None)

    def get(self, key: str) -> Account | None:
        """The account whose name has this key."""
        return self._accounts.get(key)

    def of(self, person: int) -> Account | None:
        """The account of this person."""
        return self._by_person.get(person)

    async def keep(self, account: Account) -> None:
        """A new account, or one with a new password.

        Raises:
            NotStored: the store could not keep it, so nothing has changed.
        """
        try:
            await self._store.keep_account(self._with_news(account))
        except StoreError as error:
            raise NotStored(reason=error.reason) from error
        self._replace(self._with_news(account))

    async def keep_language(self, person: Person, language: str) -> None:
        """The owner of an account chose this language, by its code.

        Raises:
            StoreError: it holds until the server stops, but the store could not keep it.
        """
        if person.account is not None:
            person.account = replace(person.account, language=language)
            self._replace(person.account)
        await self._store.mark_language(person.id, language)

    def reserve(self, person: Person) -> None:
        """Nobody else may take this name while it is being made an account: as if it were one, with a password nobody has.

        Raises:
            NameTaken: it is somebody else's already, or looks like one that is.
        """
        for owner in self._accounts.like(person.name):
            if owner.person != person.id:
                raise NameTaken(name=person.shown, owner=owner.name)
        self._replace(Account(person.id, person.name.key, person.shown, LOCKED))

    def release(self, person: Person) -> None:
        """It was not made one."""
        account = self._by_person.pop(person.id, None)
        if account is not None:
            self._accounts.remove(name_of(account))

    def _with_news(self, account: Account) -> Account:
        """What has been read meanwhile stays read, and the language that was chosen stays chosen."""
        known = self.of(account.person)
        if known is None:
            return account
        language = known.language or account.language
        return replace(account, seen=max(account.seen, known.seen), language=language)

    def read(self, person: Person) -> None:
        """Somebody has been shown more of their box: write that down soon."""
        if person.account is None or person.id in self._unsaved:
            return
        self._unsaved[person.id] = person
        self._clock.callLater(SEEN_SECONDS, self.save, person)

    def save(self, person: Person) -> None:
        """Write down now what somebody has been shown of their box."""
        self._unsaved.pop(person.id, None)
        account, seen = person.account, person.seen
        if account is not None and seen > account.seen:
            person.account = replace(account, seen=seen)
            self._replace(person.account)
            self._spawn(self._mark(person.id, seen))

    async def _mark(self, person: int, seen: int) -> None:
        try:
            await self._store.mark_seen(person, seen)
        except StoreError:
            return  # then it is shown again at the next login; a store in trouble is reported where messages are kept

    def _replace(self, account: Account) -> None:
        name = name_of(account)
        if self._accounts.get(name.key) is not None:
            self._accounts.remove(name)
        self._accounts.add(name, account)
        self._by_person[account.person] = account


def name_of(account: Account) -> Name:
    """Its name, under the key by which it was registered, whatever rules hold for names today."""
    try:
        name = person_name(account.name)
    except BadName:
        return Name(account.name, account.key, account.key, "")
    return Name(name.shown, account.key, name.skeleton, name.script)
