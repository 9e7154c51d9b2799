"""Rows whose records are repeated, broken, deleted, moved or odd, and pairs that test a rule.

Each function pushes one instance within its day. The README names the rule of each.
"""

from gridgen import catalog, clock, texts
from gridgen.catalog import GRID, PARTY
from gridgen.matters import secondary_entry
from gridgen.plan import Report
from gridgen.rows import INSERT, UPDATE, Item

_PROGRESS = {PARTY: ({"status": "ACCEPTED"}, {"status": "COMPLETED"}),
             GRID: ({"execute_dept": "环卫"}, {"is_finished": "1"})}
_TEXT = {PARTY: "description", GRID: "case_desc"}
_TITLE = {PARTY: "task_title", GRID: "case_title"}


def _row(plan, source, kind, extra=None, defect=None):
    """A row by a plain reporter, without a life; returns (row, time of its insert)."""
    weights = catalog.PARTY_WEIGHTS if source == PARTY else catalog.GRID_WEIGHTS
    grid = plan.any_grid()
    plan.last_village = grid.village
    report = Report(plan.at(8, 12), plan.category(weights), grid)
    report.by = plan.plain_member(grid) if source == PARTY else plan.plain_user(grid)
    report.kind, report.extra, report.defect = kind, extra or {}, defect
    if source == PARTY:
        return plan.party(report, life=False), report.us
    row = plan.grid(report, life=False)
    return row, report.entered


def _later(plan, us, least=20, most=90):
    return us + plan.rng.randrange(least * 60, most * 60) * clock.SECOND


def _progress(plan, row, us, deltas=None):
    """The usual updates one after another; returns the time of the last."""
    for delta in deltas or _PROGRESS[row.source]:
        us = _later(plan, us)
        plan.update(row, us, delta)
    return us


# -- repeats ---------------------------------------------------------------------------------------

def _replay(plan, source):
    """A B, once more A B, then C: the repeats change nothing."""
    row, us = _row(plan, source, "replay")
    us = _progress(plan, row, us, [_PROGRESS[source][0]])
    plan.replay(row, _later(plan, us, 2, 9), plan.rng.choice((None, 1)))
    _progress(plan, row, us + 10 * clock.MINUTE, [{_TEXT[source]: "补充：已约定明日复查。"},
                                                 _PROGRESS[source][1]])
    plan.trap(f"replay_{source}")


def _replay_after_delete(plan, source):
    """A B, deleted, once more A: the row stays deleted."""
    row, us = _row(plan, source, "replay_after_delete")
    us = _later(plan, _progress(plan, row, us))
    plan.replay(row, us + 5 * clock.MINUTE, 1)
    plan.delete(row, us)
    plan.trap(f"replay_after_delete_{source}")


def same_second(plan):
    """Two updates in one whole second: equal upd_time and es; the later one wins."""
    row, us = _row(plan, GRID, "same_second")
    us = _later(plan, us)
    plan.update(row, us + 150_000, {"execute_dept": "供水站", "is_urge": "1"})
    plan.update(row, us + 640_000, {"is_finished": "1", "is_urge": "0"})
    plan.trap("same_second")
    if plan.rng.random() < 0.5 or plan.day < 3:
        plan.replay(row, us + 4 * clock.MINUTE)
        plan.trap("same_second_replay")


# -- broken records --------------------------------------------------------------------------------

def _broken_update(plan, source, defect, name=None):
    """A row whose middle update does not come through; the next one repairs it."""
    row, us = _row(plan, source, f"broken_{name or defect}")
    us = _later(plan, us)
    plan.update(row, us, _PROGRESS[source][0], defect)
    _progress(plan, row, us, [{_TEXT[source]: "材料已补。"}, _PROGRESS[source][1]])
    plan.trap(f"{name or defect}_{source}")


def _unknown_code(source):
    return {"status": "ARCHIVED"} if source == PARTY else {"is_finished": "7"}


def _state(plan, source):
    """An unknown state code: once in passing, once as the last word, once as the first."""
    code = _unknown_code(source)
    row, us = _row(plan, source, "state_transient")
    us = _progress(plan, row, us, [_PROGRESS[source][0], code])
    _progress(plan, row, us, [_PROGRESS[source][1]])
    row, us = _row(plan, source, "state_last")
    _progress(plan, row, us, [_PROGRESS[source][0], code])
    row, us = _row(plan, source, "state_insert", dict(code))
    known = {"status": "ACCEPTED"} if source == PARTY else {"is_finished": "0"}
    _progress(plan, row, us, [known])
    plan.trap(f"unknown_state_{source}")


def _unknown_grid(plan, source):
    """A row of a grid that no lookup file knows, through all its life."""
    extra = {"grid_id": 99001} if source == PARTY else {"grid": "99001"}
    row, us = _row(plan, source, "unknown_grid", extra)
    _progress(plan, row, us)
    plan.trap(f"unknown_grid_{source}")


