"""Many small records without traps, for a rate benchmark: 600 to 900 bytes, half a source.

The dialects are the same; Canal's type maps are null (as some of its dialects send them) so that a
record is mostly data. Rows live for two records in the mean; some pairs carry certain evidence.
"""

import random
from collections import deque

from gridgen import canal, catalog, clock, debezium, texts
from gridgen.catalog import GRID, PARTY
from gridgen.files import write_tables
from gridgen.jsontext import dump
from gridgen.kafkahash import canal_partition, murmur2
from gridgen.output import PARTITIONS
from gridgen.rows import Message
from gridgen.stream import open_outputs
from gridgen.truth import DEFINITIONS, counts_of, write_json
from gridgen.world import World

_OPEN = 2000
_NEW = 0.7


class _Tables:
    """Prepared choices, so that a record costs little."""

    def __init__(self, world):
        self.rng = random.Random(f"{world.options.seed}/volume")
        self.grids = [grid for town in world.towns for grid in town.grids]
        self.titles = {}
        self.named = {}         # village -> key of a grid row not yet named by a party row

    def category(self, weights):
        return self.rng.choices(catalog.CATEGORIES, weights)[0]

    def title(self, category, village):
        titles = self.titles.setdefault((category, village.code), [])
        if len(titles) < 3:
            titles.append(texts.title(self.rng, category, village)[:12])
        return titles[self.rng.randrange(len(titles))]


class _Party:
    """Party rows: created, assigned and accepted, completed."""

    def __init__(self, output, tables):
        self.output, self.tables = output, tables
        self.key = 700000
        self.lsn = 26_980_376
        self.open = deque()

    def step(self, us):
        self.lsn += 400
        if self.open and (len(self.open) >= _OPEN or self.tables.rng.random() > _NEW):
            self._update(us, *self.open.popleft())
        else:
            self._create(us)

    def _create(self, us):
        tables = self.tables
        self.key += 1
        grid = tables.grids[tables.rng.randrange(len(tables.grids))]
        category = tables.category(catalog.PARTY_WEIGHTS)
        peer = tables.named.pop(grid.village.code, None) if tables.rng.random() < 0.2 else None
        image = {"id": self.key, "task_title": tables.title(category, grid.village),
                 "task_type": catalog.party_code(category), "description": None,
                 "grid_id": grid.party_id, "assigned_member_id": None, "deadline": None,
                 "status": "PENDING", "created_by": grid.members[0],
                 "created_at": clock.local_micros(us), "updated_at": clock.utc_text(us),
                 "peer_case_id": peer, "attach_sha256": None}
        text = dump(image)
        self._send(us, image, ("null", text), "c")
        self.open.append((image, text, grid))

    def _update(self, us, image, before, grid):
        image["status"] = "COMPLETED" if image["status"] == "ACCEPTED" else "ACCEPTED"
        image["assigned_member_id"] = int(grid.members[-1])
        image["updated_at"] = clock.utc_text(us)
        text = dump(image)
        self._send(us, image, (before, text), "u")
        if image["status"] == "ACCEPTED" and self.tables.rng.random() < 0.3:
            self.open.append((image, text, grid))

    def _send(self, us, image, images, operation):
        source = debezium.source_block(us, self.lsn, self.lsn // 400,
                                       ("false", self.lsn - 400, "sys_party_task"))
        value = (f'{{"before":{images[0]},"after":{images[1]},"source":{source},'
                 + debezium.tail(operation, us + 60_000))
        key = f'{{"id":{image["id"]}}}'
        message = Message(murmur2(key.encode()) % PARTITIONS, key, value,
                          [("accepted", None)])
        self.output.send(us // 1000 + 100, message)


class _Grid:
    """Grid rows: inserted, handed to a department, finished."""

    def __init__(self, output, tables):
        self.output, self.tables = output, tables
        self.key = 700000
        self.batch = 0
        self.open = deque()

    def step(self, us):
        self.batch += 1
        if self.open and (len(self.open) >= _OPEN or self.tables.rng.random() > _NEW):
            self._update(us, *self.open.popleft())
        else:
            self._create(us)

    def _create(self, us):
        tables, now = self.tables, clock.local_text(us)
        self.key += 1
        grid = tables.grids[tables.rng.randrange(len(tables.grids))]
        category = tables.category(catalog.GRID_WEIGHTS)
        image = dict.fromkeys(canal.COLUMNS)
        image.update(id=str(self.key), case_code=f"{now[:4]}{now[5:7]}{self.key % 100000000:08d}",
                     case_title=tables.title(category, grid.village), source_type="check",
                     case_level="normal", event_type_list=catalog.grid_code(category),
                     grid=str(grid.grid_id), occur_time=now, is_finished="0", is_duplicate="0",
                     is_supervise="0", is_urge="0", is_deleted="0", crt_time=now,
                     crt_user_id=grid.user, upd_time=now)
        self._send(us, image, "null", "INSERT")
        self.open.append((image, grid))
        tables.named[grid.village.code] = self.key

    def _update(self, us, image, grid):
        column, value = ("is_finished", "1") if image["execute_dept"] else ("execute_dept", "环卫")
        old = {column: image[column], "upd_time": image["upd_time"]}
        image[column] = value
        image["upd_time"] = clock.local_text(us)
        self._send(us, image, dump([old]), "UPDATE")
        if column == "execute_dept" and self.tables.rng.random() < 0.3:
            self.open.append((image, grid))

    def _send(self, us, image, old, operation):
        head, middle, end = canal.parts(dump([image]), us // 1_000_000 * 1000,
                                        (old, '["id"]', ("null", "null"), operation))
        value = f"{head}{self.batch}{middle}{us // 1000 + 90}{end}"
        partition = canal_partition(canal.DATABASE, image["id"], PARTITIONS)
        self.output.send(us // 1000 + 130, Message(partition, None, value, [("accepted", None)]))


def generate(options, directory, keys, count):
    """Write about count records under directory; returns (truth, outputs) without rows."""
    world = World(options)
    outputs = open_outputs(directory)
    tables = _Tables(world)
    sources = (_Party(outputs[PARTY], tables), _Grid(outputs[GRID], tables))
    steps = count // 2
    for number in range(steps):
        us = world.start + (world.end - world.start) * number // steps
        for source in sources:
            source.step(us)
    for output in outputs.values():
        output.close()
        output.books.accepted_by_town.clear()
    write_tables(world, directory, keys)
    truth = {"definitions": {"counts": DEFINITIONS["counts"]}, "counts": counts_of(outputs)}
    write_json(directory / "truth.json", truth)
    return truth, outputs
