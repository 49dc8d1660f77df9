"""A subscription to committed events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventsourcing.persistence import ListenNotifySubscription

if TYPE_CHECKING:
    from adapters.kafka.recorders import KafkaApplicationRecorder


class KafkaSubscription(ListenNotifySubscription["KafkaApplicationRecorder"]):
    """Notified by the writer of this process, or by the thread that follows another process's writes."""

    def __init__(
        self, recorder: KafkaApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        recorder.store.history.listen(self._has_been_notified)
        # Otherwise an event committed between the first read and `listen` would only arrive with the next event.
        self._has_been_notified.set()

    def stop(self) -> None:
        """Ends the iteration and the thread behind it."""
        self._recorder.store.history.unlisten(self._has_been_notified)
        super().stop()
