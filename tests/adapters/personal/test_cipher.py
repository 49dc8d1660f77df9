"""Sealing and opening personal texts: what a sealed text is bound to, and what is shown of one that is not opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.marks.key import Key
from adapters.marks.key_folder import KeyFolder
from adapters.personal.cipher import Cipher
from adapters.personal.keys import PersonalKeys
from adapters.personal.opener import Opener
from domain.errors import KeyRefused
from domain.log import Recorded
from domain.sealed import SEALED, is_sealed
from domain.signal import DecisionMade
from tests.replacing import replace
from tests.schemas.samples import SAMPLES

CIPHER = Cipher(Key(bytes(range(32))), "paper")
NEWS = "~reason.40d9ea79e99bd49a.aZd85jRDP7WXp0rgtaTCvH_GRGsE6ott~"


@pytest.fixture
def keys(tmp_path: Path) -> PersonalKeys:
    return PersonalKeys(KeyFolder(tmp_path))


def ciphertext_of(token: str) -> str:
    found = SEALED.fullmatch(token)
    assert found is not None
    return found[3]


def test_a_text_has_the_same_sealed_form_in_every_version_of_the_program() -> None:
    assert CIPHER.seal("reason", "the news") == NEWS


def test_a_sealed_text_is_opened_for_its_own_field_and_account_only() -> None:
    sealed = ciphertext_of(CIPHER.seal("reason", "the news"))
    assert CIPHER.opened("reason", sealed) == "the news"
    assert CIPHER.opened("actor", sealed) is None
    assert Cipher(Key(bytes(range(32))), "main").opened("reason", sealed) is None
    assert Cipher(Key(bytes(32)), "paper").opened("reason", sealed) is None


@pytest.mark.parametrize("text", ["a", "~" * 500, "\U0001d538" * 500, "zwölf Wörter"])
def test_any_text_is_sealed_as_one_token_and_opened_again(text: str) -> None:
    token = CIPHER.seal("reason", text)
    assert is_sealed(token)
    assert CIPHER.opened("reason", ciphertext_of(token)) == text


@pytest.mark.parametrize("ciphertext", ["A", "AAAA", "-_-_"])
def test_a_ciphertext_that_no_key_has_made_is_not_opened(ciphertext: str) -> None:
    assert CIPHER.opened("reason", ciphertext) is None


def test_the_secret_is_not_in_the_text_of_a_cipher() -> None:
    assert repr(CIPHER) == f"Cipher({CIPHER.key_id})"


def test_an_event_is_opened_in_its_nested_texts_and_stays_as_it_is_without_any(keys: PersonalKeys) -> None:
    envelope = SAMPLES["whence.signal.DecisionMade"]
    opener, token = Opener(keys), keys.sealing("paper").seal("reason", "the news")
    assert opener.envelope(envelope) is envelope
    assert isinstance(envelope.event, DecisionMade)
    vote = envelope.event.votes[0]
    votes = (replace(vote, reasons=(f"as {token} has it",)), *envelope.event.votes[1:])
    opened = opener.recorded(Recorded(1, replace(envelope, event=replace(envelope.event, votes=votes))))
    assert isinstance(opened.envelope.event, DecisionMade)
    assert opened.envelope.event.votes[0].reasons == ("as the news has it",)
    assert opened.envelope.event.verdict is envelope.event.verdict


def test_a_sealed_text_without_its_key_and_one_that_was_moved_are_named(keys: PersonalKeys) -> None:
    cipher = keys.sealing("paper")
    moved = cipher.seal("reason", "the news").replace("~reason", "~actor")
    opener = Opener(keys)
    assert opener.opened(f"by {moved}") == f"by [sealed: not the actor that key {cipher.key_id} has sealed]"
    assert opener.opened(NEWS) == f"[sealed: key {CIPHER.key_id} is not here]"


def test_a_new_key_seals_where_the_others_are_left_out_and_a_removed_one_is_gone(keys: PersonalKeys) -> None:
    first = keys.sealing("paper")
    assert keys.sealing("paper").key_id == first.key_id
    second = keys.sealing("paper", {first.key_id})
    assert list(keys.of("paper")) == [first.key_id, second.key_id]
    assert (keys.remove("paper", second.key_id), keys.remove("paper", second.key_id)) == (True, False)
    assert keys.sealing("paper").key_id == first.key_id
    assert list(keys.every()) == [first.key_id]


def test_a_key_that_others_may_read_is_refused(keys: PersonalKeys) -> None:
    keys.sealing("paper")
    (file,) = (keys.path / "paper").iterdir()
    file.chmod(0o644)
    with pytest.raises(KeyRefused, match="can be read by other users"):
        Opener(keys).opened(NEWS)
