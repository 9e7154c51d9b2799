"""The whole way on real servers: generated town in, bridge run, topics read, truth compared."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(os.environ["GB_ROOT"])
PYTHON = "/usr/bin/python3"
EXAMPLE = ROOT / "examples" / "tangzhang"


def generate(folder, days, towns, seed=1, extra=()):
    """A generated town with the example's policy beside its own territory and holders."""
    folder = pathlib.Path(folder)
    subprocess.run([PYTHON, ROOT / "examples/generator/generate.py", "--out", folder, "--seed",
                    str(seed), "--days", str(days), "--towns", str(towns), *extra], check=True,
                   stdout=subprocess.DEVNULL)
    for path in (EXAMPLE / "policy").iterdir():
        if not (folder / "policy" / path.name).exists():
            shutil.copy(path, folder / "policy" / path.name)
    shutil.copy(EXAMPLE / "keys" / "join.key", folder / "join.key")
    os.chmod(folder / "join.key", 0o400)
    return folder


def sources(folder):
    """The section of the configuration for a folder of whole towns, one topic a table of the party
    system; empty for a folder of the two topics of the default."""
    if not (folder / "topics.txt").exists():
        return ""
    topics = [t for t in (folder / "topics.txt").read_text(encoding="utf-8").split()
              if t.startswith("party.")]
    return ("sources:\n"
            f"  party_building: {{topics: [{', '.join(topics)}], lookups: lookups,"
            f" adapter: {ROOT}/adapters/party_building}}\n"
            "  governance_grid: {topic: grid.canal, lookups: lookups,"
            f" adapter: {ROOT}/adapters/governance_grid}}\n")


def load(folder, bootstrap):
    subprocess.run([PYTHON, ROOT / "examples/generator/load.py", folder, "--bootstrap", bootstrap,
                    "--create-topics"], check=True, stdout=subprocess.DEVNULL)


def parse_view(line):
    second, lane, state, *pairs = line.split()
    view = {k: int(v) for k, v in (p.split("=") for p in pairs)}
    return int(second), int(lane.partition("=")[2]), state, view


class Drive:
    """tests/tools/world_drive: every layer but configuration and daemon."""

    def __init__(self, folder, kafka, postgres, lanes, owner="drive-1"):
        self.views, self.lanes = {}, lanes
        self.log = open(pathlib.Path(folder) / "drive.log", "a", encoding="utf-8")
        self.process = subprocess.Popen(
            [pathlib.Path(os.environ["GB_BUILD"]) / "tests/tools/world_drive", postgres.dsn,
             kafka.bootstrap, "gb.", str(lanes), str(folder), "3600"], cwd=ROOT,
            env=dict(os.environ, GB_DRIVE_OWNER=owner), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True)

    def run_until_quiet(self, records_min, seconds):
        """Until all lanes together applied records_min and nothing moved for three seconds."""
        deadline, still, last = time.monotonic() + seconds, 0, None
        for line in self.process.stdout:
            second, lane, state, view = parse_view(line)
            self.views[lane] = (state, view)
            if lane != self.lanes - 1:
                continue
            now = {k: v[1] for k, v in self.views.items()}
            done = sum(v[name] for v in now.values()
                       for name in ("applied", "unchanged", "refused", "dead", "ignored"))
            still = still + 1 if now == last and done >= records_min else 0
            last = now
            if still >= 3:
                return now
            if time.monotonic() > deadline:
                break
        raise TimeoutError(f"not quiet after {seconds} s: {self.views}, see drive.log")

    def run_until_settled(self, seconds, quiet=6):
        """Until every lane runs, has published what it stored, and nothing moved for a while."""
        deadline, still, last = time.monotonic() + seconds, 0, None
        for line in self.process.stdout:
            _, lane, state, view = parse_view(line)
            self.views[lane] = (state, view)
            if lane != self.lanes - 1 or len(self.views) < self.lanes:
                continue
            settled = all(state == "running" for state, _ in self.views.values())
            still = still + 1 if settled and self.views == last else 0
            last = dict(self.views)
            if still >= quiet:
                return {k: v[1] for k, v in self.views.items()}
            if time.monotonic() > deadline:
                break
        raise TimeoutError(f"not settled after {seconds} s: {self.views}, see drive.log")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.read()
        code = self.process.wait(timeout=30)
        self.log.close()
        return code


