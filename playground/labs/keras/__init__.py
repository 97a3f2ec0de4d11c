"""The labs' examples in real Keras and TensorFlow; imported in workers only."""
