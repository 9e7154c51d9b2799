"""Rows that a department's table held before: the last images of a generated folder's file.

Party rows in the order of their lsn, cases in the order of `es`; what was sent again and what is
broken on purpose is passed over.
"""
import json

ZERO_DATE = "0000-00-00 00:00:00"


def values(path):
    """The JSON objects of a file of the generator; broken ones are left out."""
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            try:
                value = json.loads(json.loads(line)["value"] or "null")
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value.get("payload", value)


def is_whole(image, system):
    return image is not None and set(system.columns) <= set(image)


def texts(image, system):
    """A row's columns as texts, as far as PostgreSQL can hold them: no zero date, no NUL."""
    return {c: None if image[c] in (None, ZERO_DATE) else str(image[c]).replace("\0", "\ufffd")
            for c in system.columns}


def party_rows(path, system):
    seen = {}
    for value in values(path):
        source = value.get("source") or {}
        image = value.get("after") or value.get("before")
        if source.get("table") != system.table or "id" not in (image or {}):
            continue
        lsn = source["lsn"]
        if seen.get(image["id"], (-1,))[0] <= lsn:
            seen[image["id"]] = (lsn, value.get("after"))
    return {key: texts(image, system) for key, (_, image) in seen.items()
            if is_whole(image, system)}


def case_rows(path, system):
    changes, known = [], set()
    for value in values(path):
        if value.get("table") != system.table or not value.get("data"):
            continue
        for image in value["data"]:
            mark = (value["type"], value["es"], json.dumps(image, sort_keys=True))
            if mark not in known and "id" in image:
                known.add(mark)
                changes.append((value["es"], value["type"], image))
    rows = {}
    for _, kind, image in sorted(changes, key=lambda change: change[0]):
        if kind == "DELETE":
            rows.pop(image["id"], None)
        elif is_whole(image, system):
            rows[image["id"]] = texts(image, system)
    return rows


def rows_of(folder, system):
    """{key: {column: text}} of the system's table at the end of a generated folder."""
    if system.source == "party_building":
        return party_rows(folder / "party.jsonl", system)
    return case_rows(folder / "grid.jsonl", system)
