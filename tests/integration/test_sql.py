"""The migrations on a real PostgreSQL: applied twice, append-only, views, and the fence."""
import pathlib

import psycopg
import pytest

SQL = pathlib.Path(__file__).resolve().parents[2] / "schemas" / "sql"
LEDGER = ("INSERT INTO ledger_chunk (lane, epoch, from_offset, to_offset, from_index, to_index,"
          " body, leaves, core_semantics) VALUES (%s, 1, 5, 7, 0, 2, E'{\"a\":1}\\n{\"b\":2}\\n',"
          " decode(repeat('ab', 32) || repeat('cd', 32), 'hex'), 1)")
OUTBOX = ("INSERT INTO outbox_chunk (lane, from_index, to_index, body, hashes, seqs_before,"
          " seqs_after) VALUES (%s, 0, 2, '{\"headers\":[],\"key\":\"k\",\"pos\":\"1:0:0\","
          "\"seq\":1,\"topic\":\"matter\",\"value\":null}',"
          " decode(repeat('ab', 32), 'hex'), '{0}', '{1}')")


def connect(dsn):
    return psycopg.connect(dsn, options="-c search_path=gridbridge")


@pytest.fixture(scope="module")
def dsn(postgres):
    for path in sorted(SQL.glob("0*.sql")):
        for _ in range(2):  # each may be applied twice before the next
            with psycopg.connect(postgres.dsn) as pg:
                pg.execute(path.read_text(encoding="utf-8"))
    return postgres.dsn


@pytest.fixture
def pg(dsn):
    """A connection whose work is rolled back."""
    with connect(dsn) as connection:
        yield connection
        connection.rollback()


CHANGES = ["UPDATE ledger_chunk SET body = 'x'", "DELETE FROM ledger_chunk",
           "TRUNCATE ledger_chunk", "UPDATE outbox_chunk SET body = 'x'",
           "UPDATE outbox_chunk SET body = NULL, hashes = ''", "DELETE FROM outbox_chunk",
           "TRUNCATE outbox_chunk", "TRUNCATE decision", "TRUNCATE access_log"]


@pytest.mark.parametrize("role", ["owner", "writer"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_past_cannot_be_changed(pg, role, change):
    pg.execute(LEDGER, [1])
    pg.execute(OUTBOX, [1])
    if role == "writer":
        pg.execute("GRANT gridbridge_writer TO CURRENT_USER")
    pg.execute(f"SET LOCAL ROLE gridbridge_{role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        pg.execute(change)


def test_only_published_bodies_are_purged(pg):
    pg.execute("INSERT INTO lane (lane) VALUES (1)")
    pg.execute(OUTBOX, [1])
    assert pg.execute("SELECT purge_outbox(1, 2)").fetchone() == (0,)
    pg.execute("UPDATE lane SET floor_index = 2 WHERE lane = 1")
    assert pg.execute("SELECT purge_outbox(1, 2)").fetchone() == (1,)
    assert pg.execute("SELECT body, length(hashes) FROM outbox_chunk").fetchall() == [(None, 32)]


def test_text_is_erased(pg):
    pg.execute("INSERT INTO text_chunk VALUES (1, 0, 'x')")
    assert pg.execute("SELECT erase_text(1, 0)").fetchone() == (1,)
    assert pg.execute("SELECT body FROM text_chunk").fetchall() == [(None,)]


def test_views_unfold(pg):
    pg.execute(LEDGER, [1])
    pg.execute(OUTBOX, [1])
    assert pg.execute("SELECT index, \"offset\", line, left(leaf, 2) FROM ledger_line").fetchall() \
        == [(0, 5, '{"a":1}', "ab"), (1, 6, '{"b":2}', "cd")]
    assert pg.execute("SELECT topic, seq, value FROM outbox_line").fetchall() \
        == [("matter", 1, None)]
    pg.execute("INSERT INTO matter (lane, key, row) VALUES (1, 'm', %s)",
               ['{"link_level":1,"opened_at":1000,"value":{"category":"MS02"}}'])
    assert pg.execute("SELECT category, extract(epoch FROM opened_at)::int FROM matter_v"
                      ).fetchall() == [("MS02", 1)]


def test_what_falls_due_and_who_refused(pg):
    pg.execute("INSERT INTO matter (lane, key, row) VALUES (1, 'm', %s), (1, 'n', %s)", [
        '{"due_next":4000,"value":{"due":{"extended_until":3000,"extensions":2,"handle_at":3000,'
        '"rule":"L03"},"urged":1}}', '{"value":{"state":"VOID"}}'])
    pg.execute("INSERT INTO overlap (lane, key, matter, row) VALUES (1, 'o', 'm', %s)",
               ['{"kind":"overdue","state":"open"}'])
    assert pg.execute("SELECT matter, rule, extract(epoch FROM handle_at)::int, extensions, urged,"
                      " supervised, extract(epoch FROM next_at)::int, is_overdue FROM due_v"
                      " ORDER BY matter").fetchall() \
        == [("m", "L03", 3, 2, 1, 0, 4, True), ("n", None, None, 0, 0, 0, None, False)]
    pg.execute("INSERT INTO observation (lane, key, matter, row) VALUES (1, 's/matter/1', 'm', %s)",
               ['{"source":"s","returned":{"refusals":[{"at":1000,"why":"9"}],"returns":4}}'])
    assert pg.execute("SELECT report, source, returns, extract(epoch FROM at)::int, why"
                      " FROM return_v").fetchall() == [("s/matter/1", "s", 4, 1, "9")]


FENCE = ("WITH u AS (UPDATE lane SET next_offset = 20 WHERE lane = 9 AND epoch = 7"
         " AND next_offset = 10 RETURNING 1) SELECT 1 / count(*) FROM u")
PLAIN = "UPDATE lane SET next_offset = 20 WHERE lane = 9 AND epoch = 7 AND next_offset = 10"


def zombie(pg, lane, fence):
    """A pipeline of an owner whose epoch is over; true if its chunk came in."""
    pg.execute("INSERT INTO lane (lane, epoch, next_offset) VALUES (9, 8, 10)"
               " ON CONFLICT (lane) DO UPDATE SET epoch = 8, next_offset = 10")
    pg.commit()
    try:
        with pg.pipeline():
            pg.execute(fence)
            pg.execute(LEDGER, [lane])
            pg.execute("COMMIT")
    except psycopg.errors.DivisionByZero:
        pg.rollback()
    count = "SELECT count(*) FROM ledger_chunk WHERE lane = %s"
    return pg.execute(count, [lane]).fetchone() == (1,)


def test_the_fence_keeps_a_zombie_out(new_postgres_dsn):
    with connect(new_postgres_dsn) as pg:
        assert not zombie(pg, 90, FENCE)
        assert zombie(pg, 91, PLAIN), "negative control: without division the chunk comes in"
        pg.rollback()
        pg.execute("UPDATE lane SET epoch = 7 WHERE lane = 9")
        assert pg.execute(FENCE).fetchone() == (1,)


@pytest.fixture
def new_postgres_dsn(new_postgres):
    dsn = new_postgres("postgres-fence").dsn
    for path in sorted(SQL.glob("0*.sql")):
        with psycopg.connect(dsn) as pg:
            pg.execute(path.read_text(encoding="utf-8"))
    return dsn
