"""Sealed personal texts: no file of a run has them in plain, and no repeated request is carried out twice."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from adapters.personal.keys import PersonalKeys
from adapters.personal.opener import Opener
from adapters.snapshots import Snapshots
from commands.door import Completed
from commands.request import (
    ClosePosition,
    ForgetPersonalKey,
    PlaceOrder,
    Request,
    ResetKillSwitch,
    TripKillSwitch,
)
from domain.account import KillSwitchTripped, PersonalKeyForgotten
from domain.errors import KeyRefused
from domain.order import OrderPlaced
from domain.sealed import is_sealed
from tests.domain.history import BTC, ETH, D
from tests.infra.run.private_desk import ACTOR, REASON, PrivateDesk
from tests.infra.run.test_manual import LIMIT, MARKET
from tests.journeys.conftest import address_of
from tests.replacing import replace


@pytest.fixture
def desk(tmp_path: Path) -> PrivateDesk:
    return PrivateDesk(tmp_path)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot is written at a stop for ten events."""
    monkeypatch.setattr("infra.run.snapshots.Snapshots", partial(Snapshots, events=100))


def placed(desk: PrivateDesk) -> int:
    """The number of orders that the log has placed, protection left out."""
    return sum(
        isinstance(one.envelope.event, OrderPlaced) and one.envelope.event.parent is None
        for one in desk.events()
    )


def trades(desk: PrivateDesk) -> None:
    """Enters, closes, and trips and resets the kill switch."""
    desk.completes(PlaceOrder(LIMIT), "in")
    desk.passes(2)
    desk.completes(ClosePosition(f"{BTC}-LONG-1", REASON), "out")
    desk.passes(2)
    desk.completes(TripKillSwitch(REASON), "trip")
    desk.declined(PlaceOrder(LIMIT), "too-late")
    desk.completes(ResetKillSwitch(REASON), "reset")


@pytest.mark.usefixtures("few")
def test_log_tape_and_snapshot_of_a_sealed_run_hold_no_plain_text(desk: PrivateDesk) -> None:
    with desk.run():
        trades(desk)
    assert desk.files_with(ACTOR) == desk.files_with(REASON) == []
    assert {"log.db", "log.db.snapshot"} <= set(desk.files_with("~reason."))
    taped = desk.taped()
    assert ACTOR not in taped
    assert REASON not in taped
    assert taped.count("~reason.") == 3
    tripped = [one.envelope for one in desk.events() if isinstance(one.envelope.event, KillSwitchTripped)]
    assert [is_sealed(one.meta.actor) for one in tripped] == [True]


@pytest.mark.usefixtures("few")
def test_log_tape_and_snapshot_of_a_plain_run_hold_the_texts_that_a_sealed_run_hides(
    desk: PrivateDesk,
) -> None:
    with desk.run(seals=False):
        trades(desk)
    assert {"log.db", "log.db.snapshot"} <= set(desk.files_with(ACTOR)) & set(desk.files_with(REASON))
    taped = desk.taped()
    assert ACTOR in taped
    assert taped.count(REASON) == 3
    assert desk.files_with("~reason.") == []


