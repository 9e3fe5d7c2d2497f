"""Files into the record: read, judged row by row, written unreleased in small chunks, released by one act."""
