"""The model of a what-if or a shadow: one that is the champion from the opening of its log on, or none.

The models of the recorded run have no role there, and requests of people about models are not fed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from commands.model import PutInRole, RegisterModel, promotion
from commands.routes import Command
from domain.log import LogReader
from domain.model import NO_MODELS, ModelEvent, ModelRegistered, ModelRole, ModelsInForce, in_force_after
from domain.plain_text import counted, is_or_are
from domain.scored import ScoreOutcome, SignalScored

REASON = "the model of this what-if"
"""The reason of its registration and of its promotion."""


@dataclass(frozen=True, slots=True)
class OtherModel:
    """`registration` is that of the champion; None where no model scores."""

    registration: RegisterModel | None = None

    @property
    def form(self) -> str:
        """What identifies it beside the settings: the SHA-256 of its file, or `none`."""
        return "none" if self.registration is None else self.registration.sha256

    @property
    def commands(self) -> Sequence[Command]:
        """The commands of the opening that put it in force. Whether it passed its gate does not matter here."""
        known = self.registration
        if known is None:
            return ()
        return known, _in_force(known)

    @property
    def words(self) -> str:
        """What the log has otherwise, for its report."""
        known = self.registration
        if known is None:
            return "no model"
        return f"the model {known.sha256[:12]} ({known.name}, {known.feature_set}) as the champion"


def _in_force(known: RegisterModel) -> PutInRole:
    return promotion(known.name, known.sha256, ModelRole.CHAMPION, REASON, "", "", unproven=True)


def model_words(control: LogReader, candidate: LogReader) -> Iterator[str]:
    """What a candidate's log has otherwise as to the champion at its end, one text or none."""
    before, after = (_in_force_at_end(one).champion for one in (control, candidate))
    if before == after:
        return
    named = "no model" if after is None else f"the model {after.sha256[:12]} ({after.name}) as the champion"
    instead = "" if before is None else f" in place of {before.sha256[:12]} ({before.name})"
    yield f"{named}{instead}"


def _in_force_at_end(log: LogReader) -> ModelsInForce:
    found = NO_MODELS
    for recorded in log.read():
        if isinstance(event := recorded.envelope.event, ModelEvent):
            found = in_force_after(found, event)
    return found


def model_notes(candidate: LogReader) -> Sequence[str]:
    """What the figures of a candidate with a model of its own stand on: the outcomes of its scores, and how many are of
    the time of its training. None for a log without such a model.
    """
    registered: ModelRegistered | None = None
    outcomes, known_before = Counter[ScoreOutcome](), 0
    for recorded in candidate.read():
        event, at = recorded.envelope.event, recorded.envelope.meta.recorded_at
        if isinstance(event, ModelRegistered) and event.reason == REASON:
            registered = event
        elif isinstance(event, SignalScored) and registered is not None:
            outcomes[event.outcome] += 1
            known_before += at <= registered.data_until
    return () if registered is None else _sentences(registered, outcomes, known_before)


def _sentences(
    registered: ModelRegistered, outcomes: Counter[ScoreOutcome], known_before: int
) -> Sequence[str]:
    listed = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))
    found = [
        f"The model {registered.sha256[:12]} scored {counted(outcomes.total(), 'signal')}: {listed or 'none'}."
    ]
    if known_before:
        found.append(
            f"{counted(known_before, 'signal')} of them {is_or_are(known_before)} from before "
            f"{registered.data_until:%Y-%m-%d %H:%M} UTC, the last signal that the model was trained on: what it lets "
            "through there is no forecast."
        )
    return found
