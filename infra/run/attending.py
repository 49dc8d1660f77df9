"""The base of every run: an engine with its driver, and a door: the object through which requests reach the engine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime

from adapters.mailbox import Mailbox
from commands.door import Answer
from commands.driver import Driver
from commands.inputs import RequestMade
from commands.request import Requested
from commands.world import World
from infra.run.personal import PersonalTexts


class Attending:
    """A run belongs to the thread that owns its log; any thread may send requests through its door.

    `at` is the market's time (UTC).
    """

    def __init__(self, driver: Driver, clock: Callable[[], datetime], at: datetime) -> None:
        self.driver, self.at = driver, at
        self._clock, self._mailbox = clock, Mailbox()
        self._personal, self._has_removed = PersonalTexts(), False

    def keep_personal(self, personal: PersonalTexts) -> None:
        """Takes requests through `personal` from now on, which seals what people write. Call it before any request."""
        self._personal = personal

    @property
    def world(self) -> World:
        """The state folded from the log."""
        return self.driver.engine.world

    @property
    def recalling(self) -> bool:
        """Whether the run is still recalling events that the log holds already."""
        return self.driver.engine.recalling

    @property
    def door(self) -> Mailbox:
        """Takes requests from any thread; `attend` answers them."""
        return self._mailbox

    def attend(self, patience: float = 0) -> int:
        """Answers waiting requests and those that arrive within `patience` seconds; returns the number of answers.

        It answers no request while the log is recalled, because the state at the log's end is not known yet. A call
        with patience also checks that this process still owns the log. Raises the log's errors.
        """
        if patience > 0:
            self.driver.check()
        if not self._has_removed and not self.recalling:
            self._has_removed = True
            self._personal.remove_forgotten(self.world)
        if patience <= 0 and self._mailbox.is_empty:
            return 0
        return 0 if self.recalling else self._mailbox.answer_all(self.answer, patience)

    def answer(self, requested: Requested) -> Answer:
        """Seals and carries out one request on this thread; raises the log's errors."""
        return self._personal.answered(requested, self.world, self._carried_out)

    def _carried_out(self, requested: Requested) -> Answer:
        """The answer to a request whose personal texts are sealed."""
        answer = self.driver.handle(RequestMade(self.at, self._clock(), requested))
        assert answer is not None
        return answer

    def close(self, why: str = "the engine has stopped") -> None:
        """Refuses waiting and later requests with this reason; idempotent."""
        self._mailbox.close(why)

    @contextmanager
    def closed_on_failure(self) -> Generator[None]:
        """Closes the door with the reason where the body raises."""
        try:
            yield
        except Exception as fault:
            self.close(f"the engine stopped: {fault}")
            raise
