"""Rows of the party platform as Debezium sends them, on a topic of a test's own."""
import json

import confluent_kafka
import confluent_kafka.admin
from gb_servers import ROOT

LARGEST = 12 << 20  # a record of the topic


class Tasks:
    """Made from the first new task that the generator wrote: send(id, column=value ...)."""

    def __init__(self, town, topic):
        with open(town.folder / "party.jsonl", encoding="utf-8") as file:
            values = [json.loads(line)["value"] for line in file]
        rows = [json.loads(v) for v in values if v and v.startswith("{") and '"op":"c"' in v]
        self.row = next(r for r in rows if r["after"] and r["after"]["created_by"] and
                        r["after"]["task_type"] == "livelihood_02")
        self.member = self.row["after"]["created_by"]
        self.topic, self.lsn = topic, 10**9
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": town.kafka.bootstrap, "message.max.bytes": LARGEST})
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": town.kafka.bootstrap})
        made = confluent_kafka.admin.NewTopic(topic, 1, 1,
                                              config={"max.message.bytes": str(LARGEST)})
        for future in admin.create_topics([made]).values():
            future.result()

    def daemon(self, town, name, more_topics=()):
        """A daemon that reads this topic, and others of the same source."""
        topics = ", ".join([self.topic, *more_topics])
        return town.daemon(name, (
            f"sources:\n  party_building: {{topics: [{topics}],"
            f" adapter: {ROOT}/adapters/party_building, lookups: {town.folder}/lookups}}\n"))

    def value(self, key, **columns):
        value = json.loads(json.dumps(self.row))
        self.lsn += 1
        value["after"].update({"id": key, "peer_case_id": None, "attach_sha256": None, **columns})
        value["source"]["lsn"] = self.lsn
        return value

    def send(self, key, **columns):
        self.send_bytes(json.dumps(self.value(key, **columns), ensure_ascii=False).encode(),
                        json.dumps({"id": key}).encode())

    def send_bytes(self, value, key=None, headers=None):
        self.producer.produce(self.topic, value, key, headers=headers)
        assert self.producer.flush(60) == 0


def row_of(daemon, key):
    """The stored observation of a task, or None."""
    rows = daemon.ask("SELECT row FROM observation WHERE key LIKE %s", f"%{key}")
    return next((r for r in (json.loads(row) for (row,) in rows) if r["key"] == str(key)), None)


def wait_row(daemon, key, seconds=60):
    daemon.wait(f"task {key}", lambda: row_of(daemon, key) is not None, seconds)
    image = row_of(daemon, key)
    return image["image"] if "image" in image else image
