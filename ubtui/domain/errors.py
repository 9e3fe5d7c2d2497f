"""The one error that a value raises when it cannot be what it claims to be."""


class BadValue(ValueError):
    """A value is not acceptable; the message is one sentence with the place and the cure."""
