"""The page on which networks race against each other."""
