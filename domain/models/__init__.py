"""Learnt scores: what a model returns for a signal, and the models that are files of plain JSON."""
