"""Lessons, their checks and questions, assignments, submissions, gradebook."""
