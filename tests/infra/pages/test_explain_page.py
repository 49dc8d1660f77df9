"""The page of an explanation: facts and chart in one file, hostile texts escaped, readable in a narrow window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from adapters.tapes import synthetic_tape
from domain.order import OrderFilled
from domain.position import PositionClosed
from domain.signal import DecisionMade, Verdict
from infra.cli.wording import PLAIN_WORDS
from infra.log_candles import Found
from infra.pages.candle_chart import Role
from infra.pages.explain_page import explain_page
from infra.pages.moment import Moment, moments_of
from projections.explained.explained import Explained
from projections.sentences import plain
from tests.browser import Visit
from tests.projections.test_explained import eager, facts, last, usual
from tests.replacing import replace

LOG_ID = UUID("0d0c2e6a-7f0b-5c49-9a53-6a3d4b1f2e10")
TAPES = {tape.instrument: tape.candles for tape in synthetic_tape(7, candles=900)}


def page_of(found: Explained, *notices: str) -> str:
    charted = [(moment, candles_of(moment)) for moment in moments_of(found)]
    return explain_page(found, LOG_ID, notices, charted)


def candles_of(moment: Moment) -> Found:
    candles = [
        one
        for one in TAPES[moment.instrument]
        if moment.begin < one.close_time and one.open_time < moment.end
    ]
    return Found(candles, "Candles: the tape.")


def a_trade() -> Explained:
    return facts(eager(), last(eager(), PositionClosed).meta.stream)


def a_refusal() -> Explained:
    log = usual()
    return facts(
        log,
        next(
            one.meta.correlation_id
            for one in log.envelopes
            if isinstance(one.event, DecisionMade) and one.event.verdict is Verdict.SKIP
        ),
    )


def test_the_chart_of_a_trade_has_entry_exit_stop_and_target_with_their_prices() -> None:
    found = a_trade()
    page = page_of(found)
    (position, *_) = found.positions
    assert position.exit is not None
    for role, price in (
        ("entry", position.entry),
        ("exit", position.exit),
        ("stop", position.levels[0].stop),
        ("target", position.levels[0].target),
    ):
        assert price is not None
        assert f">{role} {plain(round(price, 4))}</text>" in page
    fills = [one for one in found.orders for _ in one.fills]
    assert page.count('class="mark ') == 2 * len(fills)
    assert page.count("<svg ") == 2 * len(moments_of(found))


def test_the_page_has_plain_words_in_place_of_the_codes_of_the_exchange_as_the_terminal_has() -> None:
    found = a_trade()
    assert any("CancelByTpSlTsClear" in step.line for step in found.steps)
    page = page_of(found)
    assert "CancelByTpSlTsClear" not in page
    assert PLAIN_WORDS["CancelByTpSlTsClear"] in page


def test_the_page_has_every_step_vote_order_answer_and_result() -> None:
    found = a_trade()
    page = page_of(found, "SYNTHETIC")
    for step in found.steps:
        assert f"#{step.recorded.ordinal}</span>" in page
    for decision in found.decisions:
        for one in decision.votes:
            assert f">{one.vote.member} <span" in page
    for order in found.orders:
        assert page.count(f'<span class="id">{order.order_id}</span>') == 2
        for answer in order.answers:
            assert answer.cause in page
    for order in found.orders:
        for fill in order.fills:
            event = fill.envelope.event
            assert isinstance(event, OrderFilled)
            assert event.execution_id in page
    assert '<p class="notice">SYNTHETIC</p>' in page


def test_the_page_of_a_refused_signal_states_what_it_lacked_and_draws_what_it_proposed() -> None:
    found = a_refusal()
    page = page_of(found)
    (decision,) = found.decisions
    for margin in decision.to_pass:
        assert f'class="no id">{margin.reason}</td>' in page
    assert page.count('class="level entry proposed"') == 2
    (moment,) = moments_of(found)
    assert {(one.role, one.price) for one in moment.levels} == {
        (Role.ENTRY, decision.signal.price),
        (Role.STOP, decision.signal.stop),
        (Role.TARGET, decision.signal.target),
    }


def test_without_candles_the_page_states_why_there_is_no_chart() -> None:
    found = a_refusal()
    (moment,) = moments_of(found)
    page = explain_page(found, LOG_ID, (), [(moment, Found((), "The log does not hold its candles."))])
    assert "no chart. The log does not hold its candles." in page
    assert "<svg" not in page


def test_a_moved_stop_is_drawn_at_each_of_its_prices_while_it_held() -> None:
    found = a_trade()
    (position, *_) = found.positions
    first = position.levels[0]
    assert position.closed_at is not None
    assert first.stop is not None
    moved = first._replace(at=position.opened_at + timedelta(minutes=1), stop=first.stop + 1)
    two = position._replace(levels=[first, moved])
    levels = [one for one in moments_of(found._replace(positions=[two]))[0].levels if one.role is Role.STOP]
    assert [(one.price, one.since, one.until) for one in levels] == [
        (first.stop, first.at, moved.at),
        (first.stop + 1, moved.at, position.closed_at),
    ]


HOSTILE = "<img src=x onerror=alert(1)>\"'</style><script>alert(2)</script>"


def test_hostile_names_reasons_and_figures_are_escaped() -> None:
    found = a_refusal()
    (one,) = found.decisions
    assert one.decision is not None
    vote = replace(one.votes[0].vote, member=HOSTILE, reasons=(HOSTILE,), figures={HOSTILE: HOSTILE})
    hostile = one._replace(
        signal=replace(one.signal, strategy=HOSTILE, inputs={HOSTILE: 1.0}),
        decision=replace(one.decision, reasons=(HOSTILE,)),
        votes=[one.votes[0]._replace(vote=vote)],
        to_pass=[replace(one.to_pass[0], needed=HOSTILE, reason=HOSTILE)],
    )
    steps = [step._replace(line=HOSTILE, because=HOSTILE) for step in found.steps]
    page = page_of(found._replace(decisions=[hostile], steps=steps), HOSTILE)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("</style>") == 1
    assert page.count("&lt;script&gt;") > 8


def test_a_page_fits_a_wide_and_a_narrow_window_in_light_and_dark_and_requests_nothing(
    visitor: Visit, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page_of(a_trade()), encoding="utf-8")
    grounds = set[str]()
    page = visitor.page
    page.goto(file.as_uri())
    for width, shown, hidden in ((1400, "wide", "narrow"), (420, "narrow", "wide")):
        page.set_viewport_size({"width": width, "height": 900})
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert (width, overflow) == (width, 0)
        assert page.locator(f"svg.{shown}").first.is_visible()
        assert not page.locator(f"svg.{hidden}").first.is_visible()
    page.emulate_media(color_scheme="light")
    grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    page.emulate_media(color_scheme="dark")
    grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (visitor.requested, visitor.faults) == ([file.as_uri()], [])
    assert len(grounds) == 2


def test_a_story_without_instrument_has_no_moment() -> None:
    log = eager()
    opened = next(one for one in log.envelopes if one.meta.causation_id.startswith("clock:"))
    assert moments_of(facts(log, opened.meta.correlation_id)) == []
