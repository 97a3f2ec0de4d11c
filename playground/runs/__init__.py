"""Execution of training runs: cluster, workers, run loop, logger, race, sweep.

TensorFlow is imported only inside a worker.
"""
