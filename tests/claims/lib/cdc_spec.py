"""What the captured messages are read as: tables, fields and meanings, declared once.

cdc_oracle.py interprets this by itself; cdc_yaml.py writes the same declaration as mapping.yaml for
the program. A meaning says what a column is (a wall clock, a decimal, an enum); how a tool spells
it follows from the variant, that is from the connector's configuration in data/cdc/conf.
"""
TOWN = "320312111"
STATUSES = ["正式党员", "预备党员", "发展对象", "积极分子", "群众"]
PURPOSES = ["policy", "care", "errand", "mediation", "whistle"]
ROLES = ["key_family", "grid_worker", "micro_grid"]

# Per file: the tool, the spelling of values, topics of records that hold no rows.
VARIANTS = {
    "debezium-pg-schema": dict(tool="debezium", db="pg", prefix="cdc.dev.pga", schema=True,
                               time="adaptive", decimal="unscaled"),
    "debezium-pg-plain-precise": dict(tool="debezium", db="pg", prefix="cdc.dev.pgb", schema=False,
                                      time="adaptive", decimal="unscaled"),
    "debezium-pg-plain-connect-tx": dict(tool="debezium", db="pg", prefix="cdc.dev.pgc",
                                         schema=False, time="connect", decimal="text"),
    "debezium-pg-unwrap": dict(tool="unwrapped", db="pg", prefix="cdc.dev.pgd", time="adaptive",
                               decimal="unscaled"),
    "debezium-pg-isostring": dict(tool="debezium", db="pg", prefix="cdc.dev.pge", schema=False,
                                  time="isostring", decimal="text",
                                  placeholder="__gaibian_weizhi__"),
    "debezium27-pg-plain": dict(tool="debezium", db="pg", prefix="cdc.dev.pgf", schema=False,
                                time="adaptive", decimal="unscaled"),
    "debezium19-pg-plain": dict(tool="debezium", db="pg", prefix="cdc.dev.pgg", schema=False,
                                time="adaptive", decimal="unscaled"),
    "debezium-mariadb-schema": dict(tool="debezium", db="my", prefix="cdc.dev.mariaa", schema=True,
                                    time="maria", decimal="unscaled", unsigned="int"),
    "debezium-mariadb-plain": dict(tool="debezium", db="my", prefix="cdc.dev.mariab", schema=False,
                                   time="connect", decimal="text", unsigned="base64"),
    "maxwell-default": dict(tool="maxwell", db="my", time="text", decimal="text", jvm="+00:00"),
    "maxwell-full": dict(tool="maxwell", db="my", time="text", decimal="text", jvm="+08:00",
                         nulls="omitted"),
    "canal-flat": dict(tool="canal", db="my", time="text", decimal="text"),
    "canal-flat-hash": dict(tool="canal", db="my", time="text", decimal="text"),
}


def F(sem, column, **more):
    return dict(sem=sem, column=column, **more)


