"""The usual day of a town: matters of one network, and matters that both report.

Kinds of the latter: secondary entry by one dual-hat holder, cross-reference by one side or both
(also late, in an update), the same attachment, and two reports without certain evidence.
"""

from gridgen import catalog, clock
from gridgen.catalog import GRID, PARTY
from gridgen.plan import Busy, Report
from gridgen.rows import Item, Row, READ, UPDATE
from gridgen.world import REPLAY_WINDOW, STATEMENT

_BOTH_SHARE = 0.12
_KINDS = ("secondary_entry", "xref_party", "xref_grid", "xref_both", "xref_late", "attachment",
          "no_evidence")
_KIND_WEIGHTS = (40, 10, 10, 6, 8, 12, 14)


def usual_day(plan):
    """Push everything that is no trap on this day."""
    rng = plan.rng
    mean = plan.town.mean
    for _ in range(min(max(1, plan.world.least, round(rng.gauss(mean, mean ** 0.5))),
                       plan.world.most)):
        if rng.random() < _BOTH_SHARE:
            _try_both(plan)
        elif rng.random() < 0.28:
            ordinary_party(plan)
        else:
            ordinary_grid(plan)
    _urge_open_cases(plan)
    for source, kinds in ((PARTY, ("heartbeat",) * 6), (GRID, ("query_own",) * 3)):
        for kind in kinds:
            plan.other(plan.moment(), source, kind)
    for source in (PARTY, GRID):
        for _ in range(2):
            plan.world.push(plan.moment(), REPLAY_WINDOW, (source, rng.randrange(3)))


def _try_both(plan):
    try:
        both(plan, plan.rng.choices(_KINDS, _KIND_WEIGHTS)[0])
    except Busy:
        ordinary_grid(plan)


def ordinary_party(plan):
    rng = plan.rng
    report = Report(plan.moment(), plan.category(catalog.PARTY_WEIGHTS), plan.any_grid())
    report.photo = plan.world.photo() if rng.random() < 0.3 else None
    row = plan.party(report)
    if rng.random() < 0.01:
        plan.delete(row, report.us + rng.randrange(8, 50) * clock.HOUR)
        plan.trap("hard_delete_party")


def ordinary_grid(plan):
    rng = plan.rng
    report = Report(plan.moment(), plan.category(catalog.GRID_WEIGHTS), plan.any_grid())
    report.photo = plan.world.photo() if rng.random() < 0.4 else None
    row = plan.grid(report)
    chance = rng.random()
    if chance < 0.02:
        _merge_into_earlier(plan, row, report)
    elif chance < 0.03:
        plan.update(row, report.entered + rng.randrange(6, 60) * clock.HOUR, {"is_deleted": "1"})
        plan.trap("soft_delete")
    elif chance < 0.035:
        plan.delete(row, report.entered + rng.randrange(8, 60) * clock.HOUR)
        plan.trap("hard_delete_grid")


def _merge_into_earlier(plan, row, report):
    """The grid system's own "ended because duplicate": two of its rows, no evidence for a link."""
    elder = plan.grid(report.copy(us=report.us - 30 * clock.MINUTE, kind="merged_into",
                                  entered=None, by=plan.plain_user(report.grid)))
    us = report.entered + plan.rng.randrange(1, 9) * clock.HOUR
    plan.update(row, us, {"is_duplicate": "1", "duplicate_with": elder})
    plan.world.facts.append(("citizens", (elder, row)))
    plan.trap("merged_in_source")


def _urge_open_cases(plan):
    """Statements over several rows: one message a partition, different columns in each row."""
    if plan.day == 0 and plan.world.end - plan.midnight < 18 * clock.HOUR:
        return
    rows = [row for row in plan.world.rows[-160:]
            if row.source == GRID and row.kind == "ordinary"]
    for _ in range(3):
        chosen = plan.rng.sample(rows, min(7, len(rows)))
        deltas = ({"is_urge": "1"}, {"is_supervise": "1", "case_level": "teji"},
                  {"is_urge": "1", "dead_line": "0000-00-00 00:00:00"})
        items = [Item(row, deltas[n % 3]) for n, row in enumerate(chosen)]
        if items:
            plan.statement(plan.at(17.2, 19), UPDATE, items)
            plan.trap("statement_over_rows")


# -- matters of both networks --------------------------------------------------------------------

def both(plan, kind):
    """One problem that both networks report; returns (party row, grid row)."""
    rows = secondary_entry(plan) if kind == "secondary_entry" else _by_other_evidence(plan, kind)
    plan.trap(f"both_{kind}")
    if kind == "no_evidence":
        why = "two people report one problem, nothing certain joins the two rows"
        plan.world.near_misses.append((kind, why, [rows]))
    else:
        plan.world.intended.append((kind, *rows))
    return rows


