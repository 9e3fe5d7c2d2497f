"""The record: connection, schema, models; nothing above this room knows which database holds it."""
