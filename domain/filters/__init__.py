"""Filters: what the market was like at an entry, as figures of its signal that the committees judge.

Each filter has its figures in a file of this folder and its limit in `domain/committees/filters.py`.
"""
