"""The Runs page: what was trained before, and what comes of comparing it."""
