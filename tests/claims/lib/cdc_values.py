"""One column's value by meaning and tool: the reading of data/cdc/README.md, in Python.

Written from the tools' manuals and the captured bytes alone. None: no value. Bad: the declared form
does not fit.
"""
import base64
import datetime
import decimal
import re

ZONE_MS = 8 * 3600 * 1000
DAY_MS = 86400 * 1000
YEAR_1_MS, YEAR_10000_MS = -62135596800000, 253402300800000
# 'infinity' as a date: from the stream, and from a snapshot (another way through the driver).
INFINITE_DAYS = (-2147472692, -622191234)
INFINITE_DATES = ("infinity", "-infinity", "-5877611-06-21Z", "+292278994-08-16Z")
EXACT = 2 ** 53 - 1


class Bad(Exception):
    pass


class Number(str):
    """A JSON number with a point or an exponent, as it was spelled."""


def text_of(raw):
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, (dict, list)):
        raise Bad("a text")
    text = str(raw).strip(" \t\r\n\f\v")
    return text or None


def code(raw):
    text = text_of(raw)
    if text and "\ufffd" in text:
        raise Bad("a text")
    return text


def integer(raw):
    text = text_of(raw)
    if text is None:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text) or abs(int(text)) > EXACT:
        raise Bad("an integer")
    return int(text)


def plain(number):
    """A Decimal without exponent, trailing zeros or minus zero."""
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimal_text(raw):
    text = text_of(raw)
    if text is None or text.lower() in ("nan", "infinity", "-infinity"):
        return None
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", text):
        raise Bad("a decimal")
    with decimal.localcontext() as context:
        context.prec = 400
        return plain(decimal.Decimal(text))


def unscaled(raw, scale):
    if raw is None:
        return None
    if isinstance(raw, dict):
        scale, raw = raw["scale"], raw["value"]
    if not isinstance(raw, str) or scale is None:
        raise Bad("a decimal")
    number = int.from_bytes(base64.b64decode(raw), "big", signed=True)
    with decimal.localcontext() as context:
        context.prec = 400
        return plain(decimal.Decimal(number).scaleb(-scale))


def date_of_days(days):
    if days in INFINITE_DAYS:
        return None
    if not YEAR_1_MS <= days * DAY_MS < YEAR_10000_MS:
        raise Bad("a date")
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=days))


def date(raw, how):
    if raw is None:
        return None
    if how == "days":
        if not isinstance(raw, int):
            raise Bad("days")
        return date_of_days(raw)
    text = text_of(raw)
    if text is None or text in INFINITE_DATES:
        return None
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})Z?", text)
    if not found:
        raise Bad("a date")
    year, month, day = map(int, found.groups())
    if month == 0 or day == 0:
        return None
    try:
        return str(datetime.date(year, month, day))
    except ValueError:
        raise Bad("a date") from None


TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})"
                  r"(?:\.([0-9]{1,9}))?)?(Z)?")


def micros_of_text(text):
    """Microseconds of what the text says, as if it were UTC; None for zero dates."""
    found = TIME.fullmatch(text)
    if not found:
        raise Bad("a time")
    year, month, day, hour, minute, second = (int(x or 0) for x in found.groups()[:6])
    if month == 0 or day == 0:
        return None
    fraction = int((found.group(7) or "").ljust(6, "0")[:6])
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise Bad("a time") from None
    delta = moment - datetime.datetime(1970, 1, 1)
    return (delta.days * 86400 + delta.seconds) * 1000000 + fraction


