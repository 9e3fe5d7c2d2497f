"""The tests mirror the tree; journeys/ holds whole days at the desk."""
