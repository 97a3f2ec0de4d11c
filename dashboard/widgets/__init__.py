"""Fields, sidebar, messages and tables that pages share."""
