"""Comparisons of several runs: leaderboards, differences of settings, importances, data leakage."""
