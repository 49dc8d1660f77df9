"""Signals from outside over HTTP: sources and their credentials, bodies, idempotency keys, and what a source's settings
complete.
"""
