"""Files of typed records of fixed width: one declaration, read and written."""
