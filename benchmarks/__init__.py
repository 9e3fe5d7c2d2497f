"""Ratios taken in one run, peer beside product; nothing here asserts a time."""
