"""What a backtest leaves out of its recording, in words: for the reports of backtest, what-if and shadow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from domain.plain_text import counted

_NOT_FED: Mapping[str, tuple[str, str, str]] = {
    "Funded": ("settlement", "of funding", "the exchange has not stated the rate"),
    "Reported": ("report", "of the exchange", "the simulated exchange makes its own"),
    "RequestMade": (
        "request",
        "of people",
        "about a difference with the exchange, or about a setting or model that this {run} changes itself",
    ),
    "Stimulus": (
        "command",
        "of the engine from its comparisons with the exchange, beginnings and ends included, and from its stops",
        "the simulated exchange is not compared, and a backtest does not stop",
    ),
}
"""What an input that a backtest leaves out is, and why it is left out, by the name of its class."""


NO_FUNDING = "No funding: the tape has none, so the figures are without it."
"""A recording states funding only where its own account held a position at a settlement, or in its candle files."""


def not_fed(left_out: Mapping[str, int], run: str = "what-if") -> Iterator[str]:
    """What a backtest has not taken from its recording, each kind with its number and the reason. `run` names it."""
    for name, count in sorted(left_out.items()):
        noun, of, reason = _NOT_FED[name]
        yield f"{counted(count, noun)} {of} ({reason.format(run=run)})"
