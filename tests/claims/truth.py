"""A month of whole towns comes out right in all that is certain, for seeds nobody has seen.

--days (30) of the model town with all entities and three sources, for three seeds that are drawn
anew in each run and printed (--seeds A,B,C runs them again; --short: one seed, 2 days, few
households). Right against the generator's truth: which reports are one matter, category and lead,
near-misses; kinds of duplicate of each matter; overlaps duplicate_entry, no_owner and double_lead;
posts; coverage findings; visits and which of them are told twice; dead, unchanged and received in
the books; replay. What is wrong is listed. Controls: a truth with one lead, link, kind, overlap,
finding or post changed must not fit. Not certain, so counted only: which cases a daily log counts
again (no row says it: the bridge takes the lesser of what the log counts and what is known). No
statement about links across towns: a household's link is seen by the town of its grid (--towns 2
shows it).
"""
import argparse
import collections
import json
import os
import pathlib
import secrets
import shutil
import sys
import time

import bridge
import confluent_kafka
import network
import scan
import whole
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 80
SEEDS = 3
KINDS = {"duplicate_entry": {"secondary_entry": 1}, "corroboration": {"corroboration": 1}}


def nudge(bootstrap):
    """A statement, which is ignored: where offsets move, a tick follows within a second."""
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    producer.produce("grid.canal", json.dumps({"database": "wgzt", "table": "nothing", "es": 1,
                                               "type": "QUERY", "isDdl": False, "data": None}))
    producer.flush(10)


def count_all(place, seconds=180):
    """Ticks until every part of the network is counted: a tick takes so many at a time."""
    until = time.monotonic() + seconds
    while place.ask("SELECT count(*) FROM contact c JOIN lane l USING (lane)"
                    " WHERE (c.row::json ->> 'due')::bigint <= l.clock")[0][0] > 0:
        if time.monotonic() > until:
            raise TimeoutError("the contact network is not counted")
        nudge(place.kafka.bootstrap)
        time.sleep(1)


class Told:
    """What was published last, by matter and by its overlaps."""

    def __init__(self, state):
        self.state = state
        self.ids = bridge.matter_of_row(state)
        self.overlaps = collections.defaultdict(dict)
        for value in state["overlap"].values():
            if "matter" in value and not value.get("final"):
                self.overlaps[value["matter"]][value["kind"]] = value["state"]

    def matter(self, group):
        """The matter of a group; None where bridge.compare tells that there is no one."""
        ids = {i for row in group["rows"] for i in self.ids.get(tuple(row), ())}
        return self.state["matter"].get(ids.pop()) if len(ids) == 1 else None


def check_kinds(groups, told):
    """Kinds of duplicate: of a pair with the centre the truth makes no statement."""
    wrong = []
    for group in groups:
        value, kind = told.matter(group), group["kind_of_pair"]
        if value is None or (kind is None and len(group["rows"]) > 1):
            continue
        got, want = value.get("duplicates", {}), KINDS.get(kind, {})
        if got != want:
            wrong.append(f"{group['group']}: duplicates {got}, truth {want}")
    return wrong


def check_overlaps(groups, told):
    wrong = []
    for group in groups:
        value = told.matter(group)
        if value is None:
            continue
        got = told.overlaps[value["id"]]
        lead = group["double_lead"]["at_end"]
        for kind, is_right in (
                ("duplicate_entry", group["kind_of_pair"] is None and len(group["rows"]) > 1 or
                 (got.get("duplicate_entry") is not None or
                  group["kind_of_pair"] != "duplicate_entry")),
                ("no_owner", (got.get("no_owner") == "open") == group["no_owner"]),
                ("double_lead", got.get("double_lead") == lead if lead
                 else got.get("double_lead") != "open")):
            if not is_right:
                wrong.append(f"{group['group']}: overlap {kind} {got.get(kind)}, truth"
                             f" {group['no_owner'] if kind == 'no_owner' else lead}")
    return wrong


def count_restated(folder, told):
    """(cases that the log of their grid and day counts again, by how many the bridge differs)"""
    logs = {line["key"]: line["fields"] for line in bridge.read_lines(
        folder / "truth_entities.jsonl") if line["table"] == "thing_log" and not line["deleted"]}
    want = collections.Counter()
    for fact in bridge.read_lines(folder / "truth_facts.jsonl"):
        for _, table, key in fact["rows"]:
            if fact["kind"] == "log" and table == "thing_log" and fact["groups"] and key in logs:
                want[f"grid_worker/{logs[key]['grid_code']}/{logs[key]['log_date']}"] += 1
    got = {v["id"]: v.get("restated", 0) for v in told.state["visit"].values()
           if v["told_in"] == "log"}
    return sum(want.values()), sum(abs(got.get(at, 0) - count) for at, count in want.items())


