"""Bills, notices and certificates: templates and their renderer."""
