"""Activations, losses, initializers, optimizers, schedules as tables; a network in NumPy."""