def micros(raw, how, zone_ms):
    """A moment in microseconds UTC. how: us, ms (numbers), text, iso; zone_ms: of the wall."""
    if raw is None:
        return None
    if how in ("us", "ms"):
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise Bad("a number")
        scale = 1000 if how == "ms" else 1
        if raw in (9223372036825200000 // scale, -9223372036832400000 // scale):
            return None
        number = raw * scale
    else:
        text = text_of(raw)
        if text is None or text in ("infinity", "-infinity", "+294247-01-10T04:00:25.2Z"):
            return None
        number = micros_of_text(text)
        if number is None:
            return None
    if not YEAR_1_MS * 1000 <= number < YEAR_10000_MS * 1000:
        raise Bad("a time")
    return number - zone_ms * 1000


def clock(raw, how, shift_ms=0):
    """Time of day as text. shift_ms: what the tool added."""
    if raw is None:
        return None
    if how in ("us", "ms"):
        number = raw * (1000 if how == "ms" else 1)
    else:
        found = re.fullmatch(r"(-?)([0-9]{1,3}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,6}))?Z?",
                             text_of(raw) or "")
        if not found or found.group(1):
            raise Bad("a time of day")
        hour, minute, second = (int(x) for x in found.groups()[1:4])
        number = ((hour * 60 + minute) * 60 + second) * 1000000
        number += int((found.group(5) or "").ljust(6, "0"))
    if not 0 <= number <= 86400 * 1000000:
        raise Bad("a time of day")
    if shift_ms:
        number = (number - shift_ms * 1000) % (86400 * 1000000)
    seconds, fraction = divmod(number, 1000000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + (f".{fraction:06}".rstrip("0") if fraction else "")


def interval(raw, how):
    """A length in milliseconds, cut towards zero."""
    if raw is None:
        return None
    if how in ("us", "ms"):
        number = raw * (1000 if how == "ms" else 1)
    elif str(raw).startswith("P"):
        found = re.fullmatch(r"P0Y0M(\d+)DT(\d+)H(\d+)M(\d+)(?:\.(\d+))?S", raw)
        if not found:
            raise Bad("an interval")
        day, hour, minute, second = (int(x) for x in found.groups()[:4])
        number = (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000000
        number += int((found.group(5) or "").ljust(6, "0")[:6])
    else:
        found = re.fullmatch(r"(-?)(\d{1,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?", raw)
        if not found:
            raise Bad("an interval")
        number = ((int(found.group(2)) * 60 + int(found.group(3))) * 60 + int(found.group(4)))
        number = number * 1000000 + int((found.group(5) or "").ljust(6, "0"))
        number = -number if found.group(1) else number
    return number // 1000 if number >= 0 else -(-number // 1000)


def boolean(raw):
    if raw is None:
        return None
    text = text_of(raw)
    if text is None:
        return None
    if text.lower() in ("true", "t", "1"):
        return True
    if text.lower() in ("false", "f", "0"):
        return False
    raise Bad("a boolean")


def labels_of(mysql_type):
    return re.findall(r"'((?:[^']|'')*)'", mysql_type or "")


def enum(raw, labels):
    """labels None: the text is the label; else it is a number into them, from 1."""
    text = text_of(raw)
    if text is None or labels is None:
        return text
    number = integer(raw)
    if number == 0:
        return None
    if not 1 <= number <= len(labels):
        raise Bad("an enum")
    return labels[number - 1]


def flags(raw, how, labels):
    if raw is None:
        return None
    if how == "list":
        found = [x for x in raw if x]
    elif how == "mask":
        mask = integer(raw)
        if mask >> len(labels):
            raise Bad("a set")
        found = [label for bit, label in enumerate(labels) if mask >> bit & 1]
    else:
        found = [x for x in raw.split(",") if x]
    return found or None


def texts(raw):
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise Bad("a list")
    return [t for t in (text_of(x) for x in raw) if t] or None


def bits(raw, how):
    if raw is None:
        return None
    if how == "base64":
        return int.from_bytes(base64.b64decode(raw), "little")
    return integer(raw)


def unsigned(raw, how):
    if raw is None:
        return None
    if how == "base64":
        return str(int.from_bytes(base64.b64decode(raw), "big", signed=True))
    return code(raw)
