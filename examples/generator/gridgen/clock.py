"""Times as whole microseconds since 1970 UTC, and the three spellings the two systems use.

The towns live in Asia/Shanghai: UTC+8 all year, so no time zone data is needed.
"""

from datetime import date, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONE = 8 * HOUR

_EPOCH = date(1970, 1, 1)
_days = {}


def day_start(text):
    """Microseconds UTC of local midnight of the day YYYY-MM-DD."""
    return (date.fromisoformat(text) - _EPOCH).days * DAY - ZONE


def _date_text(day):
    text = _days.get(day)
    if text is None:
        text = _days[day] = (_EPOCH + timedelta(days=day)).isoformat()
    return text


def _clock_text(rest):
    minutes, seconds = divmod(rest // SECOND, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def local_text(us):
    """MySQL datetime of the local wall clock, whole seconds."""
    day, rest = divmod(us + ZONE, DAY)
    return f"{_date_text(day)} {_clock_text(rest)}"


def local_micros(us):
    """PostgreSQL timestamp without zone as Debezium sends it: the wall clock counted as UTC."""
    return us + ZONE


def utc_text(us):
    """PostgreSQL timestamptz as Debezium sends it: ISO text in UTC, six decimals."""
    day, rest = divmod(us, DAY)
    return f"{_date_text(day)}T{_clock_text(rest)}.{us % SECOND:06d}Z"


def local_month(us):
    """YYYYMM of the local wall clock."""
    return local_text(us)[:7].replace("-", "")


def days(us):
    """Days since 1970 of the local wall clock, as Debezium and MySQL's dates count."""
    return (us + ZONE) // DAY


def local_date(us):
    """YYYY-MM-DD of the local wall clock."""
    return _date_text((us + ZONE) // DAY)
