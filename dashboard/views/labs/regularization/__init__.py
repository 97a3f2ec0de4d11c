"""The lab Regularization."""
