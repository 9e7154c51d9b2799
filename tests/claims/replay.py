"""Replay of a town's ledger is identical, and a changed byte in a chunk is named.

--short: 1 day. Negative control: one byte of one ledger body is changed behind the triggers' back.
"""
import argparse
import os
import pathlib
import subprocess
import sys

import bridge
import psycopg2
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 45


def replay(dsn):
    done = subprocess.run([os.environ["GB_BIN"], "replay", "--postgres", dsn], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout


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
        drive = bridge.Drive(folder, kafka, postgres, 2)
        try:
            drive.run_until_settled(120)
        finally:
            drive.stop()
        code, text = replay(postgres.dsn)
        print(f"identical={int(code == 0 and 'identical' in text)}")
        if code != 0 or "identical" not in text:
            print(text)
            print("replay fails: the undisturbed ledger is not identical")
            sys.exit(1)
        lane, first, last = flip_one_byte(postgres.dsn)
        code, text = replay(postgres.dsn)
        named = [line for line in text.splitlines() if "differ" in line or "leaf" in line]
        print(f"changed_chunk={lane}:{first}-{last}")
        print(f"found={int(code != 0)}")
        for line in named[:3]:
            print(f"  {line}")
        if code == 0:
            print("replay fails: a changed byte was not found")
            sys.exit(1)
    print("replay holds")


if __name__ == "__main__":
    main()
