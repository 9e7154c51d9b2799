"""The door - envelope, mapping, refusal, scrubbing - costs at most twice a bare parse by jansson.

CPU time a record of about 600 bytes beside json_loadb of the same bytes, in turns in one run by
tests/tools/door_cost.c. --records (4000) each of Debezium and of Canal, made here: new rows with
title, description and place, one in eight descriptions with a phone, one in eight with a name.
--short: fewer rounds. Negative control: the same records must be scrubbed and carry their texts.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

NEEDS = ()
SHORT_SECONDS = 10
LIMIT = 2.0
ROOT = pathlib.Path(os.environ["GB_ROOT"])
GRID = 1501
TITLES = ("楼道堆放杂物", "路灯不亮", "污水外溢", "占道经营", "秸秆焚烧", "井盖破损")
PLACES = ("棠张镇跃进村三组", "学庄村口小卖部旁", "河东村2组主干道", "牌坊村卫生室门前")
TEXTS = ("已告知周边住户，下午再去看一次。", "巡查时发现，影响群众出行，需要尽快处理。",
         "上周已经来过一次，这次仍未整改到位。", "现场拍照后联系村委会，等待回复。")


def texts_of(i, rng):
    title = rng.choice(PLACES)[:5] + rng.choice(TITLES)
    description = rng.choice(TEXTS)
    if i % 8 == 0:
        description += f"来电1390000{rng.randrange(10000):04d}。"
    if i % 8 == 4:
        description += "王先生反映。"
    return title, description, rng.choice(PLACES)


def debezium(i, rng):
    title, description, place = texts_of(i, rng)
    millis = 1793577600000 + i * 7000
    row = {"id": 700000 + i, "task_title": title, "task_type": "livelihood_02",
           "description": place + description, "grid_id": GRID, "assigned_member_id": None,
           "deadline": None, "status": "PENDING", "created_by": str(10000 + i % 90),
           "created_at": millis * 1000, "updated_at": "2026-11-01T16:00:08.640000Z",
           "peer_case_id": None, "attach_sha256": None}
    source = {"version": "1.9.7.Final", "connector": "postgresql", "name": "p", "ts_ms": millis,
              "snapshot": "false", "db": "djpt", "schema": "dj", "table": "sys_party_task",
              "txId": 67000 + i, "lsn": 26980776 + i * 400}
    return {"topic": "party.dj.sys_party_task", "partition": 0, "offset": i,
            "key": json.dumps({"id": row["id"]}),
            "value": compact({"before": None, "after": row, "source": source, "op": "c",
                              "ts_ms": millis + 60}), "headers": []}


def canal(i, rng):
    title, description, place = texts_of(i, rng)
    row = {"id": str(700000 + i), "case_code": f"20261100{i:06d}", "case_title": title,
           "case_desc": description, "case_level": "normal", "event_type_list": "1002",
           "grid": str(GRID), "occur_addr": place, "occur_time": "2026-11-02 00:00:08",
           "dead_line": None, "execute_dept": None, "concerned_person": None, "is_finished": "0",
           "is_duplicate": "0", "is_deleted": "0", "crt_user_id": str(20000 + i % 90),
           "crt_user_name": None, "upd_time": "2026-11-02 00:00:08"}
    return {"topic": "grid.canal", "partition": 0, "offset": i, "key": None,
            "value": compact({"data": [row], "database": "wgzt", "es": 1793548808000 + i * 1000,
                              "id": i, "isDdl": False, "old": None, "table": "case_info",
                              "ts": 1793548808090, "type": "INSERT"}), "headers": []}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(folder, count):
    rng = random.Random(4)
    (folder / "lookups").mkdir(parents=True)
    shutil.copy(ROOT / "examples/tangzhang/refuse.yaml", folder / "refuse.yaml")
    for name in ("party_grids", "grid_grids"):
        (folder / "lookups" / f"{name}.csv").write_text("id,grid,village,town\n" + "".join(
            f"{GRID + i},320312111217{i:03d},320312111217,320312111\n" for i in range(99)),
            encoding="utf-8")
    for path in (ROOT / "adapters").glob("*/fixtures/lookups/*.csv"):
        if not (folder / "lookups" / path.name).exists():
            shutil.copy(path, folder / "lookups" / path.name)
    for name, make in (("debezium", debezium), ("canal", canal)):
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for i in range(count):
                file.write(json.dumps(make(i, rng), ensure_ascii=False) + "\n")


def find_wrong(figures, count):
    for name, texts in (("debezium", 2), ("canal", 3)):
        if int(figures[f"{name}_texts"]) != texts * count:
            yield f"{name}: texts did not come in"
        if int(figures[f"{name}_marks"]) < count // 4:
            yield f"{name}: phones and names were not scrubbed"
        if not 550 <= int(figures[f"{name}_bytes"]) <= 650:
            yield f"{name}: records are not about 600 bytes"
        if float(figures[f"{name}_ratio"]) > LIMIT:
            yield f"{name}: {figures[f'{name}_ratio']} times the parse, not at most {LIMIT}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--records", type=int, default=4000)
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "door-cost"
    write(folder, options.records)
    program = pathlib.Path(os.environ["GB_BUILD"]) / "tests/tools/door_cost"
    done = subprocess.run([program, folder, "12" if options.short else "60"], check=True,
                          cwd=ROOT, text=True, stdout=subprocess.PIPE)
    print(done.stdout, end="")
    wrong = list(find_wrong(dict(line.split("=") for line in done.stdout.split()),
                            options.records))
    if wrong:
        print(f"door-cost fails: {'; '.join(wrong)}")
        sys.exit(1)
    print("door-cost holds")


if __name__ == "__main__":
    main()
