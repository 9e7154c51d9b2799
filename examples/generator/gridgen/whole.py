"""The run with all entities: town after town into spools, then one merge; see spool.

Bounded: one town's run stands in memory at a time, and of the merge one record a town.
"""

import shutil

from gridgen import canal, centre, clock, matters, moretraps, tables
from gridgen.catalog import CENTRE, GRID, PARTY
from gridgen.contacts import Contacts
from gridgen.files import write_tables, write_units
from gridgen.plan import Busy, Plan
from gridgen.posts import Posts
from gridgen.settle import Settled
from gridgen.spool import Merged, Spool
from gridgen.stream import carry_out, scripted
from gridgen.townrun import CALL, TownRun, writers_of
from gridgen.visits import Visits
from gridgen.wholetruth import WholeTruth
from gridgen.world import OTHER, World

_LEAST, _MOST = 170, 330    # matters of a usual day, before what is planted comes on top
_SNAPSHOT = clock.MINUTE    # so long before the run's first day the first load begins


def generate(options, directory, keys):
    """Write everything under directory (a Path); returns (counts by source, {source: Merged})."""
    world = World(options)
    if options.matters_per_day is None:
        TownRun.least, TownRun.most = _LEAST, _MOST
    spools = directory / ".spool"
    spools.mkdir(parents=True, exist_ok=True)
    try:
        return _generate(world, directory, spools, keys)
    finally:
        shutil.rmtree(spools)


def _generate(world, directory, spools, keys):
    truth = WholeTruth(directory, spools)
    made = {PARTY: [], GRID: []}
    last = len(world.towns) - 1
    for town in world.towns:
        run, settled, writers = _town(world, town, spools, (town.index == 0, town.index == last))
        outputs = {source: writer.output for source, writer in writers.items()}
        if run.centre:
            outputs[CENTRE] = run.centre.output
        for source, output in outputs.items():
            output.close()
            made.setdefault(source, []).append(output)
        truth.add(run, settled, outputs)
    merged = {PARTY: Merged(directory / "party.jsonl", tables.topic, True),
              GRID: Merged(directory / "grid.jsonl", lambda table: canal.TOPIC, False)}
    if CENTRE in made:
        merged[CENTRE] = Merged(directory / "centre.jsonl", lambda table: centre.TOPIC, False)
        write_units(world.towns[0], directory)
    for source, output in merged.items():
        output.merge(made[source])
    write_tables(world, directory, keys)
    _write_topics(directory, merged)
    return truth.finish(world), merged


def _write_topics(directory, merged):
    names = sorted(name for output in merged.values() for name in output.topics)
    (directory / "topics.txt").write_text("".join(f"{name}\n" for name in names),
                                          encoding="utf-8")


def _town(world, town, spools, ends):
    """Carry one town's days out into its spools: (run, its contacts, writers)."""
    run = TownRun(world, town)
    settled = Settled(run, town)
    writers, sheets = writers_of(run, spools, ends)
    posts = Posts(run, settled, sheets)
    contacts = Contacts(run, settled, sheets[0])
    visits = Visits(run, settled, sheets)
    if run.options.centre and ends[0]:
        run.centre = centre.Centre(run, Spool(spools / "centre", centre.MATTER))
    posts.snapshot(run.start - _SNAPSHOT)
    contacts.snapshot(run.start - _SNAPSHOT + 2 * clock.SECOND)
    run.push(run.start + 5 * clock.MINUTE, CALL, posts.first_hour)
    run.push(run.start + 11 * clock.HOUR, CALL, posts.bad_flag)
    if ends[0]:
        run.push(run.drift_us, OTHER, (GRID, "ddl"))
    for day in range(run.options.days):
        plan = Plan(run, town, day)
        _plan_day(plan)
        visits.day(plan)
        posts.day(day, plan.midnight)
        contacts.day(day, plan.midnight)
        if run.centre:
            run.centre.day(plan)
        for us, _, kind, body in run.pop_before(plan.midnight + clock.DAY):
            run.now = us
            if kind == CALL:
                body(us)
            else:
                carry_out(writers, us, kind, body)
    return run, settled, writers


def _plan_day(plan):
    if plan.day == 0:
        matters.snapshot([plan])
    matters.usual_day(plan)
    for function in (*scripted(plan), moretraps.day):
        try:
            function(plan)
        except Busy:
            plan.trap("left_out_for_want_of_a_holder")