def replay_identical(postgres, lanes):
    """What `gridbridge replay` finds over every lane (postgres: whatever has a dsn), in words.

    Empty if the ledger made again is identical. A lane without a line counts as a fault too: replay
    of nothing proves nothing."""
    done = subprocess.run([os.environ["GB_BIN"], "replay", "-o", "json", "--postgres",
                           postgres.dsn], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode not in (0, 1):
        return [f"replay ended with {done.returncode}: {done.stderr.strip()[:400]}"]
    found = {int(row["lane"]): row for row in json.loads(done.stdout or "[]")}
    wrong = [f"replay: lane {lane} is not in the database" for lane in range(lanes)
             if lane not in found]
    for lane, row in sorted(found.items()):
        if row["result"] != "identical":
            wrong.append(f"replay: lane {lane} differs: {row['difference']}")
        elif int(row["lines"]) == 0:
            wrong.append(f"replay: lane {lane} has no line")
    if done.returncode == 1 and not wrong:
        wrong.append("replay ended with 1 and named no difference")
    return wrong


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def matter_of_row(state):
    """{(source, key): matter id} of all matters that are not redirects."""
    found = {}
    for value in state["matter"].values():
        if "redirect_to" in value:
            continue
        for ref in value["refs"]:
            found.setdefault((ref["source"], ref["key"]), []).append(value["id"])
    return found


def compare(folder, result):
    """What differs between the published state and the truth, in words."""
    folder = pathlib.Path(folder)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    rows = read_lines(folder / "truth_rows.jsonl")
    groups = read_lines(folder / "truth_groups.jsonl")
    found = matter_of_row(result.state)
    wrong = [f"row {row}: in {len(ids)} matters" for row, ids in found.items() if len(ids) != 1]
    wrong += check_rows(rows, found)
    wrong += check_groups(groups, found, result.state["matter"])
    for near in truth["near_misses"]:
        first, second = (found.get(tuple(row)) for row in near["rows"])
        if first and first == second:
            wrong.append(f"near miss {near['kind']}: {near['rows']} are one matter")
    for canary in truth["canaries"]:
        if any(canary.encode() in (r.raw or b"") for rs in result.records.values() for r in rs):
            wrong.append(f"canary came out: {canary}")
    return wrong


def check_rows(rows, found):
    wrong = []
    for row in rows:
        is_there = (row["source"], row["key"]) in found
        if is_there == row["deleted"]:
            wrong.append(f"row {row['source']} {row['key']}: "
                         f"{'deleted but published' if is_there else 'missing'}")
    return wrong


def check_groups(groups, found, matters):
    wrong = []
    for group in groups:
        ids = {tuple(found.get(tuple(row), ())) for row in group["rows"]}
        if len(ids) != 1 or not all(ids):
            wrong.append(f"group {group['group']} ({group['evidence']}): {group['rows']} in {ids}")
            continue
        value = matters[ids.pop()[0]]
        lead = value.get("lead", {}).get("role")
        if lead != group["lead"]:
            wrong.append(f"group {group['group']}: lead {lead}, truth {group['lead']}")
        if value["category"] != group["category"]:
            wrong.append(f"group {group['group']}: category {value['category']}")
        if len(value["refs"]) != len(group["rows"]):
            wrong.append(f"group {group['group']}: {len(value['refs'])} reports in its matter")
    return wrong


def progress(text):
    print(text, file=sys.stderr, flush=True)
