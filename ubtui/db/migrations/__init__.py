"""Numbered schema steps; each gives its statements in the words of one database."""
