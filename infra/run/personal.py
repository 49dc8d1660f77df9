"""Seals the personal texts of requests before an engine takes them, and opens its answers (decision 0091).

What is sealed here reaches the tape of inputs, the log, the snapshots and every copy as one and the same sealed text.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from adapters.personal.cipher import Cipher
from adapters.personal.keys import PersonalKeys
from adapters.personal.opener import Opener
from commands import requests
from commands.answering import declined
from commands.door import Answer, Completed, Declined, Drafted
from commands.identity import RESERVED_ACTORS
from commands.request import ForgetPersonalKey, Request, Requested
from commands.requests.personal import personal_texts, with_personal
from commands.world import World
from domain.account import Account
from domain.errors import InvalidInput, KeyRefused
from domain.sealed import SEALED
from infra.config import WhenceSettings
from infra.logs import keys_of

_log = logging.getLogger(__name__)


class PersonalTexts:
    """The personal texts of one account's requests; it belongs to the thread that owns the log."""

    def __init__(self, keys: PersonalKeys | None = None, account: str = "", *, seals: bool = False) -> None:
        """Without `keys` nothing is sealed or opened. With `seals` the account's key is made where it has none.

        Raises KeyRefused, so that no run starts that could not seal.
        """
        self._keys, self._account = keys, account
        self._opener = None if keys is None else Opener(keys)
        self._cipher: Cipher | None = None
        if keys is not None and seals:
            self._cipher = keys.sealing(account)

    def answered(
        self, requested: Requested, world: World, carry_out: Callable[[Requested], Answer]
    ) -> Answer:
        """The answer of `carry_out` to the sealed request, with its texts opened.

        Declines a request that is invalid in any situation, and one with a text that is sealed already: a sealed text
        from another place would be opened as if its writer had written it here.
        """
        forgotten = _forgotten(world)
        try:
            _check_plain(requested)
            sealed = self._sealed(requested, forgotten)
        except (InvalidInput, KeyRefused) as fault:
            return declined(requested, fault)
        answer = self._opened(carry_out(sealed))
        if isinstance(requested.request, ForgetPersonalKey) and isinstance(answer, Completed):
            return replace(answer, note=_joined(answer.note, self.remove_forgotten(world)))
        return answer

    def remove_forgotten(self, world: World) -> str:
        """Removes the keys that the log states as forgotten; a start does it where the engine ended in between.

        Returns why a key is still there, which is also logged as an error; empty where none is.
        """
        if self._keys is None:
            return ""
        try:
            for key_id in set(_forgotten(world)) & set(self._keys.of(self._account)):
                self._keys.remove(self._account, key_id)
                _log.info("the forgotten key %s of personal texts is removed", key_id)
        except KeyRefused as fault:
            still = (
                f"a forgotten key is still there, and the next start removes it, or do it by hand: {fault}"
            )
            _log.error("%s", still)
            return still
        return ""

    def _sealed(self, requested: Requested, forgotten: Collection[str]) -> Requested:
        """Raises InvalidInput, KeyRefused. Requests of the program itself are not personal."""
        own = self._checked(requested.request, forgotten)
        if self._cipher is None or requested.actor in RESERVED_ACTORS:
            return requested
        requests.check(requested)
        return with_personal(requested, self._present(self._cipher, {*forgotten, *own}).seal)

    def _checked(self, request: Request, forgotten: Collection[str]) -> Sequence[str]:
        """The key that the request forgets, if it does: another one has to seal who forgot it, and why.

        Raises InvalidInput for a key that is neither here nor forgotten, KeyRefused.
        """
        if self._keys is None or not isinstance(request, ForgetPersonalKey):
            return ()
        known = self._keys.of(self._account)
        if request.key_id not in (*known, *forgotten):
            raise InvalidInput(
                f"{self._account} has no key of personal texts with this id; it has: {', '.join(known) or 'none'}"
            )
        return (request.key_id,)

    def _present(self, cipher: Cipher, without: Collection[str]) -> Cipher:
        """The newest cipher whose key is in the folder now, with a new key where there is none besides `without`.

        Where the folder cannot be read, the cipher so far: nobody could trip the kill switch else. Raises KeyRefused
        where that one is in `without`.
        """
        assert self._keys is not None
        try:
            self._cipher = self._keys.sealing(self._account, without)
        except KeyRefused as fault:
            if cipher.key_id in without:
                raise
            _log.error("personal texts are sealed by the key %s as before: %s", cipher.key_id, fault)
            return cipher
        return self._cipher

    def _opened(self, answer: Answer) -> Answer:
        try:
            if isinstance(answer, Completed):
                return replace(answer, note=self._text(answer.note))
            if isinstance(answer, Declined):
                return replace(answer, reason=self._text(answer.reason))
            if isinstance(answer, Drafted):
                return replace(answer, warnings=tuple(self._text(one) for one in answer.warnings))
        except KeyRefused as fault:
            _log.error("the answer to %s is not opened: %s", answer.command_id, fault)
        return answer

    def _text(self, text: str) -> str:
        return text if self._opener is None else self._opener.opened(text)


def personal_texts_of(settings: WhenceSettings) -> PersonalTexts:
    """The personal texts of the configured account. Raises KeyRefused."""
    keys = PersonalKeys(keys_of(settings))
    return PersonalTexts(keys, settings.account, seals=settings.seal_personal)


def _forgotten(world: World) -> Collection[str]:
    state = world.portfolio.account_state
    return state.forgotten if isinstance(state, Account) else ()


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _check_plain(requested: Requested) -> None:
    for field, text in personal_texts(requested):
        if SEALED.search(text):
            raise InvalidInput(f"the {field} has a sealed text (~…~) in it: write it in plain words")
