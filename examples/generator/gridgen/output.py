"""The file of one topic: lines in topic order, times that never go back, windows for replays."""

from collections import deque

from gridgen.jsontext import quote
from gridgen.rows import Books

PARTITIONS = 3
_WINDOW = 6


class Output:
    """Writes one JSON line a Kafka record and keeps the books."""

    def __init__(self, path, topic):
        self.file = open(path, "w", encoding="utf-8", newline="\n")
        self.head = f'{{"topic":"{topic}","partition":'
        self.books = Books()
        self.last_ms = 0
        self.value_bytes = 0
        self.windows = [deque(maxlen=_WINDOW) for _ in range(PARTITIONS)]

    def send(self, ms, message, replay=False):
        """Append a record; ms is the time the broker would have given it."""
        if ms < self.last_ms:
            ms = self.last_ms
        self.last_ms = ms
        self.books.note(message, replay)
        self._write(message, ms)
        window = self.windows[message.partition]
        if message.clean and not replay:
            window.append(message)
        else:
            window.clear()

    def _write(self, message, ms):
        key = "null" if message.key is None else quote(message.key)
        value = "null" if message.value is None else quote(message.value)
        self.value_bytes += 0 if message.value is None else len(message.value.encode())
        self.file.write(f'{self.head}{message.partition},"key":{key},"value":{value},'
                        f'"timestamp":{ms}}}\n')

    def close(self):
        self.file.close()
