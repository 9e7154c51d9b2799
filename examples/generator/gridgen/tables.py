"""The tables beside tasks and cases: columns in table order, keys, what a bridge makes of them.

Party tables as PostgreSQL's columns come out of Debezium 3.6 (adaptive times, precise decimals),
grid tables as MySQL's come out of Canal 1.1.7. The shapes are DOMAIN.md 4's: P1 party_org; P3
households, members, activities, meetings, assessments; P4 the page of linked names; P5 visits and
help records; G2 grids, posts, flow, patrols; G3 the daily log; G6 the register that names the
party branch of a grid. A table without an entity is one that must not, or need not, be carried.
"""

from gridgen.catalog import GRID, PARTY

INT, LONG, SHORT, TEXT = "int32", "int64", "int16", "string"
DATE = "io.debezium.time.Date"
MICROS = "io.debezium.time.MicroTimestamp"
MILLIS = "io.debezium.time.Timestamp"
ZONED = "io.debezium.time.ZonedTimestamp"
MICROTIME, TIME = "io.debezium.time.MicroTime", "io.debezium.time.Time"
JSON, UUID, ENUM = "io.debezium.data.Json", "io.debezium.data.Uuid", "io.debezium.data.Enum"
DECIMAL = "org.apache.kafka.connect.data.Decimal"
FULL, DEFAULT = "full", "default"

# What a column's JDBC type is called by Canal.
_SQL = {"bigint(20)": -5, "int(11)": 4, "text": 2005, "datetime": 93, "datetime(3)": 93,
        "timestamp": 93, "date": 91, "time": 92, "bit(1)": -7, "tinyint(1)": -6, "point": 2004}


def sql_type(mysql):
    """The JDBC number Canal sends for a MySQL type."""
    if mysql in _SQL:
        return _SQL[mysql]
    return {"char": 1, "varc": 12, "deci": 3}[mysql[:4]]


class Table:
    """A table: its name, the entity it is in the bridge (None: none), columns and key columns."""

    __slots__ = ("source", "name", "entity", "types", "columns", "key", "identity", "refused")

    def __init__(self, source, name, entity, types):
        self.source = source
        self.name = name
        self.entity = entity
        self.types = dict(types)
        self.columns = tuple(self.types)
        self.key = self.columns[:1]
        self.identity = FULL
        self.refused = False        # the refuse-list names the table itself

    @property
    def ignored(self):
        """Why rows of this table do not come in."""
        return "refused_table" if self.refused else "other_table"


def _party(name, entity, *types):
    return Table(PARTY, name, entity, types)


def _grid(name, entity, *types):
    return Table(GRID, name, entity, types)


PARTY_ORG = _party(
    "party_org", "post", ("po_id", INT), ("po_type", TEXT), ("po_code", TEXT), ("po_name", TEXT),
    ("po_chg_date", DATE), ("po_expire_date", DATE), ("po_mem_normal", SHORT), ("po_remark", TEXT))
KEY_FAMILY = _party(
    "party_key_family", "key_family", ("family_id", LONG), ("family_code", TEXT),
    ("holder_member_id", LONG), ("holder_name", TEXT), ("grid_code", TEXT), ("six_have", JSON),
    ("station_open", MICROTIME), ("station_close", TIME), ("contact_limit", SHORT),
    ("subsidy", DECIMAL), ("is_deleted", TEXT), ("modification_num", INT), ("established", DATE),
    ("intro", TEXT), ("crt_time", MILLIS), ("upd_time", ZONED))
KEY_FAMILY.identity = DEFAULT
FAMILY_LINK = _party(
    "party_family_link", "member", ("link_id", LONG), ("family_code", TEXT),
    ("party_member_id", LONG), ("confirmed_on", DATE), ("ended_on", DATE), ("is_deleted", TEXT),
    ("updated_at", ZONED))
HOUSEHOLD = _party(
    "sys_party_household", "contact", ("id", LONG), ("party_member_id", LONG),
    ("population_id", TEXT), ("household_name", TEXT), ("household_address", TEXT),
    ("grid_id", LONG), ("visit_count", INT), ("last_visit_date", DATE), ("created_at", MICROS),
    ("updated_at", MICROS))
VISIT = _party(
    "party_visit", "visit", ("visit_id", UUID), ("family_id", LONG), ("purpose", ENUM),
    ("visit_date", DATE), ("begin_time", TIME), ("end_time", TEXT), ("duration", LONG),
    ("household_count", INT), ("produced_matters", "array"), ("ok", "boolean"), ("ext", JSON),
    ("context", TEXT), ("updated_at", ZONED))
ACTIVITY = _party(
    "sys_volunteer_activity", "matter", ("id", INT), ("title", TEXT), ("description", TEXT),
    ("activity_date", MICROS), ("grid_id", LONG), ("max_participants", INT), ("status", TEXT),
    ("created_by", TEXT))
