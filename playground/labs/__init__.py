"""What the labs compute: one idea a module, in NumPy."""
