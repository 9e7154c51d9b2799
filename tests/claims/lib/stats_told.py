"""What of a table may be told, by the declaration in include/gridbridge/stats.h; and an attacker.

    messages = told(tables, town, monday)     {id: value} as gb.stats must have them
    faults = attack(values)                   numbers under the threshold that published ones give
"""
import collections

LEAST = 5
FIXED = {
    "entries": ("first", "secondary_entry", "same_fact", "citizens", "corroboration"),
    "response": ("to_10m", "to_30m", "to_1h", "to_4h", "to_1d", "to_3d", "longer"),
    "handling": ("to_1h", "to_4h", "to_1d", "to_3d", "to_7d", "to_15d", "to_30d", "longer"),
    "closed_by": ("self", "others"), "timely": ("on_time", "late"),
    "visit_duplicates": ("secondary_entry", "same_fact", "restated"),
    "reached": ("covered", "uncovered"), "grids": ("in_order", "with_findings"),
    "posts": ("filled", "vacant")}
OUTER = {"entries": "reports", "rules": "entries", "response": "responded",
         "handling": "handled", "closed_by": "handled", "timely": "due",
         "overlaps": "open_overlaps", "visit_duplicates": "visit_entries",
         "reached": "households"}
ORDER = ("reports", "entries", "rules", "responded", "response", "handled", "handling",
         "closed_by", "due", "timely", "entries_saved", "open_overlaps", "overlaps",
         "visit_entries", "visit_duplicates", "households", "reached", "grids", "posts")
PLAIN = ("grids", "posts")  # of units, not of people


def fnv1a(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % (1 << 64)
    return value


def above(place):
    return place[:12] if len(place) > 12 else place[:9]


def sums(table):
    """{(group, part): {place: count}} with all that lies below a place counted in it."""
    result = {}
    for key, counts in table.items():
        result[key] = collections.Counter()
        for place, count in counts.items():
            for at in {place, above(place), place[:9]}:
                result[key][at] += count
    return result


class Group:
    def __init__(self, word, table, town):
        self.word, self.town = word, town
        self.least = 1 if word in PLAIN else LEAST
        extra = sorted(part for group, part in table
                       if group == word and part is not None and part not in FIXED.get(word, ()))
        self.parts = [*FIXED.get(word, ()), *extra] or [None]
        self.counts = {part: table.get((word, part), {}) for part in self.parts}
        self.merged, self.told = set(), set()

    def value(self, part, place):
        return self.counts[part].get(place, 0)

    def merge(self):
        """False if nothing is left to tell."""
        whole = {part: self.value(part, self.town) for part in self.parts}
        self.merged = {part for part, n in whole.items() if 0 < n < self.least}
        for part in reversed(self.parts):
            if 0 < sum(whole[p] for p in self.merged) < self.least and whole[part]:
                self.merged.add(part)
        rest = sum(whole[p] for p in self.merged)
        return any(n for p, n in whole.items() if p not in self.merged) and \
            not 0 < rest < self.least

    def numbers(self, place):
        """The place's numbers as they would be told."""
        numbers = collections.Counter()
        for part in self.parts:
            numbers["*" if part in self.merged else part] += self.value(part, place)
        return numbers

    def is_safe(self, numbers):
        return not any(0 < n < self.least for n in numbers.values())

    def tell(self, places, allowed, name):
        """Fills told; name: of a place, whose hash says who is hidden first."""
        if self.town not in allowed or not self.merge():
            return
        self.told = {self.town}
        for place in sorted(places):
            if place not in self.told:
                continue
            below = [p for p in places if p != place and above(p) == place]
            rest = self.numbers(place)
            for p in below:
                numbers = self.numbers(p)
                if p in allowed and any(numbers.values()) and self.is_safe(numbers):
                    self.told.add(p)
                    rest.subtract(numbers)
            while not self.is_safe(rest):
                hidden = min((p for p in below if p in self.told), key=lambda p: fnv1a(name(p)))
                self.told.remove(hidden)
                rest.update(self.numbers(hidden))

    def json(self, place):
        if self.parts == [None]:
            return self.value(None, place)
        numbers = self.numbers(place)
        if not self.merged:
            numbers.pop("*", None)
        return dict(numbers)


def groups_of(table, town, places, name):
    groups = {}
    for word in ORDER:
        group = groups[word] = Group(word, table, town)
        outer = groups.get(OUTER.get(word))
        allowed = set(places) if outer is None else set(outer.told)
        group.tell(places, allowed, name)
    return groups


def told(tables, town, monday):
    every = {at for table in tables.values() for counts in table.values() for place in counts
             for at in (place, above(place), place[:9])}
    messages = {}
    for category, counts in tables.items():
        def name(place, category=category):
            return f"{place}/{category}/{monday}"
        groups = groups_of(sums(counts), town, every, name)
        for place in every:
            value = {word: group.json(place) for word, group in groups.items()
                     if place in group.told}
            if value:
                messages[name(place)] = dress(value, place, category, monday)
    return messages


def dress(value, place, category, monday):
    value |= {"id": f"{place}/{category}/{monday}", "purpose": "statistics", "threshold": LEAST,
              "town": place[:9], "week": str(monday), "about": category}
    if category not in ("visits", "coverage"):
        value |= {"about": "matters", "category": category}
    if len(place) >= 12:
        value["village"] = place[:12]
    if len(place) > 12:
        value["grid"] = place
    return value


def attack(values):
    """Each told place less the told places right below it, number by number."""
    by_table = collections.defaultdict(dict)
    for value in values:
        place = value.get("grid") or value.get("village") or value["town"]
        by_table[value["id"].split("/", 1)[1]][place] = value
    faults = []
    for table, places in sorted(by_table.items()):
        for place, value in places.items():
            below = [v for p, v in places.items() if p != place and above(p) == place]
            for word in ORDER:
                if word in value and word not in PLAIN:
                    faults += rests(f"{place}/{table} {word}", value[word],
                                    [v[word] for v in below if word in v])
    return faults


def by_part(numbers):
    return numbers if isinstance(numbers, dict) else {"": numbers}


def rests(what, whole, parts):
    faults = []
    for name, number in by_part(whole).items():
        left = number - sum(by_part(part).get(name, 0) for part in parts)
        faults += [f"{what} {name}: {n}" for n in (number, left) if 0 < n < LEAST]
    return faults
