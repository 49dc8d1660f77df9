"""Limits of the account: groups of instruments, correlated positions, and losses in a row."""
