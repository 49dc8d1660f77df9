"""Announcements of the processes of a log: each process states regularly that it runs, and how it is."""
