"""A neuron, a dense layer and the coffee network computed step by step."""
