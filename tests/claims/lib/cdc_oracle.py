"""What the door must make of each captured record, worked out in Python.

Written from DOMAIN 5, data/cdc/README.md and the tools' manuals, before the decoders were read. One
record gives a list of rows: verdict, reason, town, entity, key, op, bootstrap, version, fields,
texts. Dead rows carry what was known when they died.
"""
import fnmatch
import json
import re

import cdc_spec
import cdc_values as values
from cdc_values import Bad

MISSING = object()
PLACEHOLDER = "__debezium_unavailable_value"


class Dead(Exception):
    """str(): the word of the reason."""


class TooLong(Exception):
    """An integer beyond 64 bits: no own record can hold it (RECORDS 1)."""


def integer(text):
    if not -2 ** 63 <= int(text) < 2 ** 63:
        raise TooLong
    return int(text)


def parse(text):
    return json.loads(text, parse_float=values.Number, parse_int=integer)


class Oracle:
    def __init__(self, name):
        self.variant = cdc_spec.VARIANTS[name]
        self.db, self.tool = self.variant["db"], self.variant["tool"]
        self.placeholder = self.variant.get("placeholder", PLACEHOLDER)
        self.tables = {}
        for table in cdc_spec.TABLES:
            declared = cdc_spec.table_of(table, self.variant)
            declared["fields"] = cdc_spec.fields_of(declared, self.variant)
            self.tables[declared["name"]] = declared
        self.drift = set()

    def rows(self, record):
        try:
            opened = getattr(self, "open_" + self.tool)(record)
        except TooLong:
            return [dead("bad_json")]
        if isinstance(opened, dict):
            return [opened]
        changes, rows = opened, []
        for change in changes:
            rows += self.change(change)
        return rows

    # Envelopes: a verdict, or changes {table, op, before, after, base, bootstrap, position}.

    def side_topic(self, record):
        topic, prefix = record["topic"], self.variant["prefix"]
        for pattern, word in ((f"*heartbeat.{prefix}", "heartbeat"), (prefix, "ddl"),
                              (f"{prefix}.transaction", "transaction"),
                              (f"{prefix}.message", "message")):
            if fnmatch.fnmatchcase(topic, pattern):
                return ignored(word)
        return None

    def open_debezium(self, record):
        side = self.side_topic(record)
        if side:
            return side
        if record["value"] is None:
            return ignored("tombstone")
        value = parse(record["value"])
        if self.variant["schema"]:
            value = value["payload"]
        source, op = value["source"], value["op"]
        schema = source["schema"] if self.db == "pg" else source["db"]
        table = self.tables.get(f"{schema}.{source['table']}")
        if table is None:
            return ignored("other_table")
        if op == "t":
            return dead("table_truncated", entity=table["entity"])
        position = [source.get("lsn")] if self.db == "pg" else [
            int(source["file"].rsplit(".", 1)[1]), source["pos"], source["row"]]
        return [dict(table=table, op=op, before=value["before"], after=value["after"], base=None,
                     bootstrap=op == "r", position=position if None not in position else [])]

    def open_unwrapped(self, record):
        side = self.side_topic(record)
        if side:
            return side
        if record["value"] is None:
            return ignored("tombstone")
        table = self.tables.get(record["topic"][len(self.variant["prefix"]) + 1:])
        if table is None:
            return ignored("other_table")
        row = parse(record["value"])
        op, lsn = row.pop("__op"), row.pop("__lsn")
        is_deleted = row.pop("__deleted") == "true"
        row = {k: v for k, v in row.items() if not k.startswith("__")}
        assert is_deleted == (op == "d")
        return [dict(table=table, op=op, before=row if is_deleted else None,
                     after=None if is_deleted else row, base=None, bootstrap=op == "r",
                     position=[lsn] if lsn is not None else [])]

    def open_maxwell(self, record):
        value = parse(record["value"])
        kind = value["type"]
        if kind in ("bootstrap-start", "bootstrap-complete"):
            return ignored("bootstrap_mark")
        table = self.tables.get(f"{value['database']}.{value['table']}")
        if kind.startswith(("table-", "database-")):
            return dead("table_truncated") if kind == "table-drop" and table else ignored("ddl")
        if table is None:
            return ignored("other_table")
        position = []
        if "xid" in value:
            last = 2 ** 31 - 1 if value.get("commit") else value["xoffset"]
            position = [value["ts"], value["xid"], last]
        change = dict(table=table, op={"insert": "c", "update": "u", "delete": "d",
                                       "bootstrap-insert": "r"}[kind],
                      before=None, after=value["data"], base=None, position=position,
                      bootstrap=kind == "bootstrap-insert",
                      partial=kind == "update" and "old" not in value)
        if kind == "delete":
            change.update(before=value["data"], after=None)
        elif kind == "update" and "old" in value:
            change.update(before=value["old"], base=value["data"])
        return [change]

    def open_canal(self, record):
        value = parse(record["value"])
        kind = value["type"]
        table = self.tables.get(f"{value['database']}.{value['table']}")
        if kind not in ("INSERT", "UPDATE", "DELETE"):
            if kind in ("TRUNCATE", "ERASE") and table:
                return dead("table_truncated", entity=table["entity"])
            return ignored("ddl" if value["isDdl"] else "statement")
        if table is None:
            return ignored("other_table")
        changes = []
        for i, row in enumerate(value["data"]):
            change = dict(table=table, op={"INSERT": "c", "UPDATE": "u", "DELETE": "d"}[kind],
                          before=None, after=row, base=None, bootstrap=False,
                          position=[value["es"]], types=value["mysqlType"])
            if kind == "DELETE":
                change.update(before=row, after=None)
            elif kind == "UPDATE":
                change.update(before=value["old"][i], base=row)
            changes.append(change)
        return changes

    # One change to rows.

    def change(self, change):
        table, rows = change["table"], []
        self.count_drift(table, change["before"] if change["op"] == "d" else change["after"])
        if change["op"] == "d":
            return [self.leaving(change, change["before"], None, "delete")]
        try:
            old = self.old_place(change)
            key = self.key(change, change["after"])
        except Dead as reason:
            return [self.died(change, reason)]
        if old and old[0] != key:
            rows.append(self.leaving(change, change["before"], change["base"], "delete"))
        row = self.put(change, key)
        if old and old[0] == key and row["town"] and old[1] != row["town"]:
            rows.append(self.leaving(change, change["before"], change["base"], "leave"))
            row["op"] = "enter" if row["op"] == "put" else row["op"]
        return rows + [row]

    def old_place(self, change):
        """Key and town before an update, where the tool tells."""
        if change["op"] != "u" or change.get("partial"):
            return None
        if change["before"] is None:
            how, what = change["table"]["town"]
            if how != "constant" and what not in change["table"]["key"]:
                raise Dead("need_full_image")
            return None
        image = {**(change["base"] or {}), **change["before"]}
        return self.key(change, image), self.town(change, image)

    def column(self, change, image, name, optional=False):
        value = image.get(name, MISSING)
        if value is MISSING:
            omitted = self.variant.get("nulls") == "omitted" and not change.get("partial")
            if omitted or optional:
                return None
            raise Dead("need_full_image")
        if value == self.placeholder and self.tool in ("debezium", "unwrapped"):
            raise Dead("need_full_image")
        return value

    def key(self, change, image):
        parts = []
        for name in change["table"]["key"]:
            raw = self.column(change, image, name)
            how = self.variant.get("unsigned") if change["table"].get("key_unsigned") else None
            try:
                part = values.unsigned(raw, how)
            except Bad:
                part = None
            if part is None:
                raise Dead("bad_field")
            parts.append(part)
        return "/".join(parts)

    def town(self, change, image):
        how, what = change["table"]["town"]
        if how == "constant":
            return what
        text = values.text_of(self.column(change, image, what))
        if how == "prefix":
            text = (text or "")[:9]
            if not re.fullmatch("[0-9]{9}", text):
                raise Dead("unknown_place")
            return text
        if text not in cdc_spec.PLACES:
            raise Dead("unknown_place")
        return cdc_spec.PLACES[text][1][:9]

    def start(self, change, op):
        row = dict(verdict="accepted", entity=change["table"]["entity"], op=op, town="")
        if change["position"]:
            row["envelope"] = change["position"]
        if change["bootstrap"]:
            row["bootstrap"] = True
        return row

    def died(self, change, reason):
        return {**self.start(change, None), "verdict": "dead", "reason": str(reason)}

    def leaving(self, change, image, base, op):
        row = self.start(change, op)
        image = {**(base or {}), **(image or {})}
        try:
            row["key"] = self.key(change, image)
            row["town"] = self.town(change, image)
        except Dead as reason:
            row.update(verdict="dead", reason=str(reason))
        return row

    def put(self, change, key):
        table, image = change["table"], change["after"]
        row = {**self.start(change, "put"), "key": key}
        try:
            row["town"] = self.town(change, image)
            if change.get("partial"):
                raise Dead("need_full_image")
            if "soft_delete" in table:
                column, deleted = table["soft_delete"]
                if values.text_of(self.column(change, image, column)) in deleted:
                    return {**row, "op": "delete"}
            self.fill(change, row)
        except (Dead, Bad) as reason:
            word = str(reason) if isinstance(reason, Dead) else "bad_field"
            row = {k: row[k] for k in row if k not in ("column", "fields", "texts")}
            row.update(verdict="dead", reason=word)
        return row

    def fill(self, change, row):
        table, image = change["table"], change["after"]
        if "version" in table:
            field = table["version"]
            version = self.moment(change, field, self.column(change, image, field["column"])) \
                if field["sem"] != "int" else values.integer(
                    self.column(change, image, field["column"]))
            if version is not None:
                if abs(version) > values.EXACT:
                    raise Bad("a version")
                row["column"] = version
        row["fields"], row["texts"] = {}, {}
        for name, field in table["fields"].items():
            value = self.field(change, field, image)
            if value is not None:
                row["fields"][name] = value
        for name, column in table["texts"].items():
            text = self.column(change, image, column)
            if text is not None and text.strip():
                row["texts"][name] = text.replace("\0", "\ufffd")

    def count_drift(self, table, image):
        known = set(table["key"]) | set(table.get("ignore", ())) | set(table["texts"].values())
        known |= {table["town"][1], table.get("soft_delete", ("",))[0]}
        for field in table["fields"].values():
            column = field["column"]
            known |= set(column) if isinstance(column, list) else {column}
        known.add(table.get("version", {}).get("column", ""))
        self.drift |= {name for name in image if name not in known}

    # One field.

    def field(self, change, field, image):
        sem = field["sem"]
        if sem == "join":
            return "/".join(values.text_of(self.column(change, image, c)) or ""
                            for c in field["column"])
        raw = self.column(change, image, field["column"], field.get("optional", False))
        if field.get("nulls") and values.text_of(raw) in field["nulls"]:
            return None
        if sem in ("wall", "instant"):
            moment = self.moment(change, field, raw)
            return None if moment is None else moment // 1000
        if sem == "present":
            return values.text_of(raw) is not None
        return getattr(self, "do_" + sem)(change, field, raw)

    def moment(self, change, field, raw):
        time, how, zone = self.variant["time"], "text", values.ZONE_MS
        if field["sem"] == "instant":
            zone = zone if self.tool == "canal" else 0
        elif time in ("adaptive", "maria"):
            how = field["unit"]
        elif time == "connect":
            how = "ms"
        if self.tool == "maxwell" and change["bootstrap"]:
            zone = self.jvm_ms()
        return values.micros(raw, how, zone)

    def jvm_ms(self):
        return int(self.variant["jvm"][1:3]) * 3600 * 1000

    def do_code(self, _change, _field, raw):
        return values.code(raw)

    def do_int(self, _change, _field, raw):
        return values.integer(raw)

    def do_first(self, _change, _field, raw):
        text = values.text_of(raw)
        return text and (re.split("[,，、;；]", text)[0].strip() or None)

    def do_place(self, _change, field, raw):
        text = values.text_of(raw)
        if text is None:
            return None
        if text not in cdc_spec.PLACES:
            raise Dead("unknown_place")
        return cdc_spec.PLACES[text][0 if field["member"] == "grid" else 1]

    def do_unsigned(self, _change, _field, raw):
        return values.unsigned(raw, self.variant.get("unsigned"))

    def do_decimal(self, _change, field, raw):
        if self.variant["decimal"] == "unscaled":
            return values.unscaled(raw, field.get("scale"))
        return values.decimal_text(raw)

    def do_date(self, change, _field, raw):
        if self.tool == "maxwell" and change["bootstrap"] and self.jvm_ms() != values.ZONE_MS:
            return None
        is_days = self.tool in ("debezium", "unwrapped") and self.variant["time"] != "isostring"
        return values.date(raw, "days" if is_days else "text")

    def do_clock(self, _change, field, raw):
        how = {"adaptive": field["unit"], "connect": "ms", "maria": "us"}.get(
            self.variant["time"], "text")
        return values.clock(raw, how, self.jvm_ms() if self.tool == "maxwell" else 0)

    def do_interval(self, _change, _field, raw):
        how = "us" if self.db == "pg" or self.variant["time"] == "maria" else "ms"
        how = "text" if self.variant["time"] in ("isostring", "text") else how
        return values.interval(raw, how)

    def do_bool(self, _change, _field, raw):
        return values.boolean(raw)

    def do_enum(self, change, field, raw):
        if self.tool != "canal":
            return values.enum(raw, None)
        return values.enum(raw, values.labels_of(change["types"][field["column"]]))

    def do_set(self, change, field, raw):
        if self.tool == "canal":
            return values.flags(raw, "mask", values.labels_of(change["types"][field["column"]]))
        return values.flags(raw, "list" if self.tool == "maxwell" else "text", field["labels"])

    def do_bits(self, _change, _field, raw):
        return values.bits(raw, "text" if self.tool == "canal" else "base64")

    def do_list(self, _change, _field, raw):
        return values.texts(raw)


def ignored(reason):
    return dict(verdict="ignored", reason=reason, town="")


def dead(reason, **more):
    return dict(verdict="dead", reason=reason, town="", **more)
