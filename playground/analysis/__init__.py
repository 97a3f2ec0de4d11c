"""Pure functions from a network or a history to numbers and verdicts."""
