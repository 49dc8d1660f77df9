"""What is sent next, and within which limits: decisions at times that the tests give."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from adapters.telegram.alert import Alert
from adapters.telegram.content import Content
from adapters.telegram.level import Level
from adapters.telegram.outbox import BACKLOG, Outbox, ScreenUpdate, Sending
from adapters.telegram.pace import OF_A_GROUP, Pace
from adapters.telegram.text import MOST_TEXT, Text

USER, OTHER, GROUP = 7, 8, -100


def digest(_chat: int, alerts: Sequence[Alert], _doubtful: AbstractSet[str]) -> tuple[Content, int]:
    return Content(Text(" ".join(alert.id for alert in alerts))), len(alerts)


def alert(name: str, level: Level, *, alone: bool = False) -> Alert:
    def shown(may_repeat: bool) -> Content:
        return Content(Text(f"{name} again" if may_repeat else name))

    return Alert(name, level, None, shown, name, alone)


def outbox(*waiting: tuple[int, str, Level]) -> Outbox:
    box = Outbox(Pace(), digest)
    for chat, name, level in waiting:
        box.add(chat, alert(name, level))
    return box


def taken(box: Outbox, now: float) -> Sending:
    sending = box.next(now)
    assert sending is not None
    return sending


def sent(box: Outbox, now: float) -> str:
    sending = taken(box, now)
    box.done(sending, now)
    return sending.content.text.plain


def test_high_is_sent_before_what_arrived_earlier() -> None:
    box = outbox((USER, "low", Level.LOW), (USER, "medium", Level.MEDIUM), (USER, "high", Level.HIGH))
    assert [sent(box, now) for now in (0, 2, 4)] == ["high", "medium", "low"]


def test_a_chat_with_high_is_served_before_other_chats() -> None:
    box = outbox((USER, "low", Level.LOW), (OTHER, "high", Level.HIGH))
    assert taken(box, 0).chat == OTHER


def test_a_backlog_below_high_is_one_message_and_high_never_is() -> None:
    box = outbox(*((USER, f"m{n}", Level.MEDIUM) for n in range(BACKLOG)))
    assert sent(box, 0) == "m0 m1 m2 m3"
    high = outbox(*((USER, f"h{n}", Level.HIGH) for n in range(BACKLOG)))
    assert sent(high, 0) == "h0"


def test_a_screen_is_sent_in_turn_with_high_and_only_its_latest_content() -> None:
    box = outbox((USER, "h0", Level.HIGH), (USER, "h1", Level.HIGH))
    box.show(USER, ScreenUpdate(Content(Text("old")), 1))
    box.show(USER, ScreenUpdate(Content(Text("new")), 1))
    assert [sent(box, now) for now in (0, 2, 4)] == ["h0", "new", "h1"]


def test_a_chat_has_one_call_in_flight_and_one_message_a_second() -> None:
    box = outbox((USER, "a", Level.HIGH), (USER, "b", Level.HIGH))
    first = taken(box, 0)
    assert box.next(5) is None
    box.done(first, 5)
    assert box.next(5.9) is None
    assert sent(box, 6.1) == "b"


def test_a_group_gets_twenty_messages_a_minute() -> None:
    box = outbox(*((GROUP, f"h{n}", Level.HIGH) for n in range(OF_A_GROUP.calls + 1)))
    times = [2.0 * n for n in range(OF_A_GROUP.calls)]
    assert len([sent(box, now) for now in times]) == OF_A_GROUP.calls
    assert box.next(59) is None
    assert sent(box, 60.1) == "h20"


def test_the_bot_sends_thirty_messages_a_second() -> None:
    box = outbox(*((chat, "high", Level.HIGH) for chat in range(1, 32)))
    assert len([one for _ in range(31) if (one := box.next(0.0)) is not None]) == 30
    assert box.opens() == 1.05


def test_a_lost_answer_is_repeated_first_with_a_mark_and_longer_pauses() -> None:
    box = outbox((USER, "a", Level.MEDIUM), (USER, "b", Level.MEDIUM))
    box.again(taken(box, 0), 0)
    assert box.next(0.9) is None
    again = taken(box, 1.1)
    assert again.content.text.plain == "a again"
    box.again(again, 1.1)
    assert box.next(3) is None
    assert sent(box, 3.2) == "a again"
    assert sent(box, 5) == "b"


def test_a_refusal_with_a_time_is_repeated_after_it_without_a_mark() -> None:
    box = outbox((USER, "a", Level.HIGH))
    box.again(taken(box, 0), 0, seconds=30)
    assert box.next(29) is None
    assert sent(box, 30) == "a"


def test_a_group_with_another_id_keeps_what_waits() -> None:
    box = outbox((GROUP, "a", Level.HIGH), (GROUP, "b", Level.HIGH))
    taken(box, 0)
    box.move(GROUP, -200)
    assert (taken(box, 0).chat, box.waiting) == (-200, 2)


def test_what_waits_for_a_closed_chat_is_returned_in_the_order_of_sending() -> None:
    box = outbox((USER, "low", Level.LOW), (USER, "high", Level.HIGH), (USER, "high2", Level.HIGH))
    taken(box, 0)
    assert [one.id for one in box.drop(USER)] == ["high", "high2", "low"]
    assert box.waiting == 0


def test_an_alert_that_is_sent_alone_is_in_no_digest_and_keeps_its_place() -> None:
    box = outbox(*((USER, f"m{n}", Level.LOW) for n in range(BACKLOG)))
    box.add(USER, alert("picture", Level.LOW, alone=True))
    for n in range(BACKLOG):
        box.add(USER, alert(f"n{n}", Level.LOW))
    assert [sent(box, now) for now in (0, 2, 4)] == ["m0 m1 m2 m3", "picture", "n0 n1 n2 n3"]


def test_what_waits_under_both_ids_of_a_group_is_sent_in_order_under_the_new_one() -> None:
    new = -1000
    box = outbox((GROUP, "first", Level.HIGH), (GROUP, "second", Level.HIGH))
    assert taken(box, 0).chat == GROUP
    box.add(new, alert("third", Level.HIGH))
    box.move(GROUP, new)
    assert [sent(box, now) for now in (70, 140, 210)] == ["first", "second", "third"]


def test_a_text_that_a_message_has_no_room_for_is_cut() -> None:
    assert Content(Text("reason " * 2000)).text.length <= MOST_TEXT
