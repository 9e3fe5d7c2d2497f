"""The parts screens are made of: lists, tables, inputs, panels, the status bar."""
