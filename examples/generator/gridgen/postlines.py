"""Who holds which post at the end of a run: a pure function of the rows' last accepted images."""

from collections import defaultdict

from gridgen import clock, tables
from gridgen.catalog import GRID, PARTY

_ROLES = {"网格员": "grid_worker", "兼职网格员": "grid_worker", "网格长": "grid_leader"}


def posts_of(run):
    """One line a post of the town."""
    live = defaultdict(list)
    for entity in run.entities:
        if entity.good is not None and not entity.deleted:
            live[entity.table.name].append(entity)
    yield from _of_grids(run, live[tables.GRID_MEMBER.name])
    for entity in live[tables.KEY_FAMILY.name]:
        image = entity.good
        holder = image["holder_member_id"]
        held = [] if holder is None else [run.holder(PARTY, str(holder))]
        yield _line(("key_family", image["family_code"], image["grid_code"]),
                    PARTY, [entity.key()], held)
    today = clock.days(run.end)
    for entity in live[tables.PARTY_ORG.name]:
        code = entity.good["po_code"]
        if len(code) == 12:
            line = _line(("branch_secretary", code, None), PARTY, [entity.key()], [])
            del line["holders"], line["vacant"]
            yield {**line, "term_over": entity.good["po_expire_date"] < today}


def _of_grids(run, members):
    rows = defaultdict(list)
    for entity in members:
        image = entity.good
        grid = run.by_grid_id[str(image["grid_id"])]
        rows[_ROLES[image["grid_role"]], grid.code].append(entity)
    for (role, code), entities in sorted(rows.items()):
        held = [e for e in entities if e.good["end_date"] is None]
        yield _line((role, code, code), GRID, [e.key() for e in held],
                    [run.holder(GRID, e.good["grid_member"]) for e in held])


def _line(post, source, keys, holders):
    role, place, grid = post
    return {"role": role, "place": place, "town": place[:9], "village": place[:12], "grid": grid,
            "source": source, "rows": keys, "holders": holders, "vacant": not holders}
