"""Scores of a network on validation examples: confusion matrix, calibration, errors, robustness."""
