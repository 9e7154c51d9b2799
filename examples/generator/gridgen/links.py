"""Which rows are one matter: certain evidence, computed from the rows as they stand at the end.

Levels in order: 1 cross-reference of ids, 2 the same attachment hash, 3 the same holder, category
and grid with occurrence times at most two hours apart; within one village, across the two sources,
one to one. At a level a pair is certain only if neither side has a second candidate there, among
the rows that no stronger level has linked.
"""

from collections import Counter, defaultdict

from gridgen import clock
from gridgen.catalog import PARTY

_SPAN = 2 * clock.HOUR


def link(facts):
    """Pairs (party fact, grid fact, evidence) of the live facts given."""
    free = list(facts)
    result = []
    for evidence, candidates in (("xref", _xref), ("attachment", _attachment),
                                 ("holder", _holder)):
        certain = _one_to_one(candidates(free))
        result.extend((party, grid, evidence) for party, grid in certain)
        taken = {id(fact) for pair in certain for fact in pair}
        free = [fact for fact in free if id(fact) not in taken]
    return result


def _one_to_one(pairs):
    degree = Counter()
    for party, grid in pairs:
        degree[id(party)] += 1
        degree[id(grid)] += 1
    return [(p, g) for p, g in pairs if degree[id(p)] == 1 and degree[id(g)] == 1]


def _split(facts):
    return ([f for f in facts if f.source == PARTY], [f for f in facts if f.source != PARTY])


def _xref(facts):
    party, grid = _split(facts)
    task = {f.key: f for f in party}
    case = {f.key: f for f in grid}
    pairs = {}
    for fact, others in ((f, case) for f in party):
        other = others.get(fact.names)
        if other is not None and other.village == fact.village:
            pairs[(fact.key, other.key)] = (fact, other)
    for fact in grid:
        other = task.get(fact.names)
        if other is not None and other.village == fact.village:
            pairs[(other.key, fact.key)] = (other, fact)
    return list(pairs.values())


def _grouped(facts, token):
    """Lists (party facts, grid facts) that share a token; facts without one are left out."""
    groups = defaultdict(lambda: ([], []))
    for fact in facts:
        shared = token(fact)
        if shared is not None:
            groups[shared][fact.source != PARTY].append(fact)
    return groups.values()


def _attachment(facts):
    def token(fact):
        return (fact.village, fact.photo) if fact.photo else None
    return [(p, g) for party, grid in _grouped(facts, token) for p in party for g in grid]


def _holder(facts):
    def token(fact):
        known = fact.holder is not None and fact.grid is not None
        return (fact.holder, fact.category, fact.grid) if known else None
    return [(p, g) for party, grid in _grouped(facts, token) for p in party for g in grid
            if abs(p.occurred - g.occurred) <= _SPAN]