def secondary_entry(plan, gap=None, category=None, tie=False):
    """The same dual-hat holder enters one fact in both systems; gap in microseconds, signed."""
    rng = plan.rng
    category = category or plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 4, until=15.5)
    us += 2 * clock.HOUR
    if gap is None and not tie:
        gap = rng.choice((-1, 1)) * rng.randrange(2 * clock.MINUTE, 110 * clock.MINUTE)
    report = Report(us, category, grid, grid.members[0])
    report.kind = "secondary_entry"
    party = plan.party(report)
    return party, plan.grid(report.copy(us=us + (gap or 0), by=grid.user))


def _by_other_evidence(plan, kind):
    rng = plan.rng
    grid = plan.any_grid()
    category = plan.category(catalog.BOTH_WEIGHTS)
    first = plan.moment()
    second = first + rng.randrange(3 * clock.MINUTE, 9 * clock.HOUR)
    party_first = rng.random() < 0.5
    if kind == "xref_party":
        party_first = False
    elif kind == "xref_grid":
        party_first = True
    times = (first, second) if party_first else (second, first)
    report = Report(times[0], category, grid)
    report.kind = kind
    by = _reporters(plan, report, kind, times)
    if kind == "attachment":
        report.photo = plan.world.photo()
    party_report = report.copy(by=by[0])
    grid_report = report.copy(us=times[1], by=by[1])
    rows = _enter(plan, kind, party_report, grid_report)
    return rows


def _reporters(plan, report, kind, times):
    """Mostly two people; in some pairs with evidence one dual-hat holder."""
    grid = report.grid
    same = kind != "no_evidence" and grid.dual and plan.rng.random() < 0.3
    span = (min(times), max(times))
    if same and plan.world.claim_time(grid.dual, report.category, grid, span):
        return grid.members[0], grid.user
    return plan.plain_member(grid), plan.plain_user(grid)


def _enter(plan, kind, party_report, grid_report):
    """Enter both reports, the reference where the other row's id is already known."""
    plan.stamp_grid(grid_report)
    party_first = party_report.us < grid_report.entered
    if kind in ("xref_party", "xref_both") and not party_first:
        grid = plan.grid(grid_report)
        party_report.extra["peer_case_id"] = grid
        party = plan.party(party_report)
    elif kind == "xref_grid" and party_first:
        party = plan.party(party_report)
        grid_report.extra["party_task_ref"] = party
        grid = plan.grid(grid_report)
    else:
        party, grid = plan.party(party_report), plan.grid(grid_report)
    _late_references(plan, kind, (party, grid), (party_report, grid_report))
    return party, grid


def _late_references(plan, kind, rows, reports):
    """References that come in an update, after both rows are there."""
    rng = plan.rng
    known = max(reports[0].us, reports[1].entered)
    late = known + rng.randrange(10 * clock.MINUTE, 5 * clock.HOUR)
    to_grid = (rows[0], {"peer_case_id": rows[1]})
    to_party = (rows[1], {"party_task_ref": rows[0]})
    if kind == "xref_late":
        chosen = [to_grid] if rng.random() < 0.5 else [to_party]
    elif kind == "xref_both":
        chosen = [to_party] if "peer_case_id" in reports[0].extra else [to_grid, to_party]
    elif kind == "xref_party" and "peer_case_id" not in reports[0].extra:
        chosen = [to_grid]
    elif kind == "xref_grid" and "party_task_ref" not in reports[1].extra:
        chosen = [to_party]
    else:
        chosen = []
    for row, delta in chosen:
        plan.update(row, late, delta)


# -- the first load ------------------------------------------------------------------------------

def snapshot(plans):
    """Rows the party platform had before the run, of all towns, as one snapshot, and their life.

    None of them is part of a pair or without a lead: what a first load may not open stays out.
    """
    items = []
    for plan in plans:
        for _ in range(max(12, plan.town.mean // 8)):
            items.append(_old_row(plan))
    world = plans[0].world
    world.push(world.start, STATEMENT, (PARTY, READ, items))


def _old_row(plan):
    rng = plan.rng
    us = plan.world.start - rng.randrange(clock.HOUR, 60 * clock.HOUR)
    category = plan.category(catalog.PARTY_WEIGHTS)
    while catalog.duty(category, PARTY)["lead"] is None:
        category = plan.category(catalog.PARTY_WEIGHTS)
    grid = plan.any_grid()
    report = plan.fill(Report(us, category, grid, plan.plain_member(grid)), PARTY)
    row = Row(PARTY, "snapshot")
    plan.world.rows.append(row)
    image = plan.party_image(report)
    image.update(status=rng.choice(("PENDING", "ACCEPTED", "COMPLETED")),
                 assigned_member_id=int(grid.members[0]), updated_at=clock.utc_text(us))
    if image["status"] != "COMPLETED":
        plan.update(row, plan.moment(), {"status": "COMPLETED"})
    return Item(row, image)
