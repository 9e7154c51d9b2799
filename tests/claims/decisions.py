"""The daemon is killed between a decision and its outcome: applied once, answered once, replayed.

A generated day is taken in. Then --count (200; --short: 6) decisions are sent to gb.decision.in,
and each meets a kill (-9): the daemon ends itself at a stop point of the decision's way, or is
ended from outside while it works. Every third one is sent twice. At the end each id has one answer
on gb.change; each one that was applied has given its matter the lead once; the overlaps' versions
have no gap; the ledger made again is identical. Controls: a lost, a doubled answer and a lead given
twice are found.
"""
import argparse
import collections
import os
import pathlib
import random
import subprocess
import sys
import time

import bridge
import confluent_kafka
import daemon
import reader
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 60
LANES = 2
POINTS = ("taken", "intake_acked", "intake_committed", "stepped", "commit_half", "commit_sent",
          "committed", "produced", "txn_sent", "published", "outside")
TOPIC = "gb.decision.in"


class Desk(daemon.Place):
    """A place whose configuration knows a gateway."""

    def make_key(self):
        self.section = ()
        out = subprocess.run([daemon.program(), "keys", "gateway", str(self.folder / "desk.key")],
                             check=True, text=True, stdout=subprocess.PIPE).stdout
        self.section = tuple(out.replace(f"{self.folder}/", "").splitlines())

    def configuration(self, name, more=()):
        return super().configuration(name, (*more, *self.section))

    def send(self, ident, overlap, to):
        """The command line sends and does not wait; True if it was sent."""
        done = subprocess.run(
            [daemon.program(), "overlaps", "decide", overlap, "--to", to, "--id", ident, "--post",
             "seat-1", "--reason", "claim", "--execute", "--wait", "0", "-c",
             self.write("commands")], cwd=daemon.ROOT, text=True, check=False, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode not in (0, 1, 75):
            raise RuntimeError(f"overlaps decide: {done.returncode}: {done.stderr}")

    def answered(self, ident):
        return bool(self.ask("SELECT 1 FROM ruling WHERE key = %s", ident))


def resend(kafka, number):
    """The newest record of the topic once more, byte for byte."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap,
                                         "group.id": f"again-{number}"})
    at = confluent_kafka.TopicPartition(TOPIC, 0)
    _, high = daemon.patiently(lambda: consumer.get_watermark_offsets(at, timeout=10))
    consumer.assign([confluent_kafka.TopicPartition(TOPIC, 0, high - 1)])
    message = consumer.poll(20)
    consumer.close()
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce(TOPIC, key=message.key(), value=message.value(), headers=message.headers())
    if producer.flush(20):
        raise RuntimeError("the second copy was not acknowledged")


def kill_at_point(place, point, hit):
    """The decision waits in Kafka while nothing runs: the first that this instance takes."""
    with place.run("killed", stop_at=f"{point}:1") as instance:
        if instance.wait_stop_point(40):
            hit[point] += 1
        else:
            instance.kill()


def kill_outside(place, ident, overlap, to, chance):
    with place.run("killed") as instance:
        instance.wait_said('msg="runs from', 30)
        time.sleep(0.5)
        place.send(ident, overlap, to)
        time.sleep(chance.uniform(0, 0.6))
        instance.kill()


def run_decisions(options, place, kafka):
    chance, hit, sent = random.Random(options.seed), collections.Counter(), []
    overlaps = [row[0] for row in place.ask(
        "SELECT o.id FROM overlap_v o JOIN matter_v m ON m.lane = o.lane AND m.id = o.matter"
        " WHERE NOT o.is_final ORDER BY o.id")]
    if len(overlaps) < 5:
        raise RuntimeError(f"only {len(overlaps)} overlaps in the generated day")
    for number in range(options.count):
        ident, point = f"claim-{number}", POINTS[number % len(POINTS)]
        overlap = overlaps[number % len(overlaps)]
        to = ("grid_leader", "branch_secretary")[number // len(overlaps) % 2]
        if point == "outside":
            kill_outside(place, ident, overlap, to, chance)
            hit[point] += 1
        else:
            place.send(ident, overlap, to)
        if number % 3 == 0:
            resend(kafka, number)
        if point != "outside":
            kill_at_point(place, point, hit)
        sent.append(ident)
        if number % 10 == 9:
            bridge.progress(f"{number + 1} of {options.count} decisions")
    return sent, hit


def changes(result):
    return [record.value for record in result.records["change"] if record.value]


def judge(sent, log):
    """What is wrong, in words; and the outcomes."""
    wrong, outcomes = [], collections.Counter()
    answers, leads = collections.Counter(), collections.Counter()
    versions = collections.defaultdict(list)
    applied = set()
    for change in log:
        after = change.get("after") or {}
        if change["change"].startswith("decision."):
            answers[change["decision"]] += 1
            outcomes[after["outcome"]] += 1
            if after["outcome"] == "applied":
                applied.add(change["decision"])
        elif change["change"].startswith("matter."):
            lead = after.get("lead")
            if isinstance(lead, dict) and "decision" in lead:
                leads[lead["decision"]] += 1
        elif change["change"].startswith("overlap."):
            versions[change["overlap"]].append(after["version"])
    for ident in sent:
        if answers[ident] != 1:
            wrong.append(f"{ident} has {answers[ident]} answers")
        if ident in applied and leads[ident] != 1:
            wrong.append(f"{ident} was applied and gave the lead {leads[ident]} times")
        if ident not in applied and leads[ident]:
            wrong.append(f"{ident} was not applied and gave the lead")
    wrong += [f"{ident} was never sent" for ident in answers if ident not in sent]
    wrong += [f"overlap {key}: versions {seen}" for key, seen in versions.items()
              if seen != list(range(1, len(seen) + 1))]
    return wrong, outcomes


def control(sent, log):
    """What judge does not find: nothing may be in it."""
    answer = next(c for c in log if c["change"] == "decision.applied")
    lead = next(c for c in log if c["change"].startswith("matter.") and
                "decision" in ((c.get("after") or {}).get("lead") or {}))
    version = next(c for c in log if c["change"].startswith("overlap."))
    planted = {"lost answer": [c for c in log if c is not answer],
               "doubled answer": [*log, answer], "second lead": [*log, lead],
               "lead lost": [c for c in log if c is not lead],
               "doubled overlap": [*log, version]}
    return [what for what, changed in planted.items() if not judge(sent, changed)[0]]


def prove(options, folder, kafka, postgres):
    place = Desk(folder, kafka, postgres.dsn, LANES)
    place.make_key()
    bridge.load(folder, kafka.bootstrap)
    place.set_up()
    with place.run("first") as instance:
        place.settle(instance, 180)
        instance.stop()
    sent, hit = run_decisions(options, place, kafka)
    with place.run("last") as instance:
        until = time.monotonic() + 120
        while not all(place.answered(ident) for ident in sent) and time.monotonic() < until:
            time.sleep(0.5)
        place.settle(instance, 120)
        instance.stop()
    result = reader.follow(kafka.bootstrap, "gb.")
    log = changes(result)
    wrong, outcomes = judge(sent, log)
    wrong = result.faults + wrong + bridge.replay_identical(place, LANES)
    wrong += [f"not found: a {what}" for what in control(sent, log)]
    for point in POINTS[:options.count]:
        if not hit[point]:
            wrong.append(f"no kill at {point}")
    print(f"decisions={len(sent)}")
    print(f"kills={sum(hit.values())} " + " ".join(f"{p}={hit[p]}" for p in POINTS))
    print("outcomes " + " ".join(f"{k}={v}" for k, v in sorted(outcomes.items())))
    if not outcomes["applied"]:
        wrong.append("no decision was applied")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    options.count = options.count or (6 if options.short else 200)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "decisions"
    bridge.generate(folder, 1, 1)
    with Kafka("decisions-kafka") as kafka, Postgres("decisions-postgres") as postgres:
        wrong = prove(options, folder, kafka, postgres)
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"decisions fails: {len(wrong)} faults, the first: {wrong[0]}")
        sys.exit(1)
    print("decisions holds")


if __name__ == "__main__":
    main()
