"""Rows as they stand at the end of a generated folder, as two snapshots tell them.

The party platform's as Debezium reads them (`r`), the grid system's as Maxwell's bootstrap does:
Canal has no snapshot. Changes of rows go out as either system would send them while it runs.
"""
import dataclasses
import json
import re
import zlib

import bridge

PARTY, GRID = "party_building", "governance_grid"
GRID_TOPIC = "grid.maxwell"
PARTITIONS = 3
TABLE = re.compile(r"^  (\w+)\.(\w+):\n(?:    .*\n)*?    key: \[([^\]]+)\]", re.MULTILINE)
INTEGERS = ("int", "bigint", "tinyint", "smallint", "bit")


@dataclasses.dataclass
class Row:
    source: str
    table: str
    key: tuple
    image: dict
    types: dict        # MySQL's, of the grid system
    kafka: tuple       # topic, partition, key

    def id(self):
        return "/".join(str(part) for part in self.key)


def carried(source):
    """{table: its key columns} of a shipped adapter."""
    text = (bridge.ROOT / "adapters" / source / "mapping.yaml").read_text(encoding="utf-8")
    return {table: tuple(c.strip() for c in key.split(","))
            for _, table, key in TABLE.findall(text)}


def maxwell_adapter(folder):
    """The grid system's adapter, read by Maxwell instead of Canal."""
    text = (bridge.ROOT / "adapters" / GRID / "mapping.yaml").read_text(encoding="utf-8")
    assert text.count("  kind: canal\n") == 1
    path = folder / "adapters" / GRID
    path.mkdir(parents=True, exist_ok=True)
    (path / "mapping.yaml").write_text(text.replace(
        "  kind: canal\n", "  kind: maxwell\n  position: [ts, xid, xoffset]\n  nulls: sent\n"
                           "  jvm_zone: \"+08:00\"\n"), encoding="utf-8")
    return path


def records(path):
    """(record, its value) of what can be read at all."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            try:
                value = json.loads(record["value"] or "null")
            except ValueError:
                continue  # a planted break
            if isinstance(value, dict):
                yield record, value


def party_rows(folder, tables):
    rows = {}
    for record, value in records(folder / "party.jsonl"):
        table = value.get("source", {}).get("table")
        image = value.get("after") or value.get("before")
        if table not in tables or not image or any(c not in image for c in tables[table]):
            continue
        at = table, tuple(image[c] for c in tables[table])
        if value["op"] == "d":
            rows.pop(at, None)
        elif value["op"] in "cru":
            rows[at] = Row(PARTY, *at, image, {}, (record["topic"], record["partition"],
                                                   record["key"]))
    return rows


def typed(text, kind):
    """A text of Canal as Maxwell writes it."""
    if text is None:
        return None
    if kind.partition("(")[0] in INTEGERS:
        return int(text)
    return float(text) if kind.startswith("decimal") else text


def grid_rows(folder, tables):
    rows = {}
    for _, value in records(folder / "grid.jsonl"):
        table, types = value.get("table"), value.get("mysqlType")
        if table not in tables or not types or value.get("isDdl"):
            continue
        for image in value.get("data") or ():
            if any(image.get(c) is None for c in tables[table]):
                continue
            image = {name: typed(text, types[name]) for name, text in image.items()}
            at = table, tuple(image[c] for c in tables[table])
            if value["type"] == "DELETE":
                rows.pop(at, None)
            elif value["type"] in ("INSERT", "UPDATE"):
                rows[at] = Row(GRID, *at, image, types, grid_place(at))
    return rows


def grid_place(at):
    key = json.dumps({"database": "wgzt", "table": at[0], "pk": [str(part) for part in at[1]]})
    return GRID_TOPIC, zlib.crc32(key.encode()) % PARTITIONS, key


def rows_of(folder):
    """All rows of both systems, table by table."""
    found = [*party_rows(folder, carried(PARTY)).values(),
             *grid_rows(folder, carried(GRID)).values()]
    order = [*carried(PARTY), *carried(GRID)]
    return sorted(found, key=lambda row: (row.source == GRID, order.index(row.table)))


def tick_maker():
    """A message that says nothing: where offsets move, a tick follows within a second."""
    topic, partition, key = grid_place(("nothing", ()))
    return topic, partition, key, json.dumps({"database": "wgzt", "table": "nothing",
                                              "type": "bootstrap-complete", "data": {}})


class Writer:
    """What both systems send of a row: (topic, partition, key, value) each.

    marked: a first load's rows carry the mark; else they look like rows that were inserted."""

    def __init__(self, marked=True, position=10_000):
        self.marked, self.snapshot, self.now = marked, position, position

    def next(self):
        self.now += 1
        return self.now

    def begin_snapshot(self):
        """A later one: it stands behind all that was sent."""
        self.snapshot = self.next()

    def loaded(self, row):
        if row.source == PARTY:
            return self._party(row, "r" if self.marked else "c", None, row.image, self.snapshot)
        return self._grid(row, "bootstrap-insert" if self.marked else "insert", row.image, None)

    def mark(self, table, word):
        """Maxwell's own records around a table's rows."""
        topic, partition, key = grid_place((table, ("mark",)))
        return topic, partition, key, json.dumps({
            "database": "wgzt", "table": table, "type": f"bootstrap-{word}", "ts": 1795600000,
            "data": {}})

    def inserted(self, row):
        return self._grid(row, "insert", row.image, None)

    def updated(self, row, delta):
        image = {**row.image, **delta}
        if row.source == PARTY:
            return self._party(row, "u", row.image, image, self.next())
        return self._grid(row, "update", image, {name: row.image[name] for name in delta})

    def deleted(self, row):
        if row.source == PARTY:
            return self._party(row, "d", row.image, None, self.next())
        return self._grid(row, "delete", row.image, None)

    def _party(self, row, op, before, after, lsn):
        source = {"version": "3.6.3.Final", "connector": "postgresql", "name": "party",
                  "ts_ms": 1795600000000, "snapshot": "true" if op == "r" else "false",
                  "db": "djpt", "schema": "dj", "table": row.table, "txId": lsn, "lsn": lsn}
        return (*row.kafka, json.dumps({"before": before, "after": after, "source": source,
                                        "op": op, "ts_ms": 1795600000000}, ensure_ascii=False))

    def _grid(self, row, kind, data, old):
        value = {"database": "wgzt", "table": row.table, "type": kind, "ts": 1795600000}
        if kind != "bootstrap-insert":
            value |= {"xid": self.next(), "commit": True}
        value["data"] = data
        if old is not None:
            value["old"] = old
        return (*row.kafka, json.dumps(value, ensure_ascii=False))