# unit: the column's own precision, which decides the number under adaptive time.
TABLES = {
    "party_org": dict(
        schema="dj", entity="post", key=["po_id"], fields=dict(
            org_type=F("code", "po_type"), code=F("code", "po_code"),
            name=F("code", "po_name", tools=("debezium", "unwrapped", "maxwell")),
            since=F("date", "po_chg_date"), until=F("date", "po_expire_date", db="pg"),
            members=F("int", "po_mem_normal")),
        ignore=["po_remark", "po_build_year", "po_name"]),
    "sys_party_member": dict(
        schema="dj", entity="member", key=["id"], key_unsigned=True,
        version=F("instant", "updated_at"), fields=dict(
            user=F("code", "user_id"), code=F("code", "member_code"),
            rank=F("enum", "party_status", labels=STATUSES),
            branch=F("code", "party_branch", db="pg"),
            roles=F("set", "roles", labels=ROLES, db="my"), joined=F("date", "join_date"),
            grid=F("code", "grid_id", db="pg"), public=F("bool", "is_public"),
            leader=F("int", "is_leader", db="my"),
            flags=F("bits", "flags", db="my", tools=("debezium", "canal")),
            dues=F("decimal", "dues", scale=2), score=F("decimal", "total_score", db="pg"),
            tags=F("list", "tags", db="pg"), marks=F("list", "scores", db="pg"),
            status=F("code", "status", db="pg", nulls=["ACTIVE"]),
            created=F("wall", "created_at", unit="us", my_unit="ms"),
            updated=F("instant", "updated_at")),
        ignore=["name", "id_card", "phone", "hours", "score", "flags"]),
    "party_key_family": dict(
        schema="dj", entity="x_key_family", key=["family_id"], town=("prefix", "family_id"),
        version=F("int", "modification_num"), soft_delete=("is_deleted", ["1"]), fields=dict(
            code=F("code", "family_code"), holder=F("unsigned", "holder_member_id"),
            grid=F("code", "grid_code"), opens=F("clock", "station_open", unit="us"),
            closes=F("clock", "station_close", unit="ms"), limit=F("int", "contact_limit"),
            subsidy=F("decimal", "subsidy", scale=2), since=F("date", "established"),
            created=F("wall", "crt_time", unit="ms", my_unit="ms"),
            updated=F("instant", "upd_time")),
        texts=dict(description="intro"), ignore=["holder_name", "six_have"]),
    "sys_party_household": dict(
        schema="dj", entity="contact", key=["party_member_id", "population_id"], my_key=["id"],
        identity="index", fields=dict(
            member=F("code", "party_member_id"), household=F("code", "population_id"),
            visits=F("int", "visit_count", nulls=["0"]), grid=F("code", "grid_id"),
            last_visit=F("date", "last_visit_date"),
            created=F("wall", "created_at", unit="us", my_unit="ms"),
            updated=F("wall", "updated_at", unit="us", my_unit="us")),
        ignore=["id", "household_name", "household_address"]),
    "party_visit": dict(
        schema="dj", entity="visit", key=["visit_id"], identity="full", fields=dict(
            family=F("code", "family_id"), purpose=F("enum", "purpose", labels=PURPOSES),
            date=F("date", "visit_date"), begins=F("clock", "begin_time", unit="ms", my_unit="us"),
            lasted=F("interval", "duration", tools=("debezium", "unwrapped", "canal")),
            households=F("int", "household_count"), matters=F("list", "produced_matters", db="pg"),
            ok=F("bool", "ok"), updated=F("visit_updated", "updated_at")),
        ignore=["context", "end_time", "duration", "satisfaction", "mark", "photo", "ext",
                "sm3"]),
    "sys_volunteer_activity": dict(
        schema="dj", entity="activity", key=["id"], fields=dict(
            status=F("code", "status"), grid=F("code", "grid_id"),
            at=F("wall", "activity_date", unit="us", my_unit="ms"),
            limit=F("int", "max_participants")),
        ignore=["title", "description", "created_by"]),
    "area_grid": dict(
        schema="wg", entity="grid", key=["id"], my_town=("prefix", "grid_code"),
        soft_delete=("is_deleted", ["1"]), fields=dict(
            code=F("code", "grid_code"), name=F("code", "grid_name"), level=F("code", "grid_level"),
            parent=F("code", "grid_parent"), households=F("int", "grid_household"),
            area=F("decimal", "grid_areas", my_scale=6),
            disabled=F("bool", "is_disabled", db="pg"),
            created=F("wall", "crt_time", unit="ms", my_unit="ms"),
            updated=F("instant", "upd_time")),
        ignore=["map_pt", "grid_label", "grid_persons"]),
    "area_grid_member": dict(
        schema="wg", entity="grid_post", key=["grid_id", "grid_member"], fields=dict(
            role=F("code", "grid_role"), full_time=F("bool", "is_full_time"),
            since=F("date", "begin_date"), until=F("date", "end_date"))),
    "case_info": dict(
        schema="wg", entity="matter", key=["id"], my_town=("lookup", "grid"),
        soft_delete=("is_deleted", ["1"]), fields=dict(
            category=F("first", "biz_list"), state=F("join", ["is_finished", "is_duplicate"]),
            level=F("code", "case_level"), grid=F("place", "grid", member="grid"),
            village=F("place", "grid", member="village"),
            occurred_at=F("wall", "occur_time", unit="us", my_unit="us"),
            deadline_at=F("case_deadline", "dead_line"),
            updated_at=F("case_updated", "upd_time"),
            claims_lead=F("present", "execute_dept")),
        texts=dict(title="case_title", description="case_desc", place="occur_addr"),
        ignore=["case_code", "source_type", "map_info", "duplicate_with", "is_supervise",
                "is_urge", "concerned_person", "crt_time"]),
    "case_flow": dict(
        schema="wg", entity="flow", key=["case_id", "node", "direction"], identity="full",
        fields=dict(at=F("flow_time", "op_time"), opinion=F("code", "opinion")),
        ignore=["operator"]),
    "patrol_task": dict(
        schema="wg", entity="patrol", key=["id"], fields=dict(
            grid=F("code", "area_grid_id"), kind=F("code", "source_type"),
            code=F("code", "patrol_code"), status=F("code", "status"),
            problem=F("bool", "is_problem"), date=F("date", "patrol_date"),
            cost=F("decimal", "cost", scale=3, optional=True)),
        ignore=["content", "patrol_name", "track"]),
    "thing_log": dict(
        schema="wg", entity="log", key=["id"], fields=dict(
            grid=F("code", "grid_code"), begins=F("clock", "am_begin", unit="us"),
            ends=F("clock", "am_end", unit="us"), families=F("int", "falimy_count"),
            solved=F("int", "interview_auto"), kind=F("code", "log_type"),
            date=F("date", "log_date")),
        ignore=["falimy_details", "interview_up"]),
}

