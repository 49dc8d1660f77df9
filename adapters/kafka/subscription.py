"""Events as they are committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventsourcing.persistence import ListenNotifySubscription

if TYPE_CHECKING:
    from adapters.kafka.recorders import KafkaApplicationRecorder


class KafkaSubscription(ListenNotifySubscription["KafkaApplicationRecorder"]):
    """Woken by the writer of this process, or by the thread that follows somebody else's log."""

    def __init__(
        self, recorder: KafkaApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        recorder.store.history.listen(self._has_been_notified)
        # An event committed after the first look and before listening began would else wait for the next one.
        self._has_been_notified.set()

    def stop(self) -> None:
        """End the iteration and the thread behind it."""
        self._recorder.store.history.unlisten(self._has_been_notified)
        super().stop()
