"""Each field-level trap of real systems is read as its rule says, in every envelope.

Every trap is sent through Debezium (plain, wrapped, unwrapped), Canal, Maxwell, plain rows and
CloudEvents (structured, binary) by the same declared field. Negative control: without the option
that a trap needs, its result must change, in every envelope.
"""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

NEEDS = ()
SHORT_SECONDS = 20
TOWN, VILLAGE = "320312111", "320312111217"
REFUSE = "version: 1\nclasses:\n  - {class: identity_number, columns: [id_card]}\n"
PLACES = ("id,grid,village,town\n跃进村,320312111217001,320312111217,320312111\n"
          "320312112,,320312112201,320312112\n")
GUID0 = "00000000-0000-0000-0000-000000000000"
DEAD = "dead:"


def at(*parts):
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return int(datetime.datetime(*parts, tzinfo=zone).timestamp() * 1000)


def F(**spec):
    return spec


# name, declared field (column c), cases (raw value, expected), options without which it differs.
FIELD_TRAPS = [
    ("net_date", F(type="datetime_local", accept=["net"]),
     [("/Date(1604295224297+0800)/", 1604295224297), ("/Date(1578122345473)/", 1578122345473)],
     ["accept"]),
    ("glued", F(type="datetime_local", accept=["glued"]),
     [("2020/11/0213:33", at(2020, 11, 2, 13, 33)), ("2020-11-0511:36", at(2020, 11, 5, 11, 36)),
      ("2020/1/0213:33", at(2020, 1, 2, 13, 33))], ["accept"]),
    ("compact", F(type="date", accept=["compact"]),
     [("20180917", "2018-09-17"), ("20200506", "2020-05-06")], ["accept"]),
    ("zero_date", F(type="datetime_local"),
     [("0000-00-00 00:00:00", None), ("2026-00-00 00:00:00", None)], []),
    ("no_deadline", F(type="datetime_local"), [("无", None)], []),
    ("zero_guid", F(type="code", nulls=[GUID0]), [(GUID0, None), ("9f0c", "9f0c")], ["nulls"]),
    ("lists", F(type="list"),
     [("1,2，3、4;5；6", ["1", "2", "3", "4", "5", "6"]), ("测试一户、测试二户", ["测试一户", "测试二户"]),
      ("", None)], []),
    ("path_blanks", F(type="path"), [("全部/ 民生类/市政设施", "全部/民生类/市政设施")], []),
    ("path_slash", F(type="path"), [("徐州市云龙区/大龙湖街道/", "徐州市云龙区/大龙湖街道")], []),
    ("village", F(type="lookup", file="places.csv", member="village", fold=["village"]),
     [(name, VILLAGE) for name in ("跃进村委会", "跃进村民委员会", "跃进", "跃进村")], ["fold"]),
    ("digits", F(type="code", fold=["width", "numerals"]),
     [("3组", "3组"), ("三组", "3组"), ("３组", "3组"), ("二十三组", "23组")], ["fold"]),
    ("ordinal", F(type="ordinal"),
     [("(下蜀村)网格4", 4), ("第一网格(基础)", 1), ("路南区-街道-社区-网格01", 1),
      ("工程段宿舍网格", None), ("第十二网格", 12)], []),
    ("building", F(type="code", fold=["building"], nulls=["无"]),
     [("1栋", "1幢"), ("1号楼", "1幢"), ("1幢", "1幢"), ("无", None)], ["fold"]),
    ("excel", F(type="code", excel=True),
     [("3.20323E+17", DEAD + "excel_truncated"), ("320312111217001000", DEAD + "excel_truncated"),
      ("320312111217001001", "320312111217001001")], ["excel"]),
    ("spare_column", F(type="code"), [("1", "1")], []),
]
COLUMNS = {"spare_column": "s1", "lists": "areaNames", "ordinal": "falimyCount"}

