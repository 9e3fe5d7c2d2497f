"""The eyes of the worklist: what is wrong today, told by predicates over the record."""
