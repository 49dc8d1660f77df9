"""Precision and recall of the suspicions on planted manipulation: `python -m tests.domain.book.analysis.planted`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.manipulation import Suspicion
from domain.book.analysis.walls import Way
from domain.book.depth import Depth
from tests.domain.book.flow import NAME, Episode, Flow, Message, Spoofer

LATE_MS = 3_000
"""So long after an episode its suspicion still counts."""
MESSAGES = 6_000
CASES: Mapping[str, Spoofer | None] = {
    "nothing planted": None,
    "walls of 20 medians": Spoofer(every_ms=100_000, multiple=20.0),
    "walls of 12 medians": Spoofer(every_ms=100_000, multiple=12.0),
    "walls of 8 medians": Spoofer(every_ms=100_000, multiple=8.0),
    "walls of 15 medians for 0.25 s": Spoofer(every_ms=100_000, stands_ms=250),
    "ladders of 5 walls of 15 medians": Spoofer(every_ms=100_000, layers=5, times=3),
}


@dataclass(frozen=True)
class Found:
    """The suspicions of some flows: `right` of all lie in an episode, `hit` of the `episodes` have one."""

    suspicions: int
    right: int
    episodes: int
    hit: int
    hours: float


def suspicions_of(messages: Sequence[Message], name: str = NAME) -> list[Suspicion]:
    analysis = BookAnalysis(name)
    found: list[Suspicion] = []
    for one in messages:
        if isinstance(one, Depth):
            found += analysis.on_depth(one)
        else:
            analysis.on_trade(one)
    return found


def is_of(one: Suspicion, episode: Episode) -> bool:
    return episode.begin <= one.at <= episode.end + LATE_MS and (one.way is Way.BID) is episode.is_bid


def judged(spoofer: Spoofer | None, seeds: Sequence[int], messages: int = MESSAGES) -> Found:
    suspicions = right_ones = episodes = hits = 0
    hours = 0.0
    for seed in seeds:
        flow = Flow(seed, levels=100, step_ms=100.0, spoofer=spoofer)
        taken = list(flow.messages(messages))
        found = suspicions_of(taken)
        right = [one for one in found if any(is_of(one, episode) for episode in flow.episodes)]
        hit = [episode for episode in flow.episodes if any(is_of(one, episode) for one in found)]
        suspicions += len(found)
        right_ones += len(right)
        episodes += len(flow.episodes)
        hits += len(hit)
        hours += (taken[-1].matched_ms - taken[0].matched_ms) / 3_600_000
    return Found(suspicions, right_ones, episodes, hits, hours)


if __name__ == "__main__":
    for name, spoofer in CASES.items():
        found = judged(spoofer, range(10, 15))
        print(  # noqa: T201  # the table of docs/book-analysis.md
            f"| {name} | {found.hours:.2f} | {found.episodes} | {found.suspicions} | {found.right} | {found.hit} |"
        )
