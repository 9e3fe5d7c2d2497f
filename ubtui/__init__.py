"""The billing desk of a small water district, in a terminal."""
