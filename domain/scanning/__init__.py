"""Detectors of sudden moves: each reads one instrument's candles and reports the few closes at which something began.

A detector is cheap enough for a hundred instruments at once: it holds the last closes and volumes, and computes
averages only where the move itself is great enough. The strategies `momentum` and `explosion` wrap the detectors. As
for indicators there is a streaming form and a form of one pass, and both report the same to the bit.
"""

from __future__ import annotations

from domain.scanning.cooldown import Cooldown
from domain.scanning.explosion import Explosion, ExplosionDetector, ExplosionLimits, explosions
from domain.scanning.momentum import Momentum, MomentumDetector, MomentumLimits, candles_needed, momenta

__all__ = [
    "Cooldown",
    "Explosion",
    "ExplosionDetector",
    "ExplosionLimits",
    "Momentum",
    "MomentumDetector",
    "MomentumLimits",
    "candles_needed",
    "explosions",
    "momenta",
]
