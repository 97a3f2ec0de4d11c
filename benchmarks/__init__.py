"""Benchmarks behind the figures in docs/measurements.md: `python -m benchmarks NAME`."""
