"""Pairs that look like one matter and must not become one.

Each function pushes its rows and notes the pairs with the reason. The README names each rule.
"""

from gridgen import catalog, clock, texts
from gridgen.plan import Report, grid_life
from gridgen.rows import INSERT

_HAZARDS = ("AQ01", "AQ02", "AQ05", "AQ07", "AQ08")


def _note(plan, kind, why, pairs):
    plan.world.near_misses.append((kind, why, list(pairs)))
    plan.trap(f"near_{kind}")


def _report(plan, kind, category, grid, us, by=None):
    report = Report(us, category, grid, by)
    report.kind = f"near_{kind}"
    return report


def patrol_five(plan):
    """Five hazards of one category filed in one statement, one party report in that hour."""
    category = plan.rng.choice(_HAZARDS)
    grid, us = plan.dual(category, 1.5)
    entered = us + 55 * clock.MINUTE
    items = []
    for n in range(5):
        report = _report(plan, "patrol_five", category, grid, us + n * 11 * clock.MINUTE, grid.user)
        report.entered = entered
        items.append(plan.grid_item(report))
        grid_life(plan, items[-1].row, report)
    plan.statement(entered, INSERT, items)
    party = plan.party(_report(plan, "patrol_five", category, grid, us + 26 * clock.MINUTE,
                               grid.members[0]))
    _note(plan, "patrol_five", "five candidates for one party report: none is certain",
          [(party, item.row) for item in items])


def like_villages(plan):
    """The same title, category and time in two villages with like names."""
    rng = plan.rng
    pair = list(rng.choice(plan.town.like))
    rng.shuffle(pair)
    one, two = (rng.choice(village.grids) for village in pair)
    category = plan.category(catalog.BOTH_WEIGHTS)
    us = plan.at(8, 15)
    first = _report(plan, "like_villages", category, one, us, plan.plain_member(one))
    first.title = texts.title(rng, category, pair[0])[len(pair[0].short) + 1:]
    first.text = texts.description(rng)
    second = first.copy(grid=two, us=us + rng.randrange(40) * clock.SECOND,
                        by=plan.plain_user(two))
    _note(plan, "like_villages", f"{pair[0].short} and {pair[1].short} are two villages",
          [(plan.party(first), plan.grid(second))])


def two_hours_plus(plan):
    """The same holder, category and grid, two hours and a few minutes apart."""
    rng = plan.rng
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 2.3)
    gap = 2 * clock.HOUR + rng.randrange(60, 540) * clock.SECOND
    times = (us, us + gap) if rng.random() < 0.5 else (us + gap, us)
    report = _report(plan, "two_hours_plus", category, grid, times[0], grid.members[0])
    party = plan.party(report)
    _note(plan, "two_hours_plus", "more than two hours apart",
          [(party, plan.grid(report.copy(us=times[1], by=grid.user)))])


def attachment_three(plan):
    """One attachment hash on three rows: each side that has one candidate sees one with two."""
    rng = plan.rng
    grid = plan.any_grid()
    us = plan.at(8, 12)
    category = plan.category(catalog.BOTH_WEIGHTS)
    report = _report(plan, "attachment_three", category, grid, us)
    report.photo = plan.world.photo()
    party_twice = rng.random() < 0.5
    party, other = [], []
    for n, is_party in enumerate((True, False, party_twice)):
        entry = report.copy(us=us + n * rng.randrange(20, 90) * clock.MINUTE, title=None,
                            by=plan.plain_member(grid) if is_party else plan.plain_user(grid))
        (party if is_party else other).append(plan.party(entry) if is_party else plan.grid(entry))
    _note(plan, "attachment_three", "the hash occurs three times: no pair is certain",
          [(p, g) for p in party for g in other])


def xref_twice(plan):
    """Two rows of one side name the same row of the other."""
    rng = plan.rng
    grid = plan.any_grid()
    us = plan.at(8, 12)
    category = plan.category(catalog.BOTH_WEIGHTS)
    target = _report(plan, "xref_twice", category, grid, us)
    later = [us + n * clock.HOUR + rng.randrange(30 * clock.MINUTE) for n in (1, 2)]
    if rng.random() < 0.5:
        target.by = plan.plain_user(grid)
        named = plan.grid(target)
        pairs = [(plan.party(target.copy(us=t, title=None, by=plan.plain_member(grid),
                                         extra={"peer_case_id": named})), named) for t in later]
    else:
        target.by = plan.plain_member(grid)
        named = plan.party(target)
        pairs = [(named, plan.grid(target.copy(us=t, title=None, by=plan.plain_user(grid),
                                               extra={"party_task_ref": named}))) for t in later]
    _note(plan, "xref_twice", "one row is named by two rows: neither is certain", pairs)


