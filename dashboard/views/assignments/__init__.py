"""Assignments: what a teacher sets, and how a student sees it."""
