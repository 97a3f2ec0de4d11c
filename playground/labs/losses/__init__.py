"""Loss functions and their gradients for regression and classification."""
