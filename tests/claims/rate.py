"""A backlog of --count records goes through at 25,000 records/s, 60 us of CPU each, 150 MB.

Debezium and Canal, half each, transactional, 4 lanes, broker and database on the same machine.
CPU is what counts on a shared machine: user and system time of each process, by /proc.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import bridge
from gb_servers import Kafka, Postgres

SHORT_SECONDS = None  # a figure, not a gate: scripts/prove rate
LANES = 4
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICK


def resident_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def family_cpu(pid):
    """A process with its children: PostgreSQL's backends are ended one by one."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return cpu_seconds(pid) + sum(cpu_seconds(int(c)) for c in children)


def pid_of(server, name):
    return int((pathlib.Path(os.environ["GB_SCRATCH"]) / name / "pid").read_text().split()[0])


def drain(drive, records):
    """Seconds from the first applied record to the last published one."""
    begin, views = None, {}
    for line in drive.process.stdout:
        _, lane, _, view = bridge.parse_view(line)
        views[lane] = view
        done = sum(v[k] for v in views.values()
                   for k in ("applied", "unchanged", "refused", "dead", "ignored"))
        begin = begin or (time.monotonic() if done else None)
        published = sum(v["published"] for v in views.values())
        if begin and done >= records and published >= sum(v["next"] for v in views.values()):
            return time.monotonic() - begin + 1.0  # views come once a second
    raise TimeoutError("the bridge ended before the backlog did")


def measure(folder, count):
    folder.mkdir(parents=True)
    with Kafka("rate-kafka") as kafka, Postgres("rate-postgres") as postgres:
        bridge.load(folder_with(folder, count), kafka.bootstrap)
        truth = json.loads((folder / "truth.json").read_text())
        records = sum(c["messages"] for c in truth["counts"].values())
        pids = {"broker": pid_of(kafka, "rate-kafka"), "database": pid_of(postgres,
                                                                         "rate-postgres")}
        before = {name: family_cpu(pid) for name, pid in pids.items()}
        drive = bridge.Drive(folder, kafka, postgres, LANES)
        seconds = drain(drive, records)
        cpu = {name: family_cpu(pid) - before[name] for name, pid in pids.items()}
        cpu["bridge"] = cpu_seconds(drive.process.pid)
        memory = resident_mb(drive.process.pid)
        drive.stop()
    return records, seconds, cpu, memory


def folder_with(folder, count):
    bridge.generate(folder, 3, 12, extra=["--plain-volume", str(count)])
    return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500000)
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "rate"
    records, seconds, cpu, memory = measure(folder, options.count)
    total = sum(cpu.values()) / records * 1e6
    print(f"records={records}")
    print(f"seconds={seconds:.1f}")
    print(f"records_per_s={records / seconds:.0f}")
    for name, used in sorted(cpu.items()):
        print(f"cpu_us_{name}={used / records * 1e6:.1f}")
    print(f"cpu_us_total={total:.1f}")
    print(f"resident_mb={memory}")
    if records / seconds < 25000 or total > 60 or memory > 150:
        print(f"rate fails: budget is 25000 records/s, 60 us, 150 MB; got "
              f"{records / seconds:.0f} records/s, {total:.0f} us, {memory} MB")
        sys.exit(1)
    print("rate holds")


if __name__ == "__main__":
    main()
