"""Audit reports: the figures of `projections/reports` with their trail and checkpoint, as a page, JSON or PDF."""
