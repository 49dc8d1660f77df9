"""The recording of a live run: the tape of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from adapters.inputs.batch import TapedInput
from commands.account import OpenAccount
from commands.input_tape import SessionBegun, Taped
from commands.inputs import MarketMoved, Relisted
from commands.instrument import ListInstrument
from commands.opening import OpenLog
from commands.settings import ChangeSettings
from commands.stimulus import Ask, Stimulus
from domain.candle import Candle
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.log import LogReader
from domain.opening import LogOpened
from domain.settings import Settings
from infra.run.origin import of_this_log
from infra.run.recording import Recording, SourceLog
from infra.run.stake import Stake


def recorded_inputs(log: LogReader, tape: Callable[[], Iterable[TapedInput]]) -> Recording:
    """The recording of this log. `tape` reads its tape of inputs from the beginning, at each call.

    Raises InvalidInput where the tape does not begin with the opening of the log, or holds no candle; and what reading
    the tape raises.
    """
    found, total, has_candles = FoundOpening(), 0, False
    for taped in of_this_log(tape(), log):
        total += 1
        found.take(taped.given)
        has_candles = has_candles or _has_candles(taped.given)
    source = found.source()
    if not has_candles:
        raise InvalidInput(
            "the tape of inputs holds no candle, so the simulated exchange could fill no order: a what-if needs a log "
            "of `whence paper`, `whence paper --live` or `whence live`"
        )
    return Recording(
        opening=source.opening,
        account=source.account,
        stake=source.stake,
        settings=source.settings,
        instruments=source.instruments,
        inputs=lambda: _given(of_this_log(tape(), log)),
        total=total,
        is_live=True,
    )


class FoundOpening:
    """Finds in the inputs of a tape how its log was opened, and which instruments were listed."""

    def __init__(self) -> None:
        self._opening: LogOpened | None = None
        self._stake: Stake | None = None
        self._settings = Settings()
        self._listed: dict[str, Instrument] = {}
        self._account = ""

    @property
    def is_complete(self) -> bool:
        """Whether the opening was among the inputs so far."""
        return self._opening is not None and self._stake is not None

    def take(self, given: Taped) -> None:
        """Takes the next input, from the first session of the log on.

        Raises InvalidInput where that session did not open the log.
        """
        if isinstance(given, SessionBegun):
            self._check_session(given)
        elif isinstance(given, Relisted) or (isinstance(given, Stimulus) and self._opening is None):
            for ask in given.asks:
                self._ask(ask)

    def source(self) -> SourceLog:
        """The log as it was opened. Raises InvalidInput where the opening was not among the inputs."""
        if self._opening is None or self._stake is None:
            raise InvalidInput("the tape of inputs does not hold the opening of this log")
        return SourceLog(
            opening=self._opening,
            account=self._account,
            stake=self._stake,
            settings=self._settings,
            instruments=list(self._listed.values()),
        )

    def _check_session(self, session: SessionBegun) -> None:
        if not self._account and session.folded:
            raise InvalidInput(
                f"the tape of inputs begins after event {session.folded} of the log: the inputs before it were removed "
                "(inputs_days), and a what-if or a shadow needs all of them, from the opening of the log on"
            )
        self._account = session.account

    def _ask(self, ask: Ask) -> None:
        match ask.command:
            case OpenLog(opening=opened):
                self._opening = opened
            case OpenAccount(currency=currency, balance=balance, leverage=leverage):
                self._stake = Stake(currency, balance, leverage)
            case ChangeSettings(settings=settings):
                self._settings = settings
            case ListInstrument(instrument=instrument):
                self._listed.setdefault(instrument.id, instrument)
            case _:
                pass


def _has_candles(given: Taped) -> bool:
    return isinstance(given, MarketMoved) and any(isinstance(event, Candle) for event in given.events)


def _given(tape: Iterable[TapedInput]) -> Iterator[Taped]:
    return (taped.given for taped in tape)
