"""Activation functions: curves, facts, signal propagation over depth, dying ReLU units."""
