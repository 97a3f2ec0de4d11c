"""The lab By hand."""