def _delete_lost(plan, source):
    """A delete that carries the key only: it cannot be placed, the row stays."""
    row, us = _row(plan, source, "delete_lost")
    us = _progress(plan, row, us)
    plan.delete(row, _later(plan, us), "need_full_image")
    plan.trap(f"need_full_image_delete_{source}")


def bad_row_among_good(plan):
    """One statement over six rows, one of them with an unknown state: only that row is dead."""
    grid = plan.any_grid()
    us = plan.at(8, 12)
    items = []
    for n in range(6):
        report = Report(us + n * clock.MINUTE, "CG01", grid, plan.plain_user(grid))
        report.kind, report.entered = "bad_row_among_good", us + 10 * clock.MINUTE
        items.append(plan.grid_item(report))
    plan.statement(us + 10 * clock.MINUTE, INSERT, items)
    deltas = [{"is_urge": "1"}] * 6
    deltas[2] = {"is_finished": "7"}
    plan.statement(us + 50 * clock.MINUTE, UPDATE,
                   [Item(item.row, delta) for item, delta in zip(items, deltas)])
    plan.trap("bad_row_among_good")


# -- deletes, moves, texts -------------------------------------------------------------------------

def _hard_delete(plan, source):
    row, us = _row(plan, source, "hard_delete")
    plan.delete(row, _later(plan, _progress(plan, row, us)))
    plan.trap(f"hard_delete_{'party' if source == PARTY else 'grid'}")


def soft_delete(plan):
    row, us = _row(plan, GRID, "soft_delete")
    _progress(plan, row, us, [_PROGRESS[GRID][0], {"is_deleted": "1"}])
    plan.trap("soft_delete")


def undelete(plan):
    row, us = _row(plan, GRID, "undelete")
    _progress(plan, row, us, [{"is_deleted": "1"}, {"is_deleted": "0"}, _PROGRESS[GRID][1]])
    plan.trap("undelete")


def _move(plan, source, town, name):
    """The row is corrected to a grid of another village, of this town or of another."""
    row, us = _row(plan, source, name)
    grid = plan.rng.choice([grid for village in town.villages for grid in village.grids
                            if village is not plan.last_village])
    delta = {"grid_id": grid.party_id} if source == PARTY else {"grid": str(grid.grid_id)}
    us = _progress(plan, row, us, [_PROGRESS[source][0], delta])
    _progress(plan, row, us, [_PROGRESS[source][1]])
    plan.trap(f"{name}_{source}")


def _village_move(plan, source):
    _move(plan, source, plan.town, "village_move")


def _town_move(plan, source):
    others = plan.world.elsewhere(plan.town)
    if others:
        _move(plan, source, plan.rng.choice(others), "town_move")


def _text(plan, source):
    """Characters beyond the BMP, a literal \\u0000, quotes, newlines; in MySQL a real NUL."""
    title = "大棚积水\"急\"\U0001F327\uFE0F\U00020BB7野 字面\\u0000 /"
    row, us = _row(plan, source, "text_odd", {_TITLE[source]: title,
                                              _TEXT[source]: "第一行\n第二行\t\\ \u2028 </script>"})
    _progress(plan, row, us)
    if source == GRID:
        row, us = _row(plan, source, "text_nul", {_TITLE[source]: "路灯\u0000不亮"})
        _progress(plan, row, us)
        plan.trap("text_nul")
    plan.trap(f"text_odd_{source}")


# -- records that are no rows ----------------------------------------------------------------------

def others(plan):
    for source, kind in ((PARTY, "truncate"), (PARTY, "logical_message"), (GRID, "query_foreign"),
                         (GRID, "query_foreign"), (GRID, "ddl_other"), (GRID, "patrol_task"),
                         (GRID, "patrol_task")):
        plan.other(plan.at(8, 18), source, kind)
        plan.trap(kind)


# -- pairs that test a rule ------------------------------------------------------------------------

def _intend(plan, kind, rows):
    plan.world.intended.append((kind, *rows))
    plan.trap(kind)


def boundary(plan):
    """Exactly two hours apart: still one matter."""
    gap = plan.rng.choice((-2, 2)) * clock.HOUR
    _intend(plan, "boundary_two_hours", secondary_entry(plan, gap))


def tie(plan):
    """Equal occurrence times of a first-contact category: the elder is the lesser source name."""
    _intend(plan, "tie", secondary_entry(plan, category="NY01", tie=True))


def strong_first(plan):
    """Two reports a side in one hour; a reference takes one pair out, the other is certain."""
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 1.5)
    report = Report(us, category, grid, grid.user)
    report.kind = "strong_first"
    cases = [plan.grid(report.copy(us=us + n * 15 * clock.MINUTE)) for n in range(2)]
    mine = report.copy(by=grid.members[0])
    tasks = [plan.party(mine.copy(us=us + 45 * clock.MINUTE, extra={"peer_case_id": cases[0]})),
             plan.party(mine.copy(us=us + 52 * clock.MINUTE))]
    for rows in zip(tasks, cases):
        _intend(plan, "strong_first", rows)


