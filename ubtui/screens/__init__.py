"""What the technician sees: one file a screen, each holding a desk."""
