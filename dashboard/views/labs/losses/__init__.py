"""The lab Losses."""
