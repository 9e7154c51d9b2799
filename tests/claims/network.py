"""Posts, contact network and visits of a whole town come out as its independent truth says.

Every topic of both systems through the daemon: who holds which post at the end, what lies outside
the rules (network.yaml), which grids have households that nobody contacts, what is told of visits
and which of them stand in a daily log again (those whose time lies within the log's hours). The
replay of the whole ledger is identical.
--short: 1 day, grids of 150 households; without it 3 days, 300 households, sheets and month's end.
Negative control: the truth with one finding taken away, and one post emptied, must not fit.
"""
import argparse
import collections
import json
import os
import pathlib
import sys
import time

import bridge
import reader
from gb_daemon import Daemon
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 150
LANES = 2
WORDS = {"grid_families": "grid", "family_members": "key_family", "member_households": "member",
         "member_without_family": "member"}


def read_state(bootstrap):
    """{topic word: {id: value}} as the compacted topics end."""
    result = reader.follow(bootstrap, seconds=400)
    return result.state, result.faults


def truth_of(folder):
    lines = {word: bridge.read_lines(folder / f"truth_{word}.jsonl")
             for word in ("posts", "coverage", "visits")}
    clocks = clocks_of(folder)
    for line in lines["visits"]:
        line["shown"] = line["again"] == "secondary_entry" and shown(line, clocks)
    return lines, json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def seconds_of(text):
    return sum(int(part) * unit for part, unit in zip(text.split(":"), (3600, 60, 1)))


def clocks_of(folder):
    """{(table, key): (begin, end)} in seconds of the day, as the sources' last rows say."""
    clocks = {}
    for name, word in (("party.jsonl", "party_visit"), ("grid.jsonl", "thing_log")):
        for line in open(folder / name, encoding="utf-8"):
            if word not in line:
                continue
            try:
                value = json.loads(json.loads(line)["value"] or "null") or {}
            except ValueError:
                continue  # a planted break
            after = value.get("payload", value).get("after") or {}
            if "visit_id" in after:
                clock = after["begin_time"] // 1000
                clocks[word, after["visit_id"]] = clock, clock
            for row in value.get("data") or () if value.get("table") == word else ():
                clocks[word, row["id"]] = seconds_of(row["am_begin"]), seconds_of(row["am_end"])
    return clocks


def shown(line, clocks):
    """The visit's time lies within the log's hours: without that (a counter has no time) nothing is
    certain."""
    times = {table: clocks[table, key] for _, table, key in line["rows"]}
    begin, end = times["thing_log"]
    return "party_visit" in times and begin <= times["party_visit"][0] <= end


def check_posts(posts, state):
    wrong, seen = [], 0
    for post in posts:
        if post["role"] == "branch_secretary":
            continue
        value, seen = state.get(f"{post['role']}/{post['place']}"), seen + 1
        if value is None or value["vacant"] != post["vacant"]:
            wrong.append(f"post {post['role']}/{post['place']}: {value and value['vacant']},"
                         f" truth {post['vacant']}")
    return wrong, seen


def check_coverage(coverage, contacts):
    """Findings by kind of place; members and households go by aliases, so they are counted."""
    truth = collections.defaultdict(list)
    for line in coverage:
        truth[line["finding"]].append(line)
    wrong = []
    places = {kind: {v["id"].split("/", 1)[1] for v in contacts.values() if v["kind"] == kind
                     and {"too_few", "too_many"} & set(v.get("wrong", ()))}
              for kind in ("grid", "key_family", "member")}
    for finding, kind, key in (("grid_families", "grid", "grid"),
                               ("family_members", "key_family", "family")):
        want = {line[key] for line in truth[finding]}
        if places[kind] != want:
            wrong.append(f"{finding}: {sorted(places[kind] ^ want)[:5]} differ of {len(want)}")
    counts = {"member_households": len(places["member"]),
              "member_without_family": with_word(contacts, "member", "unlinked"),
              "household_twice": with_word(contacts, "household", "linked_twice")}
    for finding, count in counts.items():
        if count != len(truth[finding]):
            wrong.append(f"{finding}: {count}, truth {len(truth[finding])}")
    want = {line["grid"]: line["count"] for line in truth["households_unlinked"]}
    got = {v["grid"]: v["uncovered"] for v in contacts.values()
           if v["kind"] == "grid" and v.get("uncovered", 0) > 0}
    if got != want:
        differ = [g for g in set(got) | set(want) if got.get(g) != want.get(g)]
        wrong += [f"gap of {g}: {got.get(g)}, truth {want.get(g)}" for g in sorted(differ)[:5]]
    elsewhere = len({line["household"] for line in truth["household_elsewhere"]})
    if with_word(contacts, "household", "other_grid") != elsewhere:
        wrong.append(f"household_elsewhere: {with_word(contacts, 'household', 'other_grid')},"
                     f" truth {elsewhere}")
    return wrong