def _claiming_pair(plan, category, name):
    """Both claim the lead at the run's end: assigned and accepted, and given to a department."""
    grid, us = plan.dual(category, 1)
    report = Report(us, category, grid, grid.members[0])
    report.kind = name
    party = plan.party(report, life=False)
    case = plan.grid(report.copy(us=us + 15 * clock.MINUTE, by=grid.user), life=False)
    later = us + clock.HOUR
    plan.update(party, later, {"assigned_member_id": int(grid.members[1])})
    plan.update(party, later + 20 * clock.MINUTE, {"status": "ACCEPTED"})
    plan.update(case, later + 31 * clock.MINUTE, {"execute_dept": texts.department(plan.rng)})
    _intend(plan, name, (party, case))


def unlisted(plan):
    """NY04 is on no line of the duty list: no lead, and a double lead that stays open."""
    _claiming_pair(plan, "NY04", "no_owner_open_double_lead")


def settled(plan):
    """A double lead that the duty list settles."""
    _claiming_pair(plan, "MS01", "settled_double_lead")


def contradiction(plan):
    """One side is done, the other never ends."""
    party, case = secondary_entry_without_life(plan, "contradiction")
    done = plan.rng.choice((party, case))
    _progress(plan, done, plan.midnight + 16 * clock.HOUR, [_PROGRESS[done.source][1]])
    _intend(plan, "contradiction", (party, case))


def secondary_entry_without_life(plan, kind):
    """A pair of one dual-hat holder whose rows do not change by themselves."""
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, us = plan.dual(category, 1)
    report = Report(us, category, grid, grid.members[0])
    report.kind = kind
    party = plan.party(report, life=False)
    return party, plan.grid(report.copy(us=us + 12 * clock.MINUTE, by=grid.user), life=False)


def pair_deleted(plan):
    """A certain pair of which one row is deleted: the other stands alone."""
    party, case = secondary_entry_without_life(plan, "pair_deleted")
    us = plan.at(15, 20)
    choice = plan.rng.randrange(3)
    if choice == 0:
        plan.delete(party, us)
    elif choice == 1:
        plan.delete(case, us)
    else:
        plan.update(case, us, {"is_deleted": "1"})
    plan.world.near_misses.append(("pair_deleted", "one of the two rows is deleted",
                                   [(party, case)]))
    plan.trap("pair_deleted")


def pair_undeleted(plan):
    """A certain pair of which the grid row is deleted and comes back."""
    party, case = secondary_entry_without_life(plan, "pair_undeleted")
    plan.update(case, plan.at(14, 16), {"is_deleted": "1"})
    plan.update(case, plan.at(17, 20), {"is_deleted": "0"})
    _intend(plan, "pair_undeleted", (party, case))


def xref_dangling(plan):
    """References to rows that never existed."""
    _row(plan, PARTY, "xref_dangling", {"peer_case_id": 17})
    _row(plan, GRID, "xref_dangling", {"party_task_ref": "18"})
    plan.trap("xref_dangling")


def xref_corrected(plan):
    """A reference to the wrong row of the village, corrected later."""
    grid = plan.any_grid()
    category = plan.category(catalog.BOTH_WEIGHTS)
    us = plan.at(8, 11)
    report = Report(us, category, grid, plan.plain_user(grid))
    report.kind = "xref_corrected"
    wrong, right = (plan.grid(report.copy(us=us + n * 30 * clock.MINUTE)) for n in range(2))
    mine = report.copy(us=us + clock.HOUR, by=plan.plain_member(grid),
                       extra={"peer_case_id": wrong})
    party = plan.party(mine)
    plan.update(party, us + 3 * clock.HOUR, {"peer_case_id": right})
    plan.world.near_misses.append(("xref_corrected", "the reference was taken back",
                                   [(party, wrong)]))
    _intend(plan, "xref_corrected", (party, right))


def _for_both(function, *args):
    return [lambda plan, s=source: function(plan, s, *args) for source in (PARTY, GRID)]


ONCE = (*_for_both(_replay), *_for_both(_replay_after_delete), same_second,
        *_for_both(_broken_update, "cut"), *_for_both(_broken_update, "scalar"),
        *_for_both(_broken_update, "missing_key"), *_for_both(_broken_update, "bad_date"),
        *_for_both(_broken_update, "need_full_image"), *_for_both(_delete_lost),
        *_for_both(_state), *_for_both(_unknown_grid), bad_row_among_good,
        *_for_both(_hard_delete), soft_delete, undelete, *_for_both(_village_move),
        *_for_both(_town_move), *_for_both(_text), boundary, tie, strong_first, unlisted, settled,
        contradiction, pair_deleted, pair_undeleted, xref_dangling, xref_corrected)
EVERY_DAY = (others,)
