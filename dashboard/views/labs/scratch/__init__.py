"""The lab From scratch."""