# name, soft_delete, (raw, is deleted)
DELETE_TRAPS = [
    ("is_deleted", ["1"], ["0"], [("1", True), ("0", False)]),
    ("flagDel", ["1"], ["0"], [("1", True), ("0", False)]),
    ("IsDeleted", ["true"], ["false"], [(True, True), (False, False)]),
    ("isDelete", ["1"], ["0"], [(1, True), (0, False)]),
    ("delFlag", ["0"], ["1"], [("0", True), ("1", False)]),
    ("delFlagOfRecords", ["1"], ["0"], [("1", True), ("0", False)])]


def mapping_of(kind, without=False):
    """All traps as entities of one mapping; table names are t_<trap>."""
    entities = {}
    for name, spec, _, options in FIELD_TRAPS:
        spec = {k: v for k, v in spec.items() if not (without and k in options)}
        column = COLUMNS.get(name, "c")
        entities[f"a.t_{name}"] = {
            "entity": "x_trap", "key": ["id"], "town": {"constant": TOWN},
            "fields": {"out": {**spec, "column": column}}}
    for name, deleted, live, _ in DELETE_TRAPS:
        entities[f"a.t_{name}"] = {
            "entity": "x_trap", "key": ["id"], "town": {"constant": TOWN},
            "soft_delete": {"column": name, "deleted": deleted, "live": live},
            "fields": {"out": {"type": "code", "column": "id"}}}
    entities["a.t_ids"] = {"entity": "x_trap", "key": ["g", "id"], "town": {"constant": TOWN},
                           "fields": {"out": {"type": "code", "column": "id"}}}
    entities["a.t_origin"] = {
        "entity": "matter", "key": ["id"], "town": {"constant": TOWN},
        "fields": {"origin": {"type": "join", "columns": ["source_type", "source_code"]}}}
    entities["a.t_region"] = {"entity": "x_trap", "key": ["id"], "town":
                              {"lookup": "id", "file": "places.csv"},
                              "fields": {"out": {"type": "code", "column": "id"}}}
    entities["a.t_county"] = {"entity": "x_trap", "key": ["id"], "town": {"prefix": "id"},
                              "fields": {"out": {"type": "code", "column": "id"}}}
    return {"version": 1, "system": "traps", "zone": "+08:00", "envelope": ENVELOPES[kind],
            "entities": entities, **({} if without else {"replaced_codes": {"320323": "320312"}})}


ENVELOPES = {
    "debezium": {"kind": "debezium", "schema": False, "position": ["lsn"]},
    "debezium_schema": {"kind": "debezium", "schema": True, "position": ["lsn"]},
    "unwrapped": {"kind": "debezium_unwrapped", "topic_prefix": "p", "position": ["__lsn"]},
    "canal": {"kind": "canal"},
    "maxwell": {"kind": "maxwell", "jvm_zone": "+08:00"},
    "plain": {"kind": "plain", "table_member": "t", "row": "r"},
    "cloudevents": {"kind": "cloudevents", "mode": "structured"},
    "cloudevents_binary": {"kind": "cloudevents", "mode": "binary"}}


def texts_of(row):
    return {k: None if v is None else v if isinstance(v, str) else json.dumps(v)
            for k, v in row.items()}


def wrapped(kind, table, row, number):
    """One source record as a fixture line."""
    event = {"before": None, "after": row, "op": "c",
             "source": {"schema": "a", "table": table, "lsn": number, "snapshot": "false"}}
    headers, topic = [], f"p.a.{table}"
    if kind.startswith("debezium"):
        value = {"schema": {}, "payload": event} if kind == "debezium_schema" else event
    elif kind == "unwrapped":
        value = {**row, "__op": "c", "__deleted": "false", "__lsn": number}
    elif kind == "canal":
        value = {"type": "INSERT", "database": "a", "table": table, "es": 1780304400000 + number,
                 "isDdl": False, "data": [texts_of(row)], "old": None, "mysqlType": None}
    elif kind == "maxwell":
        value = {"type": "insert", "database": "a", "table": table, "ts": number, "xid": number,
                 "commit": True, "data": row}
    elif kind == "plain":
        value = {"t": f"a.{table}", "r": row}
    else:
        event = {"specversion": "1.0", "id": str(number), "source": "/s", "type": f"a.{table}"}
        value = row if kind == "cloudevents_binary" else {**event, "data": row}
        headers = [["ce_" + k, v] for k, v in event.items()] if kind.endswith("binary") else []
    return json.dumps({"topic": topic, "partition": 0, "offset": number, "key": None,
                       "value": json.dumps(value, ensure_ascii=False), "headers": headers},
                      ensure_ascii=False)


