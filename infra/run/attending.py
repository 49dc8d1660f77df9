"""What every run has in common: an engine with its driver, and a door at which requests are answered."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime

from adapters.mailbox import Mailbox
from commands.door import Answer, Door
from commands.driver import Driver
from commands.inputs import RequestMade
from commands.request import Requested
from commands.world import World


class Attending:
    """A run on the thread that owns its log; its door may be used from any. `at` is the market's clock (UTC)."""

    def __init__(self, driver: Driver, clock: Callable[[], datetime], at: datetime) -> None:
        self.driver, self.at = driver, at
        self._clock, self._mailbox = clock, Mailbox()

    @property
    def world(self) -> World:
        """The state that the log adds up to."""
        return self.driver.engine.world

    @property
    def recalling(self) -> bool:
        """Whether the log still holds what the tape leads to."""
        return self.driver.engine.recalling

    @property
    def door(self) -> Door:
        """Where requests go in, from any thread; `attend` answers them."""
        return self._mailbox

    def attend(self, patience: float = 0) -> int:
        """Answers the requests that wait, and those that come within `patience` seconds; returns how many.

        While the log is recalled nobody is answered: the state at its end is not known yet. Raises what the log raises.
        """
        if patience <= 0 and self._mailbox.is_empty:
            return 0
        return 0 if self.recalling else self._mailbox.answer_all(self.answer, patience)

    def answer(self, requested: Requested) -> Answer:
        """Carries one request out, on this thread; raises what the log raises."""
        answer = self.driver.handle(RequestMade(self.at, self._clock(), requested))
        assert answer is not None
        return answer

    def close(self, why: str = "the engine has stopped") -> None:
        """Answers no more requests: those that wait, and later ones, are refused with this reason; idempotent."""
        self._mailbox.close(why)

    @contextmanager
    def closed_on_failure(self) -> Generator[None]:
        """Closes the door with the reason where what is done within fails."""
        try:
            yield
        except Exception as fault:
            self.close(f"the engine stopped: {fault}")
            raise
