"""What the units and weights of one network compute, as arrays to be drawn."""
