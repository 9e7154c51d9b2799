"""cdc_spec's declaration as mapping.yaml and lookup file, one a captured file."""
import json

import cdc_spec
from cdc_oracle import PLACEHOLDER

CLOCKS = {"connect": "millis", "maria": "micros", "isostring": "text", "text": "text"}


def envelope(variant):
    tool = variant["tool"]
    if tool == "canal":
        return {"kind": "canal", "es": "millis"}
    if tool == "maxwell":
        return {"kind": "maxwell", "nulls": variant.get("nulls", "sent"),
                "jvm_zone": variant["jvm"], "position": ["ts", "xid", "xoffset"]}
    prefix = variant["prefix"]
    made = {"kind": "debezium" if tool == "debezium" else "debezium_unwrapped",
            "placeholder": variant.get("placeholder", PLACEHOLDER),
            "topics": {"heartbeat": f"*heartbeat.{prefix}", "ddl": prefix,
                       "transaction": f"{prefix}.transaction", "message": f"{prefix}.message"}}
    if tool == "debezium":
        made["schema"] = variant["schema"]
        made["position"] = ["lsn"] if variant["db"] == "pg" else ["file", "pos", "row"]
    else:
        made.update(topic_prefix=prefix, op="__op", deleted="__deleted", position=["__lsn"])
    return made


def moment(field, variant):
    time, tool = variant["time"], variant["tool"]
    if field["sem"] == "instant":
        return {"canal": "datetime_local", "maxwell": "datetime_utc"}.get(tool, "iso")
    if time in ("adaptive", "maria"):
        return {"us": "micros_local", "ms": "millis_local"}[field["unit"]]
    return {"connect": "millis_local", "isostring": "iso_local"}.get(time, "datetime_local")


def spelled(field, variant):
    """type and options of one field."""
    sem, time, tool = field["sem"], variant["time"], variant["tool"]
    if sem in ("wall", "instant"):
        return {"type": moment(field, variant)}
    if sem == "clock":
        units = {"us": "micros", "ms": "millis"}
        return {"type": "clock",
                "unit": units[field["unit"]] if time == "adaptive" else CLOCKS[time]}
    if sem == "interval":
        unit = "micros" if variant["db"] == "pg" or time == "maria" else "millis"
        return {"type": "interval", "unit": "text" if time in ("isostring", "text") else unit}
    if sem == "date":
        is_days = tool in ("debezium", "unwrapped") and time != "isostring"
        return {"type": "days" if is_days else "date"}
    if sem == "decimal":
        if variant["decimal"] == "text":
            return {"type": "decimal"}
        return {"type": "unscaled", **({"scale": field["scale"]} if field.get("scale") else {})}
    if sem == "unsigned":
        return {"type": "unsigned" if variant.get("unsigned") == "base64" else "code"}
    if sem in ("enum", "set"):
        return {"type": sem, "by": "number"} if tool == "canal" else {"type": sem}
    if sem == "bits":
        return {"type": "int" if tool == "canal" else "bits"}
    if sem == "place":
        return {"type": "lookup", "file": "places.csv", "member": field["member"]}
    if sem == "present":
        return {"type": "all", "of": [{"column": field["column"], "present": True}]}
    if sem == "join":
        return {"type": "join", "columns": field["column"]}
    return {"type": sem}


def field_of(field, variant):
    made = spelled(field, variant)
    if made["type"] not in ("all", "join"):
        made["column"] = field["column"]
    if field.get("nulls"):
        made["nulls"] = field["nulls"]
    if field.get("optional"):
        made["optional"] = True
    return made


def entity_of(table, variant):
    how, what = table["town"]
    identity = table["identity"]
    made = {"entity": table["entity"], "key": table["key"],
            "town": {how: what, **({"file": "places.csv"} if how == "lookup" else {})},
            "replica_identity": {"index": table["key"]} if identity == "index" else identity}
    if table.get("key_unsigned") and variant.get("unsigned") == "base64":
        made["key"] = [{"column": c, "type": "unsigned"} for c in table["key"]]
    if "version" in table:
        made["version"] = field_of(table["version"], variant)
    if "soft_delete" in table:
        column, deleted = table["soft_delete"]
        made["soft_delete"] = {"column": column, "deleted": deleted}
    fields = cdc_spec.fields_of(table, variant)
    made["fields"] = {name: field_of(field, variant) for name, field in fields.items()}
    if table["texts"]:
        made["texts"] = table["texts"]
    if table.get("ignore"):
        made["ignore"] = table["ignore"]
    return made


def write(folder, name):
    """The adapter's folder for one captured file; mapping.yaml is JSON, which is YAML."""
    variant = cdc_spec.VARIANTS[name]
    entities = {}
    for table in cdc_spec.TABLES:
        declared = cdc_spec.table_of(table, variant)
        entities[declared["name"]] = entity_of(declared, variant)
    mapping = {"version": 1, "system": "cdc", "zone": "+08:00", "envelope": envelope(variant),
               "entities": entities}
    folder.mkdir(parents=True)
    text = json.dumps(mapping, ensure_ascii=False, indent=1)
    (folder / "mapping.yaml").write_text(text, encoding="utf-8")
    lines = ["id,grid,village,town"]
    lines += [f"{key},{grid},{village},{village[:9]}"
              for key, (grid, village) in cdc_spec.PLACES.items()]
    (folder / "places.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
