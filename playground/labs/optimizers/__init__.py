"""Update rules, gradient descent and trajectories on loss surfaces."""
