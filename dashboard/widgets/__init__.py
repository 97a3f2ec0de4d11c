"""Fields, settings, messages and tables that pages share."""