def cases():
    """trap, table, row, expected: a field's value, dead:reason, deleted, a key, a town."""
    for name, _, values, _ in FIELD_TRAPS:
        for raw, expected in values:
            yield name, f"t_{name}", {"id": 1, COLUMNS.get(name, "c"): raw}, expected
    for name, _, _, values in DELETE_TRAPS:
        for raw, is_deleted in values:
            yield name, f"t_{name}", {"id": 1, name: raw}, "deleted" if is_deleted else "1"
    for raw, key in ((503, "key:1/503"), ("503", "key:1/503"), ("U503", "key:1/U503")):
        yield "id_types", "t_ids", {"g": 1, "id": raw}, key
    yield ("four_intakes", "t_origin", {"id": 1, "source_type": "hotline", "source_code": "77"},
           "hotline/77")
    yield "wrong_region", "t_region", {"id": "320312109"}, DEAD + "unknown_place"
    yield "right_region", "t_region", {"id": "320312112"}, "320312112"
    yield "county_history", "t_county", {"id": "320323111217"}, "town:320312111"


def outcome(row, expected):
    """What of the row the expectation is about."""
    if row["verdict"] == "dead":
        return DEAD + row["reason"]
    if row["op"] == "delete":
        return "deleted"
    if str(expected).startswith("key:"):
        return "key:" + row["key"]
    if str(expected).startswith("town:"):
        return "town:" + row["town"]
    fields = row.get("fields", {})
    return fields.get("out", fields.get("origin"))


def run(scratch, kind, without):
    folder = pathlib.Path(scratch) / f"{kind}{without}"
    folder.mkdir()
    (folder / "mapping.yaml").write_text(
        json.dumps(mapping_of(kind, without), ensure_ascii=False), encoding="utf-8")
    (folder / "places.csv").write_text(PLACES, encoding="utf-8")
    lines = [wrapped(kind, table, row, i + 1) for i, (_, table, row, _) in enumerate(cases())]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run(
        [os.environ["GB_BIN"], "explain", "--record", folder / "in.jsonl", "--adapter", folder,
         "--refuse", pathlib.Path(scratch) / "refuse.yaml", "--lookups", folder, "-o", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        print(kind, done.stdout.decode()[-500:], done.stderr.decode()[-500:])
        return None
    rows = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    return rows if len(rows) == len(lines) else None


def main():
    traps, checked, wrong, unmoved = {c[0] for c in cases()}, 0, 0, 0
    need = {name for name, _, _, options in FIELD_TRAPS if options} | {"county_history"}
    with tempfile.TemporaryDirectory() as scratch:
        (pathlib.Path(scratch) / "refuse.yaml").write_text(REFUSE, encoding="utf-8")
        for kind in ENVELOPES:
            rows, bare = run(scratch, kind, False), run(scratch, kind, True)
            if rows is None or bare is None:
                print(f"traps fails: {kind} could not be read")
                return 1
            moved = set()
            for (name, _, raw, expected), row, other in zip(cases(), rows, bare):
                checked += 1
                if outcome(row, expected) != expected:
                    wrong += 1
                    print(f"{kind} {name} {raw}: expected {expected}, got {row}")
                if outcome(other, expected) != expected:
                    moved.add(name)
            unmoved += len(need - moved)
    print(f"traps={len(traps)}\nenvelopes={len(ENVELOPES)}\nchecked={checked}\nwrong={wrong}")
    print(f"controls_unmoved={unmoved}")
    if wrong or unmoved:
        print("traps fails: see above")
        return 1
    print("traps holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