def _two_villages(plan, kind):
    """Reports of one text in grids of two villages, an hour apart: (party's, grid's)."""
    rng = plan.rng
    one, two = (rng.choice(v.grids) for v in rng.sample(plan.town.villages, 2))
    category = plan.category(catalog.BOTH_WEIGHTS)
    us = plan.at(8, 13)
    first = _report(plan, kind, category, two, us, plan.plain_user(two))
    plan.fill(first, catalog.GRID)
    return first.copy(grid=one, us=us + clock.HOUR, by=plan.plain_member(one)), first


def xref_other_village(plan):
    """A cross-reference to a row of another village (a mistyped id)."""
    party_report, grid_report = _two_villages(plan, "xref_other_village")
    grid = plan.grid(grid_report)
    party_report.extra["peer_case_id"] = grid
    _note(plan, "xref_other_village", "the named row lies in another village, another cell",
          [(plan.party(party_report), grid)])


def attachment_other_village(plan):
    """One photo used in two villages."""
    party_report, grid_report = _two_villages(plan, "attachment_other_village")
    party_report.photo = grid_report.photo = plan.world.photo()
    _note(plan, "attachment_other_village", "the same hash in another village, another cell",
          [(plan.party(party_report), plan.grid(grid_report))])


def _same_holder_pair(plan, kind, why, village_only):
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 1, village_only)
    report = _report(plan, kind, category, grid, us, grid.members[0])
    party = plan.party(report)
    grid_row = plan.grid(report.copy(us=us + 20 * clock.MINUTE, by=grid.user))
    _note(plan, kind, why, [(party, grid_row)])


def village_only(plan):
    """The same holder and category in minutes, but the party platform knows only the village."""
    _same_holder_pair(plan, "village_only", "the party row's grid is not known", True)


def other_grid(plan):
    """The same holder and category in minutes, in two grids of one village."""
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 1)
    others = [g for g in grid.village.grids if g is not grid]
    report = _report(plan, "other_grid", category, grid, us, grid.members[0])
    party = plan.party(report)
    second = report.copy(us=us + 20 * clock.MINUTE, by=grid.user, grid=plan.rng.choice(others))
    _note(plan, "other_grid", "two grids of one village", [(party, plan.grid(second))])


def other_category(plan):
    """The same holder and grid in minutes, two categories of one class."""
    grid, us = plan.dual("MS01", 1)
    if not plan.world.claim_time(grid.dual, "MS02", grid, (us, us + clock.HOUR)):
        return
    report = _report(plan, "other_category", "MS01", grid, us, grid.members[0])
    party = plan.party(report)
    second = report.copy(category="MS02", us=us + 9 * clock.MINUTE, by=grid.user)
    _note(plan, "other_category", "two categories", [(party, plan.grid(second))])


def same_network(plan):
    """Two rows of one network with the same attachment, holder, category and grid."""
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 1)
    report = _report(plan, "same_network", category, grid, us, grid.user)
    report.photo = plan.world.photo()
    first = plan.grid(report)
    second = plan.grid(report.copy(us=us + 10 * clock.MINUTE, entered=None))
    _note(plan, "same_network", "links join rows of two sources only", [(first, second)])


def month_later(plan):
    """The same title, holder, category and grid, 30 days later (runs of more than 30 days only)."""
    days = plan.world.options.days
    memory = plan.world.month_memory
    if plan.day + 30 < days and (plan.day < 3 or plan.rng.random() < 0.3):
        category = plan.category(catalog.BOTH_WEIGHTS)
        grid, us = plan.dual(category, 0.5)
        report = _report(plan, "month_later", category, grid, us, grid.user)
        row = plan.grid(report)
        memory.setdefault((plan.town.code, plan.day + 30), []).append((row, report))
    for row, report in memory.pop((plan.town.code, plan.day), []):
        us = report.us + 30 * clock.DAY + 20 * clock.MINUTE
        again = report.copy(us=us, by=report.grid.members[0])
        _note(plan, "month_later", "a month lies between", [(plan.party(again), row)])


ONCE = (patrol_five, like_villages, two_hours_plus, attachment_three, xref_twice,
        xref_other_village, attachment_other_village, village_only, other_grid, other_category,
        same_network)
EVERY_DAY = (month_later,)
