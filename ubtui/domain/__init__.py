"""Values and rules of the trade, pure: no database, no screen, no file, no clock."""
