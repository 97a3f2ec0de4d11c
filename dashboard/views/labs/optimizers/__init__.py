"""The lab Optimizers."""
