"""A store restored from an older copy, and programs of other versions: as docker/RUNBOOK.md says.

  postgres   PostgreSQL goes back to a base backup while Kafka is ahead: the lanes make the same
             outputs again and compare them, also when killed in the middle of it
  kafka      Kafka goes back to an older copy: lanes halt and say what to do; behind the accepted
             loss other records stand at old offsets, and the lost outputs come again
  versions   a lane of a newer program is left alone, one of an older program is taken over
Each command of the runbook is run as it stands there; one that no scenario runs fails the claim.
Negative control (full form): a build that makes other outputs halts where Kafka is ahead.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import bridge
import daemon
import ledger
import patched
import raw
import reader
from feeder import Feeder, loader
from gb_servers import Kafka, Postgres
from runbook import Runbook

SHORT_SECONDS = 180
LANES = 2
PG_BIN = "/usr/lib/postgresql/15/bin"
ENDS_AT = re.compile(r"holds offsets (\d+) to (\d+)")


def wait(condition, seconds, what):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def lines(place):
    return place.ask("SELECT coalesce(sum(next_index), 0) FROM lane")[0][0]


def halts(place):
    return dict(place.ask("SELECT lane, halt_reason FROM lane WHERE status = 'halted'"))


def back_up(postgres, folder):
    """A base backup, as an administrator takes one; PostgreSQL's user owns it."""
    user = "postgres" if os.geteuid() == 0 else None
    subprocess.run([f"{PG_BIN}/pg_basebackup", "-D", folder, "-X", "stream", "-c", "fast",
                    "-d", postgres.dsn.replace("gridbridge@", "postgres@", 1)
                    .rpartition("/")[0] + "/postgres"],
                   check=True, cwd="/", user=user, stdout=subprocess.DEVNULL)


def put_back(server, copy, name):
    """The server's data is the copy; it runs again at its old address."""
    target = pathlib.Path(server.dir) / name
    shutil.rmtree(target)
    subprocess.run(["cp", "-a", copy, target], check=True)
    server.start_again()


def run_until(place, name, condition, what):
    """An instance that is killed once the condition holds."""
    with place.run(name) as instance:
        wait(condition, 120, what)
        instance.kill()


def judge(place, wrong, name):
    """The topics, the truth, the outbox, the ledger again."""
    result = reader.follow(place.kafka.bootstrap, "gb.", seconds=300)
    found = result.faults + bridge.compare(place.folder, result)
    found += ledger.check_outbox(place, raw.read(place.kafka.bootstrap))
    found += bridge.replay_identical(place, place.lanes)
    wrong += [f"{name}: {line}" for line in found]


