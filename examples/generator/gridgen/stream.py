"""The run: day by day plan, then carry out in order of time what is due."""

from gridgen import canal, clock, debezium, matters, nearmiss, traps
from gridgen.catalog import GRID, PARTY
from gridgen.files import write_tables
from gridgen.output import Output
from gridgen.plan import Busy, Plan
from gridgen.truth import write_truth
from gridgen.world import OTHER, REPLAY_ROW, STATEMENT, World

_CERTAIN_DAYS = 3
_CHANCE = 0.12


def open_outputs(directory):
    """The two files, by source."""
    directory.mkdir(parents=True, exist_ok=True)
    return {PARTY: Output(directory / "party.jsonl", debezium.TOPIC),
            GRID: Output(directory / "grid.jsonl", canal.TOPIC)}


def generate(options, directory, keys):
    """Write everything under directory (a Path); returns (truth, outputs)."""
    world = World(options)
    outputs = open_outputs(directory)
    writers = {PARTY: debezium.PartyWriter(outputs[PARTY], world),
               GRID: canal.GridWriter(outputs[GRID], world)}
    world.push(world.drift_us, OTHER, (GRID, "ddl"))
    for day in range(options.days):
        _plan_day(world, day)
        for us, _, kind, body in world.pop_before(world.start + (day + 1) * clock.DAY):
            carry_out(writers, us, kind, body)
    for output in outputs.values():
        output.close()
    write_tables(world, directory, keys)
    return write_truth(world, outputs, directory), outputs


def _plan_day(world, day):
    plans = [Plan(world, town, day) for town in world.towns]
    if day == 0:
        matters.snapshot(plans)
    for plan in plans:
        matters.usual_day(plan)
        for function in scripted(plan):
            try:
                function(plan)
            except Busy:
                world.traps["left_out_for_want_of_a_holder"] += 1


def scripted(plan):
    """Every trap once within the first days of each town, later now and then."""
    once = nearmiss.ONCE + traps.ONCE
    cycle = min(plan.world.options.days, _CERTAIN_DAYS)
    chosen = [function for place, function in enumerate(once)
              if (plan.day < cycle and place % cycle == plan.day) or plan.rng.random() < _CHANCE]
    return [*chosen, *nearmiss.EVERY_DAY, *traps.EVERY_DAY]


def carry_out(writers, us, kind, body):
    """Let what the queue holds happen."""
    if kind == STATEMENT:
        source, operation, items = body
        writers[source].write(us, operation, items)
    elif kind == OTHER:
        source, what = body
        writers[source].other(us, what)
    elif kind == REPLAY_ROW:
        row, count = body
        for message in row.sent[:count]:
            writers[row.source].resend(us, message)
    else:
        source, partition = body
        writer = writers[source]
        for message in list(writer.output.windows[partition]):
            writer.resend(us, message)
