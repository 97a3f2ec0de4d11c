"""Scores of predictions and of histories, and the baselines they are compared with."""
