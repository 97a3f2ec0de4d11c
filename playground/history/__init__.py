"""Events of a run, their columns over the epochs, and aggregation over seeds."""
