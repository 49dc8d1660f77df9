"""The typed log over any recorder of the `eventsourcing` library, chosen by an address."""
