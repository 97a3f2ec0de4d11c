"""The database of runs: schema, serialization, store, query, retention, signing key."""
