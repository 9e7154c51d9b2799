"""The two partitioners of the sources, checked against captured records.

Kafka's default: murmur2 of the key bytes. Canal's partitionHash: Java String hashes of the
database name and the primary key values, xored.
"""

_MASK = 0xFFFFFFFF
_MULTIPLIER = 0x5BD1E995


def _mix(value):
    value = (value * _MULTIPLIER) & _MASK
    value ^= value >> 24
    return (value * _MULTIPLIER) & _MASK


def murmur2(data):
    """Kafka's murmur2, already made non-negative."""
    length = len(data)
    tail = length & 3
    result = 0x9747B28C ^ length
    for at in range(0, length - tail, 4):
        word = int.from_bytes(data[at:at + 4], "little")
        result = ((result * _MULTIPLIER) & _MASK) ^ _mix(word)
    if tail:
        result ^= int.from_bytes(data[length - tail:], "little")
        result = (result * _MULTIPLIER) & _MASK
    result ^= result >> 13
    result = (result * _MULTIPLIER) & _MASK
    return (result ^ (result >> 15)) & 0x7FFFFFFF


def java_hash(text):
    """Java's String.hashCode as an unsigned 32-bit number (BMP text)."""
    result = 0
    for char in text:
        result = (31 * result + ord(char)) & _MASK
    return result


def canal_partition(database, key, count):
    """Canal's partition of a row with one primary key column."""
    value = java_hash(database) ^ java_hash(key)
    if value >> 31:
        value = (1 << 32) - value
    return value % count
