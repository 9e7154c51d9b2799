"""A first load of both systems builds state and alarms nobody; a second changes nothing.

200,000 rows and more (--rows N; --short: some 13,000) of a generated town and its neighbours as
snapshots tell them (Debezium's `r`, Maxwell's bootstrap-insert), through Kafka and PostgreSQL, with
live changes among them: updates and deletes behind a row's snapshot, updates and deletes that stand
before it (an older image comes later), new reports that name a loaded one. No overlap, reminder or
hand-over of a matter that nothing live has touched, nothing of it that would fall due or was to be
written back, no finding of the network that would alarm; every live change is there. The second
load stands at later positions: the rows of state are the same to the byte, no topic of changes or
state gets a record. Books hold every record. Controls: a change after the second load is noticed;
the same rows without the mark (the first town's) do alarm.
"""
import argparse
import collections
import dataclasses
import os
import pathlib
import sys
import time

import bridge
import confluent_kafka
import firstload
import scan
from firstload import GRID, PARTY
from gb_daemon import OUTCOMES, Daemon
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 75
ROWS_A_TOWN = 22_000
STATE_TABLES = ("observation", "matter", "overlap", "post", "contact", "visit", "ruling")
STILL_TOPICS = ("change", "matter", "overlap", "post", "contact", "visit")
ALARMS = ("gb.change.overlap.opened.v1", "gb.change.overlap.settled.v1",
          "gb.change.matter.reminded.v1", "gb.change.matter.supervised.v1",
          "gb.change.matter.handed_over.v1")
STATES = {"PENDING": "REPORTED", "ACCEPTED": "ACCEPTED", "COMPLETED": "CLOSED",
          "0": "REPORTED", "1": "CLOSED", "2": "VOID"}
LATER = {PARTY: {"updated_at": "2026-11-24T08:00:00.123456Z"},
         GRID: {"upd_time": "2026-11-24 08:00:00"}}
WAYS = ("update_before", "update_behind", "delete_before", "delete_behind", "named")


@dataclasses.dataclass
class Live:
    """The live changes: by row, and what must come of each: a state, or None for none."""
    ways: dict      # (source, table, key): a word of WAYS
    wanted: dict    # (source, id): state or None


def good_rows(folder, rows):
    """Rows of tasks and cases whose image is as good as the truth says."""
    truth = {(r["source"], r["key"]): r for r in bridge.read_lines(folder / "truth_rows.jsonl")}
    for row in rows:
        state = state_of(row)
        known = truth.get((row.source, row.id()))
        if state is not None and known and known["state"] == state and not known["deleted"]:
            yield row


def state_of(row):
    if row.table == "sys_party_task":
        return STATES.get(row.image["status"])
    if row.table == "case_info" and row.image["is_duplicate"] == "0":
        return STATES.get(row.image["is_finished"])
    return None