def controls(folder, found, told, groups, lines):
    """A truth that is not the town's must not fit."""
    missed = whole.blind_spots(folder, found) + network.control(lines, told.state)
    pair = next(g for g in groups if g["kind_of_pair"] == "corroboration")
    if not check_kinds([{**pair, "kind_of_pair": "duplicate_entry"}], told):
        missed.append("the claim is blind: another kind of duplicate was not noticed")
    if not check_overlaps([{**pair, "no_owner": not pair["no_owner"]}], told):
        missed.append("the claim is blind: another overlap was not noticed")
    return missed


def judge(place, folder, truth, figures):
    """What is wrong with what was published, in words."""
    found = scan.follow(place.kafka.bootstrap, truth["canaries"], seconds=300)
    found.state = {word: {key: state[key] for key in state}
                   for word, state in found.state.items()}
    told, lines = Told(found.state), network.truth_of(folder)[0]
    groups = bridge.read_lines(folder / "truth_groups.jsonl")
    wrong = found.faults + bridge.compare(folder, found) + whole.check_books(place, truth)
    wrong += check_kinds(groups, told) + check_overlaps(groups, told)
    wrong += network.check(lines, found.state)[0]
    restated, differs = count_restated(folder, told)
    wrong += controls(folder, found, told, groups, lines)
    figures.update(
        matters=len(groups), pairs=sum(len(g["rows"]) > 1 for g in groups),
        leads=sum(g["lead"] is not None for g in groups), findings=len(lines["coverage"]),
        near_misses=len(truth["near_misses"]), posts=len(lines["posts"]),
        visits=len(lines["visits"]), told_twice=sum(v["shown"] for v in lines["visits"]),
        restated=restated, restated_differs=differs,
        records=sum(c["intake_records"] for c in truth["counts"].values()))
    figures.update(f"kind_{g['kind_of_pair']}" for g in groups if g["kind_of_pair"])
    return wrong


def run_seed(seed, options, folder, figures):
    days, towns, extra = options.days, options.towns, ()
    if options.short:
        days, towns, extra = 2, 1, ("--households", "150", "--bursts", "none")
    bridge.progress(f"seed {seed}: generating {days} days, {towns} towns")
    bridge.generate(folder, days, towns, seed, ("--entities", "all", "--centre", *extra))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with Kafka(f"truth-kafka-{seed}") as kafka, Postgres(f"truth-postgres-{seed}") as postgres:
        place = whole.Whole(folder, kafka, postgres.dsn)
        place.set_up()
        bridge.load(folder, kafka.bootstrap)
        begin = time.monotonic()
        with place.run("bridge") as instance:
            place.wait(whole.due_of(folder, truth), 900)
            figures["seconds_bridge"] += round(time.monotonic() - begin)
            count_all(place)
            place.settle(instance, 60)
            code = instance.stop()
        bridge.progress(f"seed {seed}: judging")
        wrong = judge(place, folder, truth, figures)
        wrong += bridge.replay_identical(place, whole.LANES)
    if code != 0:
        wrong.append(f"the daemon ended with {code}")
    return [f"seed {seed}: {line}" for line in wrong]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--towns", type=int, default=1)
    parser.add_argument("--seeds", help="instead of fresh ones, by comma")
    options = parser.parse_args()
    seeds = [int(s) for s in options.seeds.split(",")] if options.seeds else [
        1000 + secrets.randbelow(10 ** 9) for _ in range(1 if options.short else SEEDS)]
    print(f"seeds={','.join(map(str, seeds))}", flush=True)
    figures, wrong, begin = collections.Counter(), [], time.monotonic()
    for seed in seeds:
        folder = pathlib.Path(os.environ["GB_SCRATCH"]) / f"truth-{seed}"
        wrong += run_seed(seed, options, folder, figures)
        shutil.rmtree(folder)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    print(f"seconds={time.monotonic() - begin:.0f}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:40]:
        print(f"  {line}"[:600])
    if wrong:
        print(f"truth fails: {len(wrong)} differences, the first: {wrong[0][:300]}")
        sys.exit(1)
    print("truth holds")


if __name__ == "__main__":
    main()
