"""The rows of a log in a database, each verified as it is read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping

from adapters.log.content import Content
from adapters.log.mark_rows import Source, Verifier, naming
from adapters.log.recorder_log import Refusals, Row
from adapters.log.storage import is_of_a_copy, is_of_an_unproven_copy
from adapters.marks.key_folder import Keys
from adapters.marks.mark import Link


class VerifiedRows(Source):
    """What `Rows` promises of a database whose rows and marks its subclass reads. Each error names the log."""

    def __init__(self, log: object, keys: Keys, content: Content) -> None:
        """`log` is the path or the address of the log."""
        self._log = log
        self._verifier = Verifier(self, keys, content)

    def bind_to(self, owned: Callable[[], bytes]) -> None:
        """See `Verifier`; for the owner, who reads on where another writer came first."""
        self._verifier.bind_to(owned)

    def head(self) -> int:
        """See `Rows`. Raises MarkRefused where the last events were removed, or events were inserted."""
        with naming(self._log):
            return self._verifier.head()

    def arrived(self) -> int:
        """See `Rows`."""
        return self.head()

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`. Raises LogCorrupt where an ordinal is missing or its mark is not valid."""
        with naming(self._log):
            yield from self._verifier.rows(after, upto)

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`. Raises LogCorrupt where a mark is not valid."""
        with naming(self._log):
            yield from self._verifier.stream_rows(stream, after)

    def own(self, since: Link = Link()) -> Link:  # noqa: B008  (immutable)
        """The end of the chain of marks. Raises MarkRefused, NotSealed, KeyMissing; see `Verifier`."""
        with naming(self._log):
            return self._verifier.own(since)

    def link(self, ordinal: int) -> Link | None:
        """See `Rows`."""
        with naming(self._log):
            return self._verifier.link(ordinal)

    def end(self, upto: int) -> Link:
        """See `Verifier`."""
        with naming(self._log):
            return self._verifier.end(upto)

    def is_copy(self) -> bool:
        """See `Rows`."""
        return is_of_a_copy(self.storage())

    def is_unproven(self) -> bool:
        """See `Rows`."""
        return is_of_an_unproven_copy(self.storage())

    def unverified(self) -> str:
        """See `Rows`."""
        return self._verifier.unverified()

    def refused(self) -> Mapping[int, str]:
        """See `Rows`; empty, because an event that is not accepted is an error."""
        return {}

    def refusals(self) -> Refusals:
        """See `Rows`; none."""
        return Refusals()

    @abstractmethod
    def wait(self, after: int, seconds: float) -> bool:
        """See `Rows`."""

    @abstractmethod
    def close(self) -> None:
        """See `Rows`."""

    @property
    def _is_marked(self) -> bool:
        return self._verifier.has_marks