def choose(folder, rows, each):
    """each: so many rows of either system for each way."""
    live = Live({}, {})
    by_source = collections.defaultdict(list)
    for row in good_rows(folder, rows):
        by_source[row.source].append(row)
    for source, found in by_source.items():
        ways = [w for w in WAYS if source == PARTY or w not in ("delete_before", "named")]
        count = min(each, len(found) // len(ways) // 2)
        step = len(found) // (count * len(ways))
        for n, row in enumerate(found[::step][:count * len(ways)]):
            live.ways[row.source, row.table, row.key] = ways[n % len(ways)]
    return live


def delta_of(row):
    """Another state, and the version that goes with it."""
    word = {"PENDING": "COMPLETED", "ACCEPTED": "COMPLETED", "COMPLETED": "ACCEPTED",
            "0": "1", "1": "0", "2": "0"}
    column = "status" if row.source == PARTY else "is_finished"
    return {column: word[row.image[column]], **LATER[row.source]}


def naming(row, cases, number):
    """A new case of the grid system that names a task, in its place and category."""
    case = cases[number % len(cases)]
    key = 990_000_000 + number
    at = "case_info", (key,)
    image = {**case.image, "id": key, "party_task_ref": row.image["id"], "is_finished": "0",
             "attach_sha256": None}
    return firstload.Row(GRID, *at, image, case.types, firstload.grid_place(at))


def messages(rows, live, writer):
    """The load with the live changes among it; live.wanted is filled on the way."""
    cases = [row for row in rows if row.table == "case_info" and state_of(row) is not None]
    table, named = None, 0
    for row in rows:
        if row.source == GRID and row.table != table:
            table = row.table
            yield writer.mark(table, "start")
        way = live.ways.get((row.source, row.table, row.key)) if live else None
        if way == "update_before":
            yield writer.updated(row, delta_of(row))
        elif way == "delete_before":
            yield writer.deleted(row)
        yield writer.loaded(row)
        if way == "update_behind":
            yield writer.updated(row, delta_of(row))
        elif way == "delete_behind":
            yield writer.deleted(row)
        elif way == "named":
            case = naming(row, cases, named)
            named += 1
            live.wanted[GRID, case.id()] = "REPORTED"
            yield writer.inserted(case)
        if way in ("update_before", "update_behind"):
            row.image = {**row.image, **delta_of(row)}
            live.wanted[row.source, row.id()] = state_of(row)
        elif way in ("delete_before", "delete_behind"):
            live.wanted[row.source, row.id()] = None


def produce(bootstrap, stream):
    """How many of either system went out."""
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 20,
                                         "enable.idempotence": True, "compression.type": "lz4"})
    failed, sent = [], collections.Counter()
    for topic, partition, key, value in stream:
        sent[PARTY if topic.startswith("party.") else GRID] += 1
        while True:
            try:
                producer.produce(topic, value.encode(), key.encode(), partition=partition,
                                 on_delivery=lambda e, _: e and failed.append(str(e)))
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(60) or failed:
        raise RuntimeError(f"loading: {failed[:3]}")
    return sent


