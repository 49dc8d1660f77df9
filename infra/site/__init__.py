"""The documentation site: the pages of `docs/`, and the reference and pictures that are made from the code."""
