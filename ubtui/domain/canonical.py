"""One spelling for a value, so that its hash means its content; and the hash chain over such texts."""

from __future__ import annotations

import hashlib
import json

from ubtui.domain.errors import BadValue


def canonical(obj: object) -> str:
    """JSON with sorted keys and no spaces, of strings, integers, booleans, null, lists and dicts only."""
    _check(obj, "value")
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _check(obj: object, place: str) -> None:
    if obj is None or isinstance(obj, (bool, int)):
        return
    if isinstance(obj, str):
        if any("\ud800" <= c <= "\udfff" for c in obj):
            raise BadValue(f"Canonical {place} holds half a character: clean the text before it is recorded.")
    elif isinstance(obj, (list, tuple)):
        for i, entry in enumerate(obj):
            _check(entry, f"{place}[{i}]")
    elif isinstance(obj, dict):
        for key, entry in obj.items():
            if not isinstance(key, str):
                raise BadValue(f"Canonical {place} has the key {key!r}: make every key text.")
            _check(key, f"{place} key")
            _check(entry, f"{place}.{key}")
    else:
        raise BadValue(f"Canonical {place} is a {type(obj).__name__}: write it as an integer or as text.")


def sha256_hex(text: str) -> str:
    """The SHA-256 of a text's UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def chain(prev_hex: str, text: str) -> str:
    """The link that seals `text` behind `prev_hex` (empty for the first)."""
    return sha256_hex(f"{prev_hex}\n{text}")
