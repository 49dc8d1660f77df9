"""Secrets that a person has put elsewhere: in files of a folder, in the system's keyring, or in Vault."""
