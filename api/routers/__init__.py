"""One router for each kind of door."""
