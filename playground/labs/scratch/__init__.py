"""A network trained from scratch in NumPy, TensorFlow and Keras side by side."""