def with_word(contacts, kind, word):
    return sum(word in v.get("wrong", ()) for v in contacts.values() if v["kind"] == kind)


def check_visits(told, visits):
    """Entries by day and place where they are told, and visits that a log tells again."""
    want, got = collections.Counter(), collections.Counter()
    days = {line["day"] for line in told}
    rows = {(line["day"], table, key) for line in told for _, table, key in line["rows"]}
    for day, table, _ in rows:
        want[day, "log" if table == "thing_log" else "visits"] += 1
    for line in told:
        want[line["day"], "counter"] += len(line["counters"])
        want[line["day"], "twice"] += line["shown"]
    for value in visits.values():
        if value["day"] in days:
            got[value["day"], value["told_in"]] += value["entries"]
        if value["told_in"] == "log":
            got[value["day"], "twice"] += value.get("duplicates", {}).get("secondary_entry", 0)
    return [f"{' '.join(key)}: {got[key]}, truth {want[key]}" for key in sorted(want)
            if got[key] != want[key]]


def check(lines, state):
    wrong, posts = check_posts(lines["posts"], state["post"])
    wrong += check_coverage(lines["coverage"], state["contact"])
    wrong += check_visits(lines["visits"], state["visit"])
    return wrong, posts


def control(lines, state):
    """A truth that is not the town's must not fit."""
    less = dict(lines, coverage=[c for c in lines["coverage"] if c["finding"] != "grid_families"])
    other = dict(lines, posts=[dict(lines["posts"][0], vacant=not lines["posts"][0]["vacant"]),
                               *lines["posts"][1:]])
    base = len(check(lines, state)[0])
    return [f"negative control: a wrong truth fits ({name})"
            for name, bad in (("coverage", less), ("posts", other))
            if len(check(bad, state)[0]) <= base]


def folded(daemon):
    """Nothing waits for a tick: counts are folded at ticks."""
    (left,), = daemon.ask("SELECT count(*) FROM contact c JOIN lane l USING (lane)"
                          " WHERE (c.row::json ->> 'due')::bigint <= l.clock")
    (grids,), = daemon.ask("SELECT count(*) FROM contact WHERE left(key, 5) = 'grid/'")
    return left == 0 and grids > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "network"
    days, extra = (1, ("--households", "150", "--bursts", "none")) if options.short else (3, ())
    bridge.progress("generating a whole town")
    bridge.generate(folder, days, 1, extra=("--entities", "all", *extra))
    lines, truth = truth_of(folder)
    records = sum(c["intake_records"] for c in truth["counts"].values())
    with Kafka("network-kafka") as kafka, Postgres("network-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        daemon = Daemon(folder, kafka.bootstrap, postgres.dsn, LANES, more=bridge.sources(folder))
        daemon.set_up()
        begin = time.monotonic()
        with daemon:
            daemon.wait_received(records, 500)
            seconds = time.monotonic() - begin
            daemon.wait("counts folded", lambda: folded(daemon), 120)
            daemon.wait_received(records, 60)
            daemon.stop()
        state, faults = read_state(kafka.bootstrap)
        wrong, posts = check(lines, state)
        wrong += faults + control(lines, state) + bridge.replay_identical(postgres, LANES)
    print(f"source_records={records}")
    print(f"seconds={seconds:.0f}")
    print(f"posts={posts}")
    for word in ("post", "contact", "visit", "overlap"):
        print(f"{word}s_at_end={len(state[word])}")
    kinds = collections.Counter(v["kind"] for v in state["overlap"].values())
    print(f"post_vacant={kinds['post_vacant']} contact_conflict={kinds['contact_conflict']}")
    print(f"findings={len(lines['coverage'])}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"network fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("network holds")


if __name__ == "__main__":
    main()
