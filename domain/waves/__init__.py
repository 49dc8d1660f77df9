"""Elliott waves: counts of the waves between confirmed swings.

See docs/decisions/0100-how-waves-are-counted.md.
"""

from __future__ import annotations

from domain.waves.count import WaveCount
from domain.waves.counter import WaveCounter, wave_counts

__all__ = ["WaveCount", "WaveCounter", "wave_counts"]
