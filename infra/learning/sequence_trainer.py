"""The member of sequences among the trained members of an ensemble."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from msgspec import Raw

from domain.models.sequence_member import SequenceMember
from infra.learning.dataset import Dataset
from infra.learning.histories import histories
from infra.learning.members import HeadArrays, Lesson, Rows, TrainedMember
from infra.learning.sequence_training import train_sequence

_AT_ONCE: Final = 4_096


def lstm(lesson: Lesson) -> TrainedMember:
    """An LSTM by PyTorch. It predicts by our own walk of its weights, as a score does.

    Raises MissingParts where PyTorch is not installed, InvalidInput for too few rows.
    """
    found = train_sequence(lesson.dataset, lesson.rows, lesson.weights, lesson.settings.sequence, lesson.seed)
    member = SequenceMember(found.content, len(lesson.dataset.features))

    def predict(dataset: Dataset, wanted: Rows) -> HeadArrays:
        places = histories(dataset.instruments, dataset.signal_at, found.content.rows)
        parts = [
            member.predict_all(dataset.x[chosen], chosen >= 0)
            for first in range(0, len(wanted), _AT_ONCE)
            if len(chosen := places[wanted[first : first + _AT_ONCE]])
        ]
        return HeadArrays(
            *(np.concatenate([getattr(one, head) for one in parts]) for head in HeadArrays._fields)
        )

    return TrainedMember(Raw(msgspec.json.encode(found.content, order="sorted")), predict)
