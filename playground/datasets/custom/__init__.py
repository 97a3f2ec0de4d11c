"""Tables and points that a user brings: reading, column types, encoding, storage."""
