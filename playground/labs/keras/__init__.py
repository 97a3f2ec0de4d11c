"""Lab computations by real Keras and TensorFlow; called in workers, where alone they are loaded."""
