"""The Lessons page, and the panel that stands above every page while a lesson is open."""
