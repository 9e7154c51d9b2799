"""What PostgreSQL says was applied, judged again by the rules of the lane, from the ledger alone.

A lane takes a writer's records only while their numbers n follow each other; what is not above its
mark for (topic, partition) has been applied before. So each source coordinate passes once.
"""
import collections
import json

import daemon

Judged = collections.namedtuple("Judged", "passed repeats jumped")
TOPIC_OF = {topic: name for name, topic in daemon.SOURCES.items()}


def read(place):
    """{lane: [parsed line, ...]} in the order of the ledger."""
    lanes = {}
    for lane, line in place.ask("SELECT lane, line FROM ledger_line ORDER BY lane, index"):
        lanes.setdefault(lane, []).append(json.loads(line))
    return lanes


def judge(lines):
    """One lane: the records that pass, those applied before, and those of a writer that jumped."""
    writers, refused, marks = {}, set(), {}
    judged = Judged([], [], [])
    for line in lines:
        if line["kind"] == "control":
            continue
        session, n = line["w"]["session"], line["w"]["n"]
        if session in refused or n != writers.get(session, 0):
            refused.add(session)
            judged.jumped.append(line)
            continue
        writers[session] = n + 1
        source = line["src"]
        if not source["topic"]:
            continue  # a tick
        stream, place = (source["topic"], source["partition"]), (source["offset"], source["index"])
        if place <= marks.get(stream, (-1, -1)):
            judged.repeats.append(line)
        else:
            marks[stream] = place
            judged.passed.append(line)
    return judged


def check_once(passed, ends, wrong):
    """Each coordinate once over all lanes, each message from its index 0 on, no message missing."""
    seen = collections.Counter((p["src"]["topic"], p["src"]["partition"], p["src"]["offset"],
                                p["src"]["index"]) for p in passed if p["src"]["topic"] in ends)
    wrong += [f"{at[0]}/{at[1]}/{at[2]} index {at[3]}: applied {n} times"
              for at, n in seen.items() if n != 1]
    indexes = collections.Counter((at[0], at[1], at[2]) for at in seen)
    for at, count in indexes.items():
        if (*at, count - 1) not in seen:
            wrong.append(f"{at[0]}/{at[1]}/{at[2]}: {count} rows, but not index {count - 1}")
    for topic, partitions in ends.items():
        for partition, end in partitions.items():
            missing = [o for o in range(end) if (topic, partition, o) not in indexes]
            if missing:
                wrong.append(f"{topic}/{partition}: {len(missing)} messages not applied, the first"
                             f" at {missing[0]}")


def check_counts(passed, counts, doubles, wrong):
    """As many rows of each verdict as the generator wrote, where messages that stand twice in a
    topic count once. Intake lets an unknown state code pass: codes are translated in the core,
    which then finds the row dead. What the refuse-list names the generator counts as ignored."""
    found = collections.Counter((TOPIC_OF.get(p["src"]["topic"]), p.get("verdict"))
                                for p in passed if (p["src"]["topic"], p["src"]["partition"],
                                                    p["src"]["offset"]) not in doubles)
    for source, truth in counts.items():
        behind = truth["dead"].get("unknown_state", 0)
        due = {"accepted": truth["accepted"] + behind,
               "dead": sum(truth["dead"].values()) - behind,
               "ignored": sum(truth["ignored"].values())}
        found[source, "ignored"] += found[source, "refused"]
        for verdict, count in due.items():
            if found[source, verdict] != count:
                wrong.append(f"{source}: {found[source, verdict]} rows {verdict}, truth {count}")


def check_books(place, lanes, wrong):
    """The lanes' own books hold every line; those no tick of their writer covered are orphaned."""
    books = {(lane, source): count for lane, source, count in place.ask(
        "SELECT lane, source,"
        " sum(applied + unchanged + refused + dead + ignored + orphaned)::bigint"
        " FROM book_v GROUP BY lane, source")}
    for lane, judged in lanes.items():
        lines = collections.Counter(p["source"] for p in judged.passed + judged.repeats +
                                    judged.jumped if p["src"]["topic"])
        for source, count in lines.items():
            if books.get((lane, source)) != count:
                wrong.append(f"lane {lane}, {source}: {count} lines, the books say"
                             f" {books.get((lane, source))}")


Due = collections.namedtuple("Due", "ends counts doubles")


def faults(lines, due, place=None):
    """(what is wrong, figures) for {lane: lines}."""
    wrong, lanes = [], {lane: judge(own) for lane, own in lines.items()}
    passed = [p for judged in lanes.values() for p in judged.passed]
    check_once(passed, due.ends, wrong)
    check_counts(passed, due.counts, due.doubles, wrong)
    if place is not None:
        check_books(place, lanes, wrong)
    figures = {"ledger_lines": sum(map(len, lines.values())), "coordinates_applied": len(passed),
               "sent_again": sum(len(j.repeats) for j in lanes.values()),
               "of_writers_that_jumped": sum(len(j.jumped) for j in lanes.values()),
               "writers": len({p["w"]["session"] for own in lines.values() for p in own
                               if p["kind"] != "control"})}
    return wrong, figures


def check(place, counts, doubles=()):
    """Faults of the ledger in PostgreSQL; and of this check itself, where it is blind. doubles:
    {(topic, partition, offset)} that the generator's counts know nothing of."""
    due = Due({topic: place.ends(topic) for topic in daemon.SOURCES.values()}, counts, doubles)
    lines = read(place)
    wrong, figures = faults(lines, due, place)
    figures["messages_doubled_at_the_source"] = len(doubles)
    lane = max(lines, key=lambda k: len(lines[k]))
    at = next(i for i in range(len(lines[lane]) // 2, len(lines[lane]))
              if lines[lane][i]["src"]["topic"] in due.ends)
    planted = {
        "lost": {**lines, lane: lines[lane][:at] + lines[lane][at + 1:]},
        "doubled": {**lines, lane: lines[lane][:at + 1] + lines[lane][at:]},
        "in two lanes": {**lines, lane + 1000: [dict(lines[lane][at], w={"session": "x", "n": 0})]}}
    wrong += [f"the check does not find a record that is {what}" for what, changed in
              planted.items() if not faults(changed, due)[0]]
    return wrong, figures


def check_outbox(place, found):
    """What is published is what the outbox holds, once and in its order."""
    wrong = []
    due = collections.defaultdict(list)
    for lane, topic, seq, key, value in place.ask(
            "SELECT lane, topic, seq, key, value FROM outbox_line ORDER BY lane, topic, seq"):
        due[topic, lane].append((seq, key, value))
    for at in sorted(set(due) | set(found)):
        published = [(int(dict(headers)["gb_seq"]), key.decode(),
                      None if value is None else value.decode())
                     for key, value, headers in found.get(at, [])]
        if published != due[at]:
            wrong.append(f"{at[0]}/{at[1]}: {len(published)} records published, the outbox has"
                         f" {len(due[at])}, or they differ")
    return wrong
