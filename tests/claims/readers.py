"""Readers in Python, Java and JavaScript bootstrap, follow, are killed, resume, and end equal.

The examples' readers keep a copy of all matters from a running bridge. Each bootstraps from the
compacted topic when half of a generated day has been taken in, follows the rest while it is
published, is stopped by TERM and by KILL on the way, and resumes from its file. In the end each
copy is what an independent reader finds in gb.matter, and the changes that each printed have no
gap. A copy with one matter changed, one left out or a change too few is noticed. A language that
is not installed here is left out, loudly; Python never is.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import bridge
import daemon
import reader
from gb_servers import Kafka, Postgres

sys.path.insert(0, str(bridge.ROOT / "examples" / "generator"))
import load  # noqa: E402

SHORT_SECONDS = 70
LANES = 2
EXAMPLES = bridge.ROOT / "examples" / "readers"
COMPACTING = {"log__roll__ms": 2000, "log__segment__bytes": 1048576,
              "log__cleaner__backoff__ms": 1000, "log__cleaner__min__cleanable__ratio": 0.01,
              "log__cleaner__min__compaction__lag__ms": 0}


def java_command(folder):
    """The reader in Java, compiled with what Kafka's broker itself runs on; None without javac."""
    if shutil.which("javac") is None:
        return None
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    jars = sorted(pathlib.Path(cache, "gridbridge").glob("kafka-*/kafka-clients-*.jar"))
    path = f"{jars[-1].parent}/*"
    subprocess.run(["javac", "-cp", path, "-d", folder / "java", EXAMPLES / "Reader.java"],
                   check=True, timeout=120)
    return ["java", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp", f"{path}:{folder / 'java'}",
            "Reader"]


def node_command(folder):
    """The reader in JavaScript, kafkajs from npm; None where there is no node or no registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return None
    place = folder / "node"
    place.mkdir()
    for name in ("package.json", "reader.js"):
        shutil.copy(EXAMPLES / name, place)
    done = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=place,
                          check=False, timeout=180)
    return ["node", str(place / "reader.js")] if done.returncode == 0 else None


def languages(folder):
    found = {"python": ["/usr/bin/python3", str(EXAMPLES / "reader.py")],
             "java": java_command(folder), "javascript": node_command(folder)}
    for name, command in found.items():
        if command is None:
            bridge.progress(f"LEFT OUT: no {name} here")
    return {name: command for name, command in found.items() if command}


class Copy:
    """One language's reader: its processes one after the other, its file, what it printed."""

    def __init__(self, name, command, place):
        self.name, self.command = name, command
        self.bootstrap = place.kafka.bootstrap
        self.state = place.folder / f"{name}.json"
        self.output = place.folder / f"{name}.out"
        self.process = None

    def start(self, *words):
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                [*self.command, self.bootstrap, str(self.state), *words], stdout=output,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def once(self, seconds=120):
        self.start("--once")
        code = self.process.wait(timeout=seconds)
        return [] if code == 0 else [f"{self.name} ended with {code}: {self.tail()}"]

    def end(self, number):
        """TERM must be obeyed in order; KILL leaves the file as it was written last."""
        self.process.send_signal(number)
        self.process.wait(timeout=30)

    def tail(self):
        return self.output.read_text(encoding="utf-8", errors="replace")[-300:]

    def read(self):
        return json.loads(self.state.read_text(encoding="utf-8"))

    def printed(self):
        """{lane: gb_seq of the changes it printed, in its order}."""
        lanes = {}
        for line in self.output.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if len(words) == 3 and words[0].isdigit() and words[1].isdigit():
                lanes.setdefault(words[0], []).append(int(words[1]))
        return lanes


def compare(name, found, matters, ends):
    """What differs between a copy and the compacted topic, in words."""
    wrong = [f"{name}: matter {key} differs" for key in matters.keys() | found["matters"].keys()
             if matters.get(key) != found["matters"].get(key)]
    wrong += [f"{name}: lane {lane} stands at {found['seq'].get(lane)}, not {end}"
              for lane, end in ends.items() if found["seq"].get(lane) != end]
    return wrong


def check_printed(name, printed, begun, ends):
    """After a KILL a change may be printed once more; none is left out, from the bootstrap on."""
    wrong = []
    for lane, end in ends.items():
        seen = printed.get(lane, [])
        due = set(range(begun.get(lane, 0) + 1, end + 1))
        if set(seen) != due:
            wrong.append(f"{name}: lane {lane}: {len(due - set(seen))} changes were not seen,"
                         f" {len(set(seen) - due)} were not due")
    return wrong


