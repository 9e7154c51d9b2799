"""JSON texts as the sources write them: no blanks, raw UTF-8, columns in table order."""

import json
import re

dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
quote = json.encoder.encode_basestring

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def _pair(match):
    value = ord(match.group()) - 0x10000
    return f"\\u{0xD800 + (value >> 10):04X}\\u{0xDC00 + (value & 0x3FF):04X}"


def surrogates(text):
    """As Debezium's serializer writes what is outside the BMP: escaped pairs, upper-case hex."""
    return _ASTRAL.sub(_pair, text)
