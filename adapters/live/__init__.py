"""The end of the log as it happens: followed once for this process, handed to as many as ask."""
