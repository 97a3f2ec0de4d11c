"""The Overfitting page: why a network that knows its examples by heart knows little."""
