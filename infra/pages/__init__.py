"""HTML pages in one self-contained file: the frame with its style sheet, tables, and charts as SVG.

`frame.render` fills a template of `templates/`; a page's template begins with `{% extends "frame.html" %}`.
"""
