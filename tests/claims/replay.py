"""Replay of a town's ledger is identical, and a changed byte in a chunk is named.

--short: 1 day. Negative control: one byte of one ledger body is changed behind the triggers' back.
"""
import argparse
import os
import pathlib
import sys

import bridge
import psycopg2
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 45


LANES = 2


def flip_one_byte(dsn):
    """Changes a digit of a middle ledger line; the superuser of a private cluster may."""
    with psycopg2.connect(dsn, options="-c search_path=gridbridge") as connection:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_chunk DISABLE TRIGGER ALL")
            cursor.execute(
                "UPDATE ledger_chunk SET body = overlay(body placing 'x' from"
                ' position(\'"offset":\' in body) + 2) WHERE (lane, from_index) ='
                " (SELECT lane, from_index FROM ledger_chunk ORDER BY octet_length(leaves) DESC"
                "  LIMIT 1) RETURNING lane, from_index, to_index")
            return cursor.fetchone()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "replay"
    bridge.generate(folder, 1 if options.short else 3, 1)
    with Kafka("replay-kafka") as kafka, Postgres("replay-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        drive = bridge.Drive(folder, kafka, postgres, LANES)
        try:
            drive.run_until_settled(120)
        finally:
            drive.stop()
        wrong = bridge.replay_identical(postgres, LANES)
        print(f"identical={int(not wrong)}")
        if wrong:
            print(f"replay fails: {wrong[0]}")
            sys.exit(1)
        lane, first, last = flip_one_byte(postgres.dsn)
        wrong = bridge.replay_identical(postgres, LANES)
        print(f"changed_chunk={lane}:{first}-{last}")
        print(f"found={len(wrong)}")
        for line in wrong:
            print(f"  {line}")
        if not any(f"lane {lane} differs" in line for line in wrong):
            print("replay fails: a changed byte was not found")
            sys.exit(1)
    print("replay holds")


if __name__ == "__main__":
    main()