def blind_spots(copy, matters, ends, begun):
    """Negative control: what compare and check_printed would not notice."""
    whole = copy.read()
    one = next(iter(whole["matters"]))
    lane = max(ends, key=ends.get)
    spoiled = {"changed": {**whole, "matters": {**whole["matters"], one: {"state": "CLOSED"}}},
               "left_out": {**whole, "matters": {k: v for k, v in whole["matters"].items()
                                                 if k != one}},
               "behind": {**whole, "seq": {**whole["seq"], lane: ends[lane] - 1}}}
    missed = [what for what, state in spoiled.items()
              if not compare(copy.name, state, matters, ends)]
    printed = copy.printed()
    if not check_printed(copy.name, {**printed, lane: printed[lane][:-1]}, begun, ends):
        missed.append("a change too few")
    return [f"the claim is blind: {what} was not noticed" for what in missed]


def follow_the_rest(place, instance, copies, folder, half):
    """The second half comes in while the readers follow, are stopped, killed and started again."""
    producer = load.Producer({"bootstrap.servers": place.kafka.bootstrap, "linger.ms": 20})
    for copy in copies:
        copy.start()
    rest = [r for r in load.merge(folder) if r["timestamp"] >= half]
    steps = {len(rest) // 4: signal.SIGTERM, len(rest) // 2: signal.SIGKILL,
             3 * len(rest) // 4: signal.SIGTERM}
    for number, record in enumerate(rest):
        producer.produce(record["topic"], record["value"] and record["value"].encode(),
                         record["key"] and record["key"].encode(),
                         partition=record["partition"], timestamp=record["timestamp"])
        if number % 20 == 0:
            producer.flush()
            time.sleep(0.1)
        if number in steps:
            producer.flush()
            time.sleep(2)
            for copy in copies:
                copy.end(steps[number])
                copy.start()
    producer.flush()
    place.settle(instance, 120)
    for copy in copies:
        copy.end(signal.SIGTERM)


def half_of(folder):
    times = [record["timestamp"] for record in load.merge(folder)]
    return times[len(times) // 2]


def run(options, folder):
    bridge.generate(folder, 1 if options.short else 3, 1)
    half = half_of(folder)
    commands = languages(folder)
    wrong = too_long()
    with Kafka("readers-kafka", **COMPACTING) as kafka, Postgres("readers-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES)
        place.set_up()
        load.create_topics(kafka.bootstrap)
        load.load(folder, kafka.bootstrap, until_ms=half)
        copies = [Copy(name, command, place) for name, command in commands.items()]
        with place.run("bridge") as instance:
            place.settle(instance, 120)
            time.sleep(5)       # segments roll and are compacted
            wrong += [fault for copy in copies for fault in copy.once()]
            begun = {copy.name: begin_of(copy) for copy in copies}
            if not wrong:
                follow_the_rest(place, instance, copies, folder, half)
                wrong += [fault for copy in copies for fault in copy.once()]
            instance.stop()
        found = reader.follow(kafka.bootstrap)
        ends = {str(lane): max(int(r.headers["gb_seq"]) for r in found.records["change"]
                               if r.lane == lane) for lane in {r.lane for r in
                                                               found.records["change"]}}
        wrong += found.faults
        for copy in copies:
            wrong += compare(copy.name, copy.read(), found.state["matter"], ends)
            wrong += check_printed(copy.name, copy.printed(), begun[copy.name], ends)
            wrong += blind_spots(copy, found.state["matter"], ends, begun[copy.name])
    return copies, ends, found, wrong


def too_long():
    """The examples are to be read in one sitting: each under a hundred lines."""
    return [f"{path.name} has {count} lines" for path in EXAMPLES.iterdir()
            if path.suffix in (".py", ".java", ".js")
            and (count := path.read_text(encoding="utf-8").count("\n")) >= 100]


def begin_of(copy):
    """Up to where the bootstrap went: what was printed after it is taken off the copy's place."""
    if not copy.state.exists():
        return {}
    printed = copy.printed()
    return {lane: printed[lane][0] - 1 if printed.get(lane) else seq
            for lane, seq in copy.read()["seq"].items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "readers"
    copies, ends, found, wrong = run(parser.parse_args(), folder)
    print(f"languages={','.join(copy.name for copy in copies)}")
    print(f"changes={sum(ends.values())}")
    print(f"matters={len(found.state['matter'])}")
    for copy in copies:
        print(f"changes_seen_{copy.name}={sum(len(set(s)) for s in copy.printed().values())}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"readers fails: {wrong[0]}")
        sys.exit(1)
    print("readers holds")


if __name__ == "__main__":
    main()