class Place(Daemon):
    """The daemon with the grid system read by Maxwell."""

    def __init__(self, folder, kafka, postgres, lanes):
        self.topics = [t for t in (folder / "topics.txt").read_text(encoding="utf-8").split()
                       if t.startswith("party.")]
        adapter = firstload.maxwell_adapter(folder)
        sources = ("sources:\n"
                   f"  {PARTY}: {{topics: [{', '.join(self.topics)}], lookups: lookups,"
                   f" adapter: {bridge.ROOT}/adapters/{PARTY}}}\n"
                   f"  {GRID}: {{topic: {firstload.GRID_TOPIC}, lookups: lookups,"
                   f" adapter: {adapter}}}\n")
        super().__init__(folder, kafka.bootstrap, postgres.dsn, lanes, more=sources)
        self.due = collections.Counter()

    def create_topics(self):
        load = bridge_loader()
        load.create_topics(self.bootstrap, names=[*self.topics, firstload.GRID_TOPIC])

    def feed(self, stream):
        self.due += produce(self.bootstrap, stream)

    def settle(self, seconds):
        """Until all is received, counted and published, and no row of state changes any more."""
        self.wait_received(sum(self.due.values()), seconds)
        before, now = None, self.digest()
        until = time.monotonic() + 120
        while now != before or self.uncounted():
            if time.monotonic() > until:
                raise TimeoutError("the rows of state go on changing")
            self.feed([firstload.tick_maker()])
            time.sleep(3)
            before, now = now, self.digest()
        self.wait_received(sum(self.due.values()), seconds)
        return now

    def uncounted(self):
        """Parts of the network that wait for a tick, which takes so many at a time."""
        return self.ask("SELECT count(*) FROM contact c JOIN lane l USING (lane)"
                        " WHERE (c.row::json ->> 'due')::bigint <= l.clock")[0][0]

    def digest(self):
        """{table: hash over all its rows}"""
        return {t: self.ask(f"SELECT md5(string_agg(md5(key || row), '' ORDER BY key)) FROM {t}"
                            )[0][0] for t in STATE_TABLES}

    def ends(self):
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.bootstrap,
                                             "group.id": "bootstrap-ends"})
        try:
            return {(word, p): consumer.get_watermark_offsets(
                confluent_kafka.TopicPartition(f"gb.{word}", p), timeout=10)[1]
                    for word in STILL_TOPICS for p in range(self.lanes)}
        finally:
            consumer.close()

    def peak_mb(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(text.partition("VmHWM:")[2].split()[0]) // 1024

    def pending(self):
        """What would alarm as time goes by: matters that nothing live touched, and the network."""
        quiet = ("NOT EXISTS (SELECT 1 FROM observation o WHERE o.matter = m.key AND"
                 " (o.row::json ->> 'bootstrap') IS NULL)")
        (due, timed), = self.ask(
            "SELECT count(*) FILTER (WHERE (row::json ->> 'due_next') IS NOT NULL),"
            " count(*) FILTER (WHERE (row::json ->> 'contradiction_since') IS NOT NULL)"
            f" FROM matter m WHERE {quiet}")
        (network,), = self.ask(
            "SELECT count(*) FROM (SELECT row::json AS r FROM contact UNION ALL"
            " SELECT row::json FROM post) n WHERE coalesce(r ->> 'wrong', '') <>"
            " coalesce(r ->> 'muted', '')")
        return {"due_times": due, "contradictions_timed": timed, "network": network}


def bridge_loader():
    sys.path.insert(0, str(bridge.ROOT / "examples" / "generator"))
    import load
    return load


def check_books(place):
    wrong, books = [], place.books()
    for source, due in place.due.items():
        book = books[source]
        if book["received"] != due or book["received"] != sum(book[o] for o in OUTCOMES):
            wrong.append(f"books of {source}: {book}, {due} records went out")
    status = place.command("status", code=None)
    if "out of balance" in status:
        wrong.append(f"status: {status}")
    return wrong


def check_live(place, found, wanted):
    """Every live change is in the rows and in what is published."""
    wrong = []
    rows = {key: row for key, row in place.ask("SELECT key, row::json FROM observation WHERE key ="
                                               " ANY(%s)", [f"{s}/matter/{k}" for s, k in wanted])}
    matters = {key: found.state["matter"][key] for key in found.state["matter"]}
    ids = bridge.matter_of_row({"matter": matters})
    for (source, key), state in wanted.items():
        row = rows.get(f"{source}/matter/{key}")
        got = None if row is None or row["deleted"] else row["state"]
        told = [b["state"] for i in ids.get((source, key), ())
                for b in matters[i]["bodies"] if b["source"] == source]
        if got != state or (state is None) != (not told) or (state and state not in told):
            wrong.append(f"live change of {source} {key}: {got}, told {told}, wanted {state}")
        elif state is not None and row.get("bootstrap"):
            wrong.append(f"{source} {key} was changed live and is still a first load's")
    return wrong


class Alarms:
    """Alarms that were published, and the matters that something live touched."""

    def __init__(self, wanted):
        self.wanted, self.touched, self.all = wanted, set(), []

    def look(self, record):
        if record.topic == "change" and record.headers["ce_type"] in ALARMS:
            self.all.append(record.value)
        elif record.topic == "matter" and record.value and any(
                (ref["source"], ref["key"]) in self.wanted for ref in record.value.get("refs", ())):
            self.touched.add(record.key)

    def split(self):
        """(those of matters that something live touched, others and the network's)"""
        live = [value for value in self.all if value.get("matter") in self.touched]
        return live, [value for value in self.all if value.get("matter") not in self.touched]

    def written_back(self, matters):
        """Matters that nothing live touched and of which something was to be written back."""
        return sum("writebacks" in matters[key] for key in matters if key not in self.touched)


def load_once(place, rows, live, writer):
    """Seconds for the first load."""
    bridge.progress("producing the first load")
    place.feed(messages(rows, live, writer))
    begin = time.monotonic()
    place.start()
    place.wait_received(sum(place.due.values()), 900)
    return time.monotonic() - begin


def load_again(place, rows, gone, writer):
    """What the second load changed, in words; then one change that must be noticed."""
    before, ends, was = place.settle(120), place.ends(), place.books()
    writer.begin_snapshot()
    bridge.progress("producing the second load")
    place.feed(messages([r for r in rows if (r.source, r.table, r.key) not in gone], None, writer))
    after, now = place.settle(900), place.books()
    wrong = [f"second load: rows of {t} differ" for t in STATE_TABLES if before[t] != after[t]]
    wrong += [f"second load: gb.{word}/{p} has {place.ends()[word, p] - end} records more"
              for (word, p), end in ends.items() if place.ends()[word, p] != end]
    applied = {s: now[s]["applied"] - was[s]["applied"] for s in (PARTY, GRID)}
    wrong += [f"second load: {count} records of {s} applied" for s, count in applied.items()
              if count]
    row = next(r for r in rows if state_of(r) and (r.source, r.table, r.key) not in gone)
    place.feed([writer.updated(row, delta_of(row))])
    if place.settle(60) == after or place.ends() == ends:
        wrong.append("the claim is blind: a change after the second load was not noticed")
    return wrong


def run(options, folder):
    rows = firstload.rows_of(folder)
    live = choose(folder, rows, 20 if options.short else 100)
    gone = {at for at, way in live.ways.items() if way.startswith("delete")}
    lanes = 2 if options.short else 4
    figures = collections.Counter(r.source for r in rows)
    with Kafka("bootstrap-kafka") as kafka, Postgres("bootstrap-postgres") as postgres:
        place = Place(folder, kafka, postgres, lanes)
        place.create_topics()
        place.set_up()
        try:
            writer = firstload.Writer()
            seconds = load_once(place, rows, live, writer)
            place.settle(120)
            pending = place.pending()
            peak = place.peak_mb()
            seen = Alarms(live.wanted)
            found = scan.follow(kafka.bootstrap, seconds=300, look=seen.look)
            mine, others = seen.split()
            pending["written_back"] = seen.written_back(found.state["matter"])
            wrong = found.faults + check_live(place, found, live.wanted)
            wrong += load_again(place, rows, gone, writer) + check_books(place)
            if place.stop() != 0:
                wrong.append("the daemon did not end in order")
        finally:
            place.end()
        wrong += bridge.replay_identical(postgres, lanes)
    if not options.short and len(rows) < options.rows:
        wrong.append(f"only {len(rows)} rows of {options.rows}")
    print(f"rows={len(rows)}")
    print(f"rows_party={figures[PARTY]}")
    print(f"rows_grid={figures[GRID]}")
    print(f"rows_per_second={len(rows) / seconds:.0f}")
    print(f"peak_mb={peak}")
    print(f"matters={sum('refs' in v for v in found.state['matter'].values())}")
    for way, count in sorted(collections.Counter(live.ways.values()).items()):
        print(f"live_{way}={count}")
    print(f"alarms={len(others)}")
    print(f"alarms_of_live_changes={len(mine)}")
    for word, count in pending.items():
        print(f"{word}={count}")
    wrong += [f"{word} of a first load: {count}" for word, count in pending.items() if count]
    wrong += [f"alarm of a first load: {value}" for value in others]
    if not mine:
        wrong.append("no live change alarms anybody: too few of them")
    return wrong


def control(folder):
    """The first town's rows as if they were inserted: alarms, and more to come."""
    town = (folder / "policy" / "territory.csv").read_text(encoding="utf-8") and "320312111"
    rows = [r for r in firstload.rows_of(folder) if not is_elsewhere(r, town)][:12_000]
    with Kafka("control-kafka") as kafka, Postgres("control-postgres") as postgres:
        place = Place(folder, kafka, postgres, 2)
        place.create_topics()
        place.set_up()
        try:
            place.feed(messages(rows, None, firstload.Writer(marked=False)))
            place.start()
            place.settle(300)
            pending = place.pending()
            place.stop()
        finally:
            place.end()
        seen = Alarms({})
        scan.follow(kafka.bootstrap, seconds=300, look=seen.look)
    alarms = seen.all
    print(f"control_alarms={len(alarms)}")
    print(f"control_network={pending['network']}")
    if len(alarms) < 10 or pending["network"] < 1:
        return ["the claim is blind: the same rows without the mark alarm nobody"]
    return []


def is_elsewhere(row, town):
    """A row of another town, as far as its own columns say."""
    codes = [str(row.image[c]) for c in ("po_code", "grid_code", "family_code", "family_id")
             if row.image.get(c)]
    return any(not code.startswith(town) for code in codes)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rows", type=int, default=200_000)
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "bootstrap"
    towns = 1 if options.short else -(-options.rows // ROWS_A_TOWN)
    extra = ("--households", "150") if options.short else ()
    bridge.progress(f"generating {towns} towns")
    bridge.generate(folder, 1, towns, 5, ("--entities", "all", "--bursts", "none", *extra))
    wrong = run(options, folder)
    wrong += control(folder)
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}"[:600])
    if wrong:
        print(f"bootstrap fails: {len(wrong)} faults, the first: {wrong[0][:300]}")
        sys.exit(1)
    print("bootstrap holds")


if __name__ == "__main__":
    main()
