"""The page that shows the data, one view a module."""