def restored_postgres(folder, wrong, book, binary=None):
    """PostgreSQL goes back; figures. binary: the program that goes on then."""
    with Kafka("r-kafka") as kafka, Postgres("r-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES, batch_records=50)
        feeder = Feeder(folder, kafka.bootstrap, 400)
        place.set_up()
        run_until(place, "before", lambda: lines(place) > 300, "the first lines")
        copy = pathlib.Path(postgres.dir) / "backup"
        back_up(postgres, copy)
        at_backup = lines(place)
        run_until(place, "after", lambda: lines(place) > at_backup + 600, "lines after the backup")
        ahead = lines(place) - at_backup
        postgres.stop()
        place.connection = None
        put_back(postgres, copy, "data")
        if lines(place) != at_backup:
            wrong.append(f"postgres: {lines(place)} lines restored, {at_backup} were backed up")
        for words in book.commands("PostgreSQL was restored")[:2]:
            place.call(*words)
        if binary is not None:
            with place.run("other", binary=binary) as instance:
                return instance.wait_said("halts: output_differs", 60)
        run_until(place, "again", lambda: lines(place) > at_backup + ahead // 2, "half of it again")
        feeder.end()
        with place.run("last") as instance:
            place.settle(instance, 240)
            if instance.stop() != 0:
                wrong.append("postgres: the last instance did not end in order")
        replay = book.one("PostgreSQL was restored", "replay")
        if "identical" not in place.call(*replay):
            wrong.append("postgres: replay is not identical")
        judge(place, wrong, "postgres")
        return {"lines_at_backup": at_backup, "lines_ahead": ahead, "lines": lines(place)}


class Connector:
    """A source's connector whose position is in Kafka: it goes on from what Kafka still holds, and
    the second time leaves out what was no row, so that other records come at the old offsets."""

    def __init__(self, folder, bootstrap):
        self.load, self.bootstrap = loader(), bootstrap
        self.load.create_topics(bootstrap)
        self.records = list(self.load.merge(folder))
        self.sent = 0

    def send(self, until, leaves_out=None):
        import confluent_kafka
        producer = confluent_kafka.Producer({"bootstrap.servers": self.bootstrap,
                                             "enable.idempotence": True, "log_level": 2})
        for record in self.records[self.sent:until]:
            if leaves_out is None or not leaves_out(record):
                value, key = (None if record[n] is None else record[n].encode()
                              for n in ("value", "key"))
                producer.produce(record["topic"], value, key, partition=record["partition"],
                                 timestamp=record["timestamp"])
                producer.poll(0)
        if producer.flush(60):
            raise RuntimeError("the connector could not send")
        self.sent = until


def is_no_row(record):
    """Heartbeats, tombstones and statement texts: nothing of the truth stands in them."""
    value = record["value"]
    return value is None or "heartbeat" in value or '"type":"QUERY"' in value


def accept_losses(place, book, instance, wrong):
    """What the runbook says for each lane, as often as one halts; {reason: times}."""
    title, told = "Kafka was restored", {"intake_log": 0, "lost_tail": 0}
    still = time.monotonic() + 120
    while time.monotonic() < still:
        for lane, reason in halts(place).items():
            if reason not in told:
                wrong.append(f"kafka: lane {lane} halts with {reason}")
                return told
            if reason == "intake_log":
                shown = place.call(*book.one(title, "lanes", "show", LANE=str(lane)))
                end = ENDS_AT.search(shown)[2]
                words = book.one(title, "lanes", "accept-loss", LANE=str(lane), OFFSET=end)
            else:
                words = book.one(title, "lanes", "republish", LANE=str(lane))
            if "RUNBOOK" not in instance.said():
                wrong.append("kafka: the log does not say what to do")
            place.call(*words)
            told[reason] += 1
            still = time.monotonic() + 15  # it may halt again for what was lost elsewhere
        time.sleep(0.5)
    return told


def restored_kafka(folder, wrong, book):
    with Kafka("k-kafka") as kafka, Postgres("k-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES, batch_records=50)
        connector = Connector(folder, kafka.bootstrap)
        place.set_up()
        first, second = len(connector.records) // 3, 2 * len(connector.records) // 3
        connector.send(first)
        with place.run("before") as instance:
            place.settle(instance, 120)
            instance.stop()
        kafka.stop()
        copy = pathlib.Path(kafka.dir).parent / "kafka-copy"
        subprocess.run(["cp", "-a", pathlib.Path(kafka.dir) / "data", copy], check=True)
        kafka.start_again()
        connector.send(second)
        with place.run("after") as instance:
            place.settle(instance, 120)
            instance.stop()
        lost = lines(place)
        kafka.stop()
        put_back(kafka, copy, "data")
        connector.sent = first
        alone, whole = (w for w in book.commands("Kafka was restored") if w[0] == "run")
        with place.run("lanes", roles=alone[2]) as instance:
            told = accept_losses(place, book, instance, wrong)
            instance.stop()
        connector.send(len(connector.records), leaves_out=is_no_row)
        with place.run("restored") as instance:
            place.settle(instance, 240)
            if whole != ["run"] or instance.stop() != 0:
                wrong.append("kafka: the last instance did not end in order")
        if told["intake_log"] != LANES or told["lost_tail"] != LANES:
            wrong.append(f"kafka: halts {told}, each lane is due once for each")
        if "identical" not in place.call(*book.one("Kafka was restored", "replay")):
            wrong.append("kafka: replay is not identical")
        judge(place, wrong, "kafka")
        return {"kafka_lines_before_loss": lost, "kafka_lines": lines(place),
                **{f"kafka_halts_{k}": n for k, n in told.items()}}


def versions(folder, wrong, book):
    with Kafka("v-kafka") as kafka, Postgres("v-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES)
        feeder = Feeder(folder, kafka.bootstrap, 2000)
        place.set_up()
        run_until(place, "before", lambda: lines(place) > 100, "the first lines")
        place.ask("UPDATE lane SET core_semantics = 1000 RETURNING 1")
        epochs = place.ask("SELECT lane, epoch, next_index FROM lane ORDER BY lane")
        with place.run("older") as instance:
            if not instance.wait_said("a newer program wrote this lane", 30):
                wrong.append("versions: an older program does not say why it waits")
            time.sleep(3)
            if place.ask("SELECT lane, epoch, next_index FROM lane ORDER BY lane") != epochs:
                wrong.append("versions: an older program touched a newer one's lane")
            instance.stop()
        place.ask("UPDATE lane SET core_semantics = 0 RETURNING 1")
        for words in book.commands("A newer program")[:2]:
            place.call(*words)
        feeder.end()
        with place.run("newer") as instance:
            place.settle(instance, 120)
            instance.stop()
        left = place.ask("SELECT count(*) FROM lane WHERE core_semantics = 0")[0][0]
        if left:
            wrong.append(f"versions: {left} lanes do not name the program that wrote them last")
        judge(place, wrong, "versions")
        return {"versions_lines": lines(place)}


def the_rest(folder, wrong, book):
    """The commands that only look, `run`, and `resume`."""
    with Kafka("x-kafka") as kafka, Postgres("x-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES)
        Feeder(folder, kafka.bootstrap, 5000).end()
        place.set_up()
        run_until(place, "before", lambda: lines(place) > 100, "the first lines")
        place.ask("UPDATE lane SET status = 'halted', halt_reason = 'bad_row',"
                  " halt_evidence = 'by hand' WHERE lane = 0 RETURNING 1")
        for title in ("PostgreSQL was restored", "A newer program"):
            with place.run(book.one(title, "run")[0]) as instance:
                place.call(*book.one("First", "status"), code=None)
                if "bad_row" not in place.call(*book.one("First", "lanes", "list")):
                    wrong.append("lanes list does not show the halt")
                if "RUNBOOK" not in place.call(*book.one("First", "lanes", "show", LANE="0")):
                    wrong.append("lanes show does not say what to do")
                instance.stop()
        place.call(*book.one("A lane halts for another reason", "lanes", "resume", LANE="0"))
        with place.run("resumed") as instance:
            place.settle(instance, 120)
            instance.stop()
        judge(place, wrong, "resume")


def differs(folder, wrong, book):
    """Negative control: the same ledger, other outputs, where Kafka is ahead."""
    binary = patched.build(folder / "patched", "src/core/render.c", 'GB_STR("state")',
                           'GB_STR("status")')
    if not restored_postgres(folder, [], book, binary):
        wrong.append("negative control: other outputs went unnoticed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    scratch = pathlib.Path(os.environ["GB_SCRATCH"])
    wrong, figures, book = [], {}, Runbook()
    for scenario in (restored_postgres, restored_kafka, versions, the_rest,
                     *(() if options.short else (differs,))):
        folder = scratch / scenario.__name__
        bridge.generate(folder, 1 if options.short else 3, 2)
        bridge.progress(scenario.__name__)
        figures.update(scenario(folder, wrong, book) or {})
    for name, figure in figures.items():
        print(f"{name}={figure}")
    wrong += [f"no scenario runs `{line}`" for line in book.unused()]
    print(f"runbook_commands={len(book.used)}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"restore fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("restore holds")


if __name__ == "__main__":
    main()