@pytest.mark.parametrize("kind", ["sqlite", "kafka"])
def test_a_sealed_run_is_replayed_byte_for_byte_without_its_keys(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    desk = PrivateDesk(tmp_path, address_of(kind, request, tmp_path))
    with desk.run():
        trades(desk)
    for key_id in desk.keys.of("paper"):
        assert desk.keys.remove("paper", key_id)
    replay = desk.replay()
    assert (replay.difference, replay.ordinal) == (None, len(desk.events()))


def test_a_request_that_is_repeated_after_a_restart_is_answered_and_not_carried_out_again(
    desk: PrivateDesk,
) -> None:
    with desk.run():
        first = desk.completes(PlaceOrder(LIMIT), "in")
        assert desk.completes(PlaceOrder(LIMIT), "in") == Completed("in", first.events, repeated=True)
    with desk.run():
        assert desk.completes(PlaceOrder(LIMIT), "in") == Completed("in", first.events, repeated=True)
    assert placed(desk) == 1


def test_two_people_who_use_one_key_have_a_request_each(desk: PrivateDesk) -> None:
    with desk.run():
        desk.completes(PlaceOrder(LIMIT), "in", "alice")
        other = PlaceOrder(replace(LIMIT, instrument=ETH, limit_price=D(3_000), stop=D(2_900), target=None))
        desk.completes(other, "in", "bob")
        assert desk.completes(PlaceOrder(LIMIT), "in", "alice").repeated
        assert desk.completes(other, "in", "bob").repeated
    assert placed(desk) == 2


@pytest.mark.parametrize("sealed_first", [True, False])
def test_a_request_repeated_after_sealing_was_switched_is_refused_and_not_carried_out(
    desk: PrivateDesk, sealed_first: bool
) -> None:
    with desk.run(seals=sealed_first):
        desk.completes(PlaceOrder(LIMIT), "in")
        desk.passes(2)
        desk.completes(ClosePosition(f"{BTC}-LONG-1", REASON), "out")
        desk.passes(2)
    orders = placed(desk)
    with desk.run(seals=not sealed_first):
        assert desk.declined(PlaceOrder(LIMIT), "in").startswith("Refused: the key in was used before")
    assert placed(desk) == orders


def test_a_request_repeated_after_its_key_file_was_lost_is_refused_and_not_carried_out(
    desk: PrivateDesk,
) -> None:
    with desk.run():
        desk.completes(PlaceOrder(LIMIT), "in")
        for key_id in desk.keys.of("paper"):
            desk.keys.remove("paper", key_id)
        assert desk.declined(PlaceOrder(LIMIT), "in").startswith("Refused: the key in was used before")
    assert placed(desk) == 1


def key_ids(desk: PrivateDesk) -> list[str]:
    return list(desk.keys.of("paper"))


def test_a_forgotten_key_is_removed_and_the_log_stays_as_it_was_and_is_replayed(desk: PrivateDesk) -> None:
    with desk.run():
        trades(desk)
        (key_id,) = key_ids(desk)
        before = [one.data for one in desk.events()]
        forgotten = ForgetPersonalKey(key_id, "eve has left")
        first = desk.completes(forgotten, "forget", "admin")
        assert [one.type for one in first.events] == ["whence.account.PersonalKeyForgotten"]
        assert key_id not in key_ids(desk)
        assert desk.completes(forgotten, "forget", "admin") == Completed(
            "forget", first.events, repeated=True
        )
        again = desk.completes(forgotten, "forget-2", "admin")
        assert (again.events, again.note) == ((), f"the key {key_id} is forgotten already")
    assert [one.data for one in desk.events()][: len(before)] == before
    replay = desk.replay()
    assert (replay.difference, replay.ordinal) == (None, len(before) + 1)


def test_who_forgot_a_key_and_why_can_still_be_read(desk: PrivateDesk) -> None:
    with desk.run():
        desk.completes(TripKillSwitch(REASON), "trip")
        (key_id,) = key_ids(desk)
        desk.completes(ForgetPersonalKey(key_id, "eve has left"), "forget", "admin")
    opener = Opener(desk.keys)
    opened = [opener.recorded(one).envelope for one in desk.events()]
    forgotten = next(one for one in opened if isinstance(one.event, PersonalKeyForgotten))
    assert (forgotten.meta.actor, forgotten.event) == ("admin", PersonalKeyForgotten(key_id, "eve has left"))
    tripped = next(one for one in opened if isinstance(one.event, KillSwitchTripped))
    gone = f"[sealed: key {key_id} is not here]"
    assert (tripped.meta.actor, tripped.event) == (gone, KillSwitchTripped(gone))


@pytest.mark.parametrize("request_", [PlaceOrder(LIMIT), TripKillSwitch(REASON)])
def test_a_request_repeated_after_its_key_was_forgotten_is_refused_and_not_carried_out(
    desk: PrivateDesk, request_: Request
) -> None:
    with desk.run():
        desk.completes(request_, "once")
        (key_id,) = key_ids(desk)
        desk.completes(ForgetPersonalKey(key_id, "eve has left"), "forget", "admin")
        head = len(desk.events())
        for _restarted in range(2):
            assert desk.declined(request_, "once").startswith("Refused: the key once was used before")
    with desk.run():
        assert desk.declined(request_, "once").startswith("Refused: the key once was used before")
    assert len(desk.events()) == head


def test_a_start_removes_a_key_whose_forgetting_was_recorded_before_the_engine_died(
    desk: PrivateDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def dies(_keys: PersonalKeys, _account: str, _key_id: str) -> bool:
        raise Died

    with desk.run():
        desk.completes(TripKillSwitch(REASON), "trip")
        (key_id,) = key_ids(desk)
        with monkeypatch.context() as patched:
            patched.setattr(PersonalKeys, "remove", dies)
            with pytest.raises(Died):
                desk.completes(ForgetPersonalKey(key_id, "eve has left"), "forget", "admin")
        assert key_id in key_ids(desk)
    assert isinstance(desk.events()[-1].envelope.event, PersonalKeyForgotten)
    with desk.run():
        assert key_id not in key_ids(desk)
        assert desk.completes(ForgetPersonalKey(key_id, "eve has left"), "forget", "admin").repeated


def test_a_key_that_cannot_be_removed_is_named_in_the_answer_and_removed_at_the_next_start(
    desk: PrivateDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_keys: PersonalKeys, _account: str, key_id: str) -> bool:
        raise KeyRefused(f"the key {key_id} cannot be removed: Read-only file system")

    with desk.run():
        (key_id,) = key_ids(desk)
        with monkeypatch.context() as patched:
            patched.setattr(PersonalKeys, "remove", full)
            answer = desk.completes(ForgetPersonalKey(key_id, "eve has left"), "forget")
        assert answer.note.startswith("a forgotten key is still there")
        assert key_id in key_ids(desk)
    with desk.run():
        assert key_id not in key_ids(desk)


def test_a_key_that_the_account_does_not_have_is_not_forgotten(desk: PrivateDesk) -> None:
    with desk.run():
        (key_id,) = key_ids(desk)
        answer = desk.declined(ForgetPersonalKey("0123456789abcdef", "a slip"), "forget")
        assert answer.endswith(f"has no key of personal texts with this id; it has: {key_id}")
    assert key_ids(desk) == [key_id]


def test_the_answer_to_its_sender_holds_the_plain_text(desk: PrivateDesk) -> None:
    with desk.run():
        desk.completes(TripKillSwitch(REASON), "trip")
        assert REASON in desk.declined(PlaceOrder(MARKET), "in")


def test_a_request_with_a_sealed_text_from_elsewhere_is_declined(desk: PrivateDesk) -> None:
    with desk.run():
        desk.completes(TripKillSwitch(REASON), "trip")
        stolen = next(one.envelope.meta.actor for one in desk.events() if is_sealed(one.envelope.meta.actor))
        for actor, reason in ((stolen, "mine"), (ACTOR, f"as {stolen} said")):
            assert "has a sealed text" in desk.declined(ResetKillSwitch(reason), "reset", actor)


def test_a_reason_of_500_characters_of_four_bytes_is_sealed_and_a_longer_one_is_declined(
    desk: PrivateDesk,
) -> None:
    with desk.run():
        desk.completes(TripKillSwitch("\U0001d538" * 500), "trip")
        assert "1 to 500 characters" in desk.declined(ResetKillSwitch("\U0001d538" * 501), "reset")


def test_the_kill_switch_trips_while_the_folder_of_keys_cannot_be_read(desk: PrivateDesk) -> None:
    with desk.run():
        (file,) = (desk.keys.path / "paper").iterdir()
        file.chmod(0o644)
        desk.completes(TripKillSwitch(REASON), "trip")
        file.chmod(0o600)
    assert desk.files_with(REASON) == []
