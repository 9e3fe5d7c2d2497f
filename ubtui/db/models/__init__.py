"""Peewee models, one file an area; they mirror the migrations and never leave this room."""
