"""Only what ubtui uses of Peewee's extensions, typed as it uses it."""
