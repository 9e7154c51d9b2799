"""The tables beside the data: lookups of both systems, territory and holders of the policy."""

import csv

from gridgen import places
from gridgen.people import read_key

README = """Change data of {towns} town(s), {days} day(s) from {start}, seed {seed}; invented.

party.jsonl, grid.jsonl   one Kafka record a line, in topic order:
                          topic, partition, key, value, timestamp (ms)
lookups/                  grid ids of each system: id,grid,village,town (grid may be empty)
policy/                   territory.csv, holders.csv for a policy bundle
truth*.json*              what must come of it; truth.json begins with what each member means

Load it with examples/generator/load.py.
"""


def _table(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _lookup(world, ident, shows_grid):
    return [(ident(grid), grid.code if shows_grid(grid) else "", grid.village.code, town.code)
            for town in world.towns for grid in town.grids]


def _territory(world):
    rows = [(*places.PROVINCE, "province", ""), (*places.CITY, "city", places.PROVINCE[0])]
    rows += [(code, places.COUNTY_NAME[code], "county", places.CITY[0])
             for code in dict.fromkeys(town.code[:6] for town in world.towns)]
    for town in world.towns:
        rows.append((town.code, town.name, "town", town.code[:6]))
        for village in town.villages:
            rows.append((village.code, village.name, "village", town.code))
            rows.extend((grid.code, grid.name, "grid", village.code) for grid in village.grids)
    return rows


def write_units(town, directory):
    """lookups/centre_units.csv: the command centre knows villages, by their names."""
    _table(directory / "lookups/centre_units.csv", ("id", "grid", "village", "town"),
           [(village.short, "", village.code, town.code) for village in town.villages])


def write_tables(world, directory, keys):
    """lookups/*.csv, policy/*.csv and README.txt; keys is the folder of key files."""
    header = ("id", "grid", "village", "town")
    _table(directory / "lookups/party_grids.csv", header,
           _lookup(world, lambda g: g.party_id, lambda g: not g.village_only))
    _table(directory / "lookups/grid_grids.csv", header,
           _lookup(world, lambda g: g.grid_id, lambda g: True))
    _table(directory / "policy/territory.csv", ("code", "name", "level", "parent"),
           _territory(world))
    holders = world.staff.rows(read_key(keys / "join.key"), read_key(keys / "publish.key"))
    _table(directory / "policy/holders.csv", ("id_hash", "holder", "pseudonym"), sorted(holders))
    options = world.options
    text = README.format(towns=options.towns, days=options.days, start=options.start,
                         seed=options.seed)
    (directory / "README.txt").write_text(text, encoding="utf-8")
