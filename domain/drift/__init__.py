"""Drift: features that are distributed otherwise than in training, and outcomes that change."""
