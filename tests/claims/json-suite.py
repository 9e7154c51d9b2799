"""Every file of JSONTestSuite as a column's value: bad ones become dead letters, nothing breaks.

Each file is spliced, byte by byte, as the value of a column into a plain Debezium record and sent
through the daemon, built with AddressSanitizer and UBSan, on a real Kafka and PostgreSQL. n_ files:
dead with reason bad_json, or bad_utf8 where the bytes are no UTF-8. y_ files: applied, but for the
duplicate keys and the NUL in a key that are refused by decision. i_ files: one or the other. The
daemon ends with 0 and no word of a sanitizer, and the books balance. Negative control: the same
bytes inside of a JSON string, escaped, are applied, every one.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

import bridge
import reader
from gb_daemon import Daemon
from gb_servers import Kafka, Postgres

sys.path.insert(0, str(bridge.ROOT / "examples" / "generator"))
import load  # noqa: E402

SHORT_SECONDS = 150
LANES = 2
TOPIC = "party.dj.sys_party_task"
FIRST_ID = 9000000
BANNED = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
          "y_object_escaped_null_in_key.json"}
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:exitcode=99",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99"}


def suite():
    shared = os.environ.get("GB_SHARED_DATA") or bridge.ROOT.parent / "shared" / "data"
    folder = pathlib.Path(shared) / "protocol" / "JSONTestSuite" / "test_parsing"
    return sorted(folder.glob("*.json"))


def is_utf8(data):
    try:
        data.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def template(folder):
    """(before, after) of the place where a column's value belongs, and the record's id."""
    for record in load.records(folder / "party.jsonl"):
        value = json.loads(record["value"] or "null")
        if value and value.get("op") in ("c", "r") and value["after"]:
            value["after"].update(id="@id@", x_probe="@probe@", peer_case_id=None,
                                  attach_sha256=None)
            return json.dumps(value, ensure_ascii=False).encode()
    raise ValueError("the generated town has no record to take as a template")


def splice(pattern, number, probe):
    before, after = pattern.replace(b'"@id@"', str(number).encode()).split(b'"@probe@"')
    return before + probe + after


def produce(bootstrap, pattern, files):
    """Twice each: as it is, and escaped within a string. Returns {offset: (file, escaped)}."""
    offsets, failed = {}, []

    def kept(what):
        def report(error, message):
            failed.append(error) if error else offsets.update({message.offset(): what})
        return report

    producer = load.Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    for number, path in enumerate(files):
        data = path.read_bytes()
        escaped = json.dumps(data.decode("latin-1").replace("\0", "\ufffd")).encode()
        for shift, probe in enumerate((data, escaped)):
            key = FIRST_ID + 2 * number + shift
            producer.produce(TOPIC, splice(pattern, key, probe), json.dumps({"id": key}),
                             partition=0, on_delivery=kept((path, shift == 1)))
    producer.flush(60)
    if failed or len(offsets) != 2 * len(files):
        raise RuntimeError(f"not all records were delivered: {failed[:1]}")
    return offsets


def verdict_is_wrong(path, reason):
    """Why the outcome of a file is not what it must be, or None. reason: of its dead letter."""
    data = path.read_bytes()
    if path.name.startswith("n_"):
        due = "bad_json" if is_utf8(data) else "bad_utf8"
        return None if reason == due else f"{path.name}: {reason}, not {due}"
    if path.name.startswith("y_"):
        due = "bad_json" if path.name in BANNED else None
        return None if reason == due else f"{path.name}: {reason}, not {due}"
    return None if reason in (None, "bad_json", "bad_utf8") else f"{path.name}: {reason}"


def judge(offsets, result):
    dead = {(r.value["src"]["partition"], r.value["src"]["offset"]): r.value["reason"]
            for r in result.records["deadletter"] if r.value["src"]["topic"] == TOPIC}
    applied = {int(ref["key"]) for m in result.state["matter"].values()
               for ref in m.get("refs", ()) if ref["source"] == "party_building"}
    wrong, counts = [], {}
    for number, (offset, (path, escaped)) in enumerate(sorted(offsets.items())):
        reason = dead.get((0, offset))
        is_applied = FIRST_ID + number in applied
        if escaped:
            wrong += [f"control: {path.name} within a string: {reason}"] if reason else []
        else:
            why = verdict_is_wrong(path, reason)
            wrong += [why] if why else []
            kind = f"{path.name[0]}_{reason or 'applied'}"
            counts[kind] = counts.get(kind, 0) + 1
        if is_applied == (reason is not None):
            wrong.append(f"{path.name}: reason {reason}, and its matter is"
                         f" {'there' if is_applied else 'missing'}")
    return wrong, counts


def build():
    for command in (["cmake", "--preset", "asan"],
                    ["cmake", "--build", "build/asan", "--target", "gridbridge"]):
        subprocess.run(["nice", *command], cwd=bridge.ROOT, check=True, stdout=subprocess.DEVNULL)
    return bridge.ROOT / "build" / "asan" / "gridbridge"


def run(folder, files):
    bridge.generate(folder, 1, 1)
    pattern = template(folder)
    with Kafka("json-kafka") as kafka, Postgres("json-postgres") as postgres:
        load.create_topics(kafka.bootstrap)
        offsets = produce(kafka.bootstrap, pattern, files)
        daemon = Daemon(folder, kafka.bootstrap, postgres.dsn, LANES, binary=build())
        daemon.set_up()
        try:
            daemon.start(SANITIZERS)
            daemon.wait_received(len(offsets), 180)
            code = daemon.stop(60)
        finally:
            daemon.end()
        result = reader.follow(kafka.bootstrap, "gb.", seconds=120)
        wrong, counts = judge(offsets, result)
        wrong += result.faults + bridge.replay_identical(postgres, LANES)
        book = daemon.books()["party_building"]
    if code != 0 or "Sanitizer" in daemon.log() or "runtime error" in daemon.log():
        wrong.append(f"the daemon ended with {code}: {daemon.log()[-1500:]}")
    outcomes = sum(v for k, v in book.items() if k != "received")
    if book["received"] != len(offsets) or outcomes != len(offsets):
        wrong.append(f"{len(offsets)} records, but the book says {book}")
    return wrong, dict(counts, records=len(offsets), **{f"book_{k}": v for k, v in book.items()})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="the same: it is short")
    parser.parse_args()
    files = suite()
    if not files:
        if os.environ.get("CI") == "true":
            print("json-suite fails: JSONTestSuite is not there; set GB_SHARED_DATA")
            sys.exit(1)
        print("SKIPPED: JSONTestSuite is not beside the tree; set GB_SHARED_DATA", file=sys.stderr)
        print("skipped=1")
        print("json-suite holds")
        return
    wrong, figures = run(pathlib.Path(os.environ["GB_SCRATCH"]) / "json", files)
    print(f"files={len(files)}")
    for name, figure in sorted(figures.items()):
        print(f"{name}={figure}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"json-suite fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("json-suite holds")


if __name__ == "__main__":
    main()
