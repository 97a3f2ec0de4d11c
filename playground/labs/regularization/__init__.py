"""Penalties, dropout and polynomial ridge regression."""
