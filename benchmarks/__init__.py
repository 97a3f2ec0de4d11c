"""Benchmarks of the README's figures: `python -m benchmarks NAME`."""
