"""The schema wrapper of Connect's JsonConverter for this table, members in the captured order."""

from gridgen.jsontext import dump

_INT, _TEXT = "int64", "string"
_MICROS = {"name": "io.debezium.time.MicroTimestamp", "version": 1}
_ZONED = {"name": "io.debezium.time.ZonedTimestamp", "version": 1}
_SNAPSHOT = {"name": "io.debezium.data.Enum", "version": 1,
             "parameters": {"allowed": "true,first,first_in_data_collection,"
                            "last_in_data_collection,last,false,incremental"},
             "default": "false"}


def _field(kind, column, optional=True, **more):
    return {"type": kind, "optional": optional, **more, "field": column}


def _struct(fields, optional, full_name, **more):
    return {"type": "struct", "fields": fields, "optional": optional, "name": full_name, **more}


_ROW = [_field(_INT, "id", False), _field(_TEXT, "task_title"), _field(_TEXT, "task_type"),
        _field(_TEXT, "description"), _field(_INT, "grid_id"), _field(_INT, "assigned_member_id"),
        _field(_INT, "deadline", **_MICROS), _field(_TEXT, "status", default="PENDING"),
        _field(_TEXT, "created_by"), _field(_INT, "created_at", **_MICROS),
        _field(_TEXT, "updated_at", **_ZONED), _field(_INT, "peer_case_id"),
        _field(_TEXT, "attach_sha256")]
_DRIFT = _field(_TEXT, "contact_name")
_SOURCE = [_field(_TEXT, "version", False), _field(_TEXT, "connector", False),
           _field(_TEXT, "name", False), _field(_INT, "ts_ms", False),
           _field(_TEXT, "snapshot", **_SNAPSHOT), _field(_TEXT, "db", False),
           _field(_TEXT, "sequence"), _field(_INT, "ts_us"), _field(_INT, "ts_ns"),
           _field(_TEXT, "schema", False), _field(_TEXT, "table", False), _field(_INT, "txId"),
           _field(_INT, "lsn"), _field(_INT, "xmin"), _field(_TEXT, "origin"),
           _field(_INT, "origin_lsn")]
_BLOCK = [_field(_TEXT, "id", False), _field(_INT, "total_order", False),
          _field(_INT, "data_collection_order", False)]
_ASSESSMENT = [_field(_INT, "id", False), _field(_INT, "party_member_id"),
               _field(_TEXT, "assessment_month"), _field("int32", "total_score")]
_MESSAGE = [_field(_TEXT, "prefix"), _field("bytes", "content")]
_CONNECTOR = "io.debezium.connector.postgresql"
_SOURCE_FIELD = _struct(_SOURCE, False, f"{_CONNECTOR}.Source", version=1, field="source")
_BLOCK_FIELD = _struct(_BLOCK, True, "event.block", version=1, field="transaction")


def _schema(row, table="sys_party_task"):
    base = f"party.dj.{table}"
    fields = [_struct(row, True, f"{base}.Value", field="before"),
              _struct(row, True, f"{base}.Value", field="after"),
              _SOURCE_FIELD, _BLOCK_FIELD,
              _field(_TEXT, "op", False), _field(_INT, "ts_ms"), _field(_INT, "ts_us"),
              _field(_INT, "ts_ns")]
    return dump(_struct(fields, False, f"{base}.Envelope", version=2))


_VALUE_HEAD = {drifted: '{"schema":' + _schema(_ROW + [_DRIFT] * drifted) + ',"payload":'
               for drifted in (False, True)}
_KEY_HEAD = ('{"schema":' + dump(_struct([_field(_INT, "id", False)], False,
                                         "party.dj.sys_party_task.Key")) + ',"payload":')
HEARTBEAT_SCHEMAS = tuple(
    dump(_struct([_field(kind, name, False)], False, full, version=1))
    for kind, name, full in ((_TEXT, "serverName", "io.debezium.connector.common.ServerNameKey"),
                             (_INT, "ts_ms", "io.debezium.connector.common.Heartbeat")))
_MESSAGE_SCHEMA = dump(_struct(
    [_field(_TEXT, "op", False), _field(_INT, "ts_ms"), _SOURCE_FIELD, _BLOCK_FIELD,
     _struct(_MESSAGE, False, f"{_CONNECTOR}.Message", version=1, field="message")],
    False, f"{_CONNECTOR}.MessageValue", version=1))
MESSAGE_SCHEMAS = (dump(_struct([_field(_TEXT, "prefix")], False, f"{_CONNECTOR}.MessageKey",
                                version=1)), _MESSAGE_SCHEMA)
TRUNCATE_SCHEMAS = (None, _schema(_ASSESSMENT, "sys_party_assessment"))


def wrap_with(schemas, texts):
    """Key and value texts, each with its schema; a null key stays null."""
    return tuple(text if text is None else f'{{"schema":{schema},"payload":{text}}}'
                 for schema, text in zip(schemas, texts))


def wrap(value, drifted):
    """A plain value with the schema of its table (after the drift: with the new column)."""
    return _VALUE_HEAD[drifted] + value + "}"


def wrap_key(key):
    return _KEY_HEAD + key + "}"


def _column(name, kind, key=()):
    """A column of another table; kind is a type, or the name of a semantic type."""
    base = {"Date": "int32", "Time": "int32", "MicroTimestamp": _INT, "Timestamp": _INT,
            "MicroTime": _INT, "Decimal": "bytes"}
    if "." not in kind:
        return _field(kind, name, name not in key)
    last = kind.rsplit(".", 1)[1]
    return _field(base.get(last, _TEXT), name, True, name=kind, version=1)


_table_heads = {}


def wrap_table(key, value, table):
    """Key and value (None: a tombstone) of another table's record, each with its schema."""
    if table.name not in _table_heads:
        fields = [_column(name, kind, table.key) for name, kind in table.types.items()]
        ids = _struct([f for f in fields if f["field"] in table.key], False,
                      f"party.dj.{table.name}.Key")
        _table_heads[table.name] = dump(ids), _schema(fields, table.name)
    return wrap_with(_table_heads[table.name], (key, value))
