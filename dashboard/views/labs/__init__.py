"""Labs: one idea each, moved by hand and seen at once."""
