"""The page that shows what happens in a network, one view a module."""
