"""Sizing: how much of an instrument an entry buys or sells.

The rules are in `size.py`, their settings in `settings.py`. `results.py` has what each closed trade made of what it
risked, `kelly.py` the share of the balance to risk that follows from it.
"""
