"""The lab Activations."""
