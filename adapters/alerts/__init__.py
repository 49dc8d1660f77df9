"""Alerts that are sent to a person: what is to be sent, and the places it is sent to."""
