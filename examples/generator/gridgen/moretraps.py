"""What the days of a whole town have besides: citizens, floods, refused rows, wrong clocks."""

from gridgen import catalog, clock
from gridgen.catalog import GRID, PARTY
from gridgen.plan import Report
from gridgen.rows import STALE
from gridgen.townrun import REFUSED_GRID, REFUSED_PARTY

_FLOOD = ("NY01", "NY01", "NY01", "AQ07", "YJ01", "MS02")
_REFUSED_WORDS = ("低保户", "社区矫正", "上访户")


def _place(plan, category, hours):
    grid = plan.any_grid()
    report = Report(plan.at(*hours), category, grid)
    return grid, report


def citizens(plan, count=None, category=None):
    """Several citizens tell of one problem by telephone: one fact, and nothing certain joins it."""
    rng = plan.rng
    grid, first = _place(plan, category or plan.category(catalog.GRID_WEIGHTS), (8, 18))
    rows = []
    for n in range(count or rng.randrange(3, 6)):
        report = first.copy(us=first.us + n * rng.randrange(4, 25) * clock.MINUTE, title=None,
                            text=None, by=grid.village.leader, entered=None)
        report.kind, report.extra = "citizens", {"source_type": rng.choice(("hotline", "12345"))}
        rows.append(plan.grid(report))
    plan.world.facts.append(("citizens", tuple(rows)))
    plan.trap("citizens")


def flood(plan):
    """Rain: in a few hours four times a day's matters more, of few kinds, from everybody."""
    rng = plan.rng
    for _ in range(4 * plan.town.mean):
        category = rng.choice(_FLOOD)
        if rng.random() < 0.12:
            citizens(plan, 2, category)
            continue
        grid, report = _place(plan, category, (5, 12))
        if rng.random() < 0.35:
            report.by, report.kind = plan.plain_member(grid), "flood"
            plan.party(report)
        else:
            report.by, report.kind = plan.plain_user(grid), "flood"
            plan.grid(report)
    plan.trap("flood")


def refused(plan):
    """Matters that must not come in, through their life; and a text that must stay outside."""
    rng = plan.rng
    for source, codes in ((PARTY, REFUSED_PARTY), (GRID, REFUSED_GRID)):
        grid, report = _place(plan, "QT99", (8, 12))
        report.kind = "refused"
        column = "task_type" if source == PARTY else "event_type_list"
        report.extra = {column: rng.choice(codes)}
        if source == PARTY:
            report.by = plan.plain_member(grid)
            row, us = plan.party(report, life=False), report.us
            plan.update(row, us + clock.HOUR, {"status": "ACCEPTED"})
        else:
            report.by = plan.plain_user(grid)
            row = plan.grid(report, life=False)
            plan.update(row, report.entered + clock.HOUR, {"is_finished": "1"})
        plan.trap(f"refused_{source}")
    grid, report = _place(plan, "MS05", (8, 12))
    report.by, report.kind = plan.plain_member(grid), "refused_words"
    report.text = f"{rng.choice(_REFUSED_WORDS)}{plan.world.canary(rng.randrange(60))}，代办。"
    plan.party(report, life=False)
    plan.trap("refused_words")


def dated_2099(plan):
    """A row dated far ahead by a slip of the hand: it counts as it stands, and moves no clock."""
    for source in (PARTY, GRID):
        grid, report = _place(plan, "MS01", (8, 12))
        report.kind = "dated_2099"
        us = report.us
        if source == PARTY:
            report.by = plan.plain_member(grid)
            far = clock.local_micros(clock.day_start("2099-01-01") + 9 * clock.HOUR)
            report.extra = {"created_at": far, "deadline": None}
            row = plan.party(report, life=False)
            plan.update(row, us + clock.HOUR, {"status": "ACCEPTED"})
        else:
            report.by = plan.plain_user(grid)
            report.extra = {"occur_time": "2099-01-01 09:00:00", "dead_line": None}
            row = plan.grid(report, life=False)
            plan.update(row, report.entered + clock.HOUR, {"is_finished": "1"})
        plan.trap(f"dated_2099_{source}")


def device_clock(plan):
    """A tablet is fifty minutes ahead; the reference joins the two rows all the same."""
    rng = plan.rng
    category = plan.category(catalog.BOTH_WEIGHTS)
    grid, report = _place(plan, category, (8, 12))
    report.by, report.kind = plan.plain_user(grid), "device_clock"
    case = plan.grid(report)
    later = report.entered + rng.randrange(10, 50) * clock.MINUTE
    ahead = clock.local_micros(later + 50 * clock.MINUTE)
    party = plan.party(report.copy(us=later, by=plan.plain_member(grid),
                                   extra={"peer_case_id": case, "created_at": ahead}))
    plan.world.intended.append(("device_clock", party, case))
    plan.trap("device_clock")


def server_clock(plan):
    """The grid's server was set back: an update older than what is known; the next one mends it."""
    grid, report = _place(plan, "CG01", (8, 12))
    report.by, report.kind = plan.plain_user(grid), "server_clock"
    row = plan.grid(report, life=False)
    us = report.entered + clock.HOUR
    plan.update(row, us, {"execute_dept": "环卫"})
    plan.update(row, us + 20 * clock.MINUTE, {"upd_time": clock.local_text(us - 9 * clock.MINUTE),
                                              "is_urge": "1"}, STALE)
    plan.update(row, us + 50 * clock.MINUTE, {"is_finished": "1"})
    plan.trap("server_clock")


def day(plan):
    """Push the day's; each of these occurs on the first day, later some of them."""
    rng = plan.rng
    for _ in range(rng.randrange(3, 7)):
        citizens(plan)
    for function in (refused, dated_2099, device_clock, server_clock):
        if plan.day == 0 or rng.random() < 0.4:
            function(plan)
    if plan.world.is_flood_day(plan.day):
        flood(plan)