SIGNUP = _party(
    "sys_volunteer_signup", None, ("id", INT), ("activity_id", INT), ("user_id", LONG),
    ("status", TEXT), ("check_in_time", ZONED))
MEMBER = _party(
    "sys_party_member", None, ("id", LONG), ("user_id", LONG), ("member_code", TEXT),
    ("name", TEXT), ("party_status", ENUM), ("party_branch", TEXT), ("join_date", DATE),
    ("grid_id", LONG), ("id_card", TEXT), ("phone", TEXT), ("is_public", "boolean"),
    ("status", TEXT), ("created_at", MICROS), ("updated_at", ZONED))
MEETING = _party(
    "sys_party_meeting", None, ("id", LONG), ("meeting_type", TEXT), ("title", TEXT),
    ("meeting_date", MICROS), ("party_branch", TEXT), ("content", TEXT),
    ("participant_count", INT), ("status", TEXT))
ASSESSMENT = _party(
    "sys_party_assessment", None, ("id", LONG), ("party_member_id", LONG),
    ("assessment_month", TEXT), ("patrol_count", INT), ("mediation_count", INT),
    ("volunteer_hours", INT), ("meeting_attendance", INT), ("total_score", INT))
ASSESSMENT.refused = True
UNION_PAGE = _party(
    "party_union_page", None, ("userId", LONG), ("userName", TEXT), ("areaNames", TEXT))
HELP = _party(
    "help", None, ("id", LONG), ("helpObject", TEXT), ("helpObjectCard", TEXT),
    ("helperPartyId", LONG), ("helperName", TEXT), ("helperCard", TEXT), ("helpTime", MICROS))

AREA_GRID = _grid(
    "area_grid", "grid", ("id", "bigint(20)"), ("grid_code", "varchar(15)"),
    ("grid_name", "varchar(100)"), ("grid_level", "varchar(8)"), ("grid_parent", "bigint(20)"),
    ("grid_household", "int(11)"), ("grid_persons", "int(11)"), ("grid_areas", "decimal(20,6)"),
    ("map_pt", "point"), ("is_deleted", "char(1)"), ("grid_label", "varchar(120)"),
    ("crt_time", "datetime(3)"), ("upd_time", "timestamp"))
GRID_MEMBER = _grid(
    "area_grid_member", "grid_post", ("grid_id", "bigint(20)"), ("grid_member", "varchar(32)"),
    ("grid_role", "varchar(32)"), ("is_full_time", "tinyint(1)"), ("begin_date", "date"),
    ("end_date", "date"))
GRID_MEMBER.key = ("grid_id", "grid_member")
FLOW = _grid(
    "case_flow", "flow", ("case_id", "bigint(20)"), ("node", "varchar(32)"),
    ("direction", "varchar(32)"), ("opinion", "text"), ("operator", "varchar(32)"),
    ("op_time", "datetime"))
FLOW.key = ()
PATROL = _grid(
    "patrol_task", "patrol", ("id", "int(11)"), ("area_grid_id", "bigint(20)"),
    ("source_type", "int(11)"), ("patrol_code", "varchar(32)"), ("patrol_name", "varchar(64)"),
    ("content", "text"), ("status", "varchar(8)"), ("is_problem", "bit(1)"),
    ("patrol_date", "date"), ("cost", "decimal(6,3)"))
THING_LOG = _grid(
    "thing_log", "visit", ("id", "bigint(20)"), ("grid_code", "varchar(15)"), ("am_begin", "time"),
    ("am_end", "time"), ("falimy_count", "int(11)"), ("falimy_details", "text"),
    ("interview_auto", "int(11)"), ("interview_up", "int(11)"), ("log_type", "varchar(8)"),
    ("log_date", "date"))
REGISTER = _grid(
    "grid_register", None, ("code", "varchar(20)"), ("region_cd", "varchar(12)"),
    ("area_name", "varchar(64)"), ("name", "varchar(64)"), ("type", "char(1)"),
    ("population", "char(1)"), ("party_branch", "char(1)"), ("branch_type", "char(1)"),
    ("cover_type", "char(1)"), ("isDelete", "char(1)"), ("rowId", "varchar(36)"),
    ("modification_num", "int(11)"))

PARTY_TABLES = (PARTY_ORG, KEY_FAMILY, FAMILY_LINK, HOUSEHOLD, VISIT, ACTIVITY, SIGNUP, MEMBER,
                MEETING, ASSESSMENT, UNION_PAGE, HELP)
GRID_TABLES = (AREA_GRID, GRID_MEMBER, FLOW, PATROL, THING_LOG, REGISTER)
TASK, CASE = "sys_party_task", "case_info"


def topic(table):
    """The Kafka topic of a party table by its name."""
    return f"party.dj.{table}"