# Columns whose kind differs between the two databases.
SPLIT = {"visit_updated": {"pg": ("instant", None), "my": ("wall", "ms")},
         "case_deadline": {"pg": ("instant", None), "my": ("wall", "ms")},
         "case_updated": {"pg": ("wall", "us"), "my": ("instant", None)},
         "flow_time": {"pg": ("instant", None), "my": ("wall", "ms")}}
MY_SCHEMA = {"dj": "djpt", "wg": "wgzt"}
PLACES = {"1": ("320312111217001", "320312111217"), "2": ("320312111217002", "320312111217")}


def table_of(name, variant):
    """The table as its database has it: schema.table, key, town, identity, fields."""
    db, table = variant["db"], dict(TABLES[name])
    schema = table["schema"] if db == "pg" else MY_SCHEMA[table["schema"]]
    table["name"] = f"{schema}.{name}"
    table["texts"] = table.get("texts", {})
    table["key"] = table.get("my_key", table["key"]) if db == "my" else table["key"]
    table["town"] = table.get(f"{db}_town", table.get("town", ("constant", TOWN)))
    table["identity"] = "full" if db == "my" else table.get("identity", "default")
    if variant["tool"] == "unwrapped":
        table["identity"] = "default"  # the transform drops every image before
    return table


def fields_of(table, variant):
    """The fields that this variant's tool can give, with meaning and unit settled."""
    db, tool, out = variant["db"], variant["tool"], {}
    for name, field in table["fields"].items():
        if field.get("db", db) != db or tool not in field.get("tools", (tool,)):
            continue
        field = dict(field)
        if field["sem"] in SPLIT:
            field["sem"], field["unit"] = SPLIT[field["sem"]][db]
        elif db == "my":
            field["unit"] = field.get("my_unit", field.get("unit"))
            field["scale"] = field.get("my_scale", field.get("scale"))
        out[name] = field
    return out
