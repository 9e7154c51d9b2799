"""One generated day on the shared servers, for all tests that run the program: fixture `town`."""
import json
import os
import sys

import psycopg2
from gb_daemon import Daemon
from gb_servers import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "claims", "lib"))
os.environ.setdefault("GB_ROOT", ROOT)

import bridge  # noqa: E402

LANES = 2


class Town:
    """Servers with one generated day in the source topics; each test has its own database, topic
    prefix and bridge."""

    def __init__(self, kafka, postgres, folder):
        self.kafka, self.postgres, self.folder = kafka, postgres, folder
        bridge.generate(folder, 1, 1)
        bridge.load(folder, kafka.bootstrap)
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        self.records = sum(c["intake_records"] for c in truth["counts"].values())

    def superuser(self, name, statement):
        dsn = self.dsn(name).replace("gridbridge@", "postgres@")
        with psycopg2.connect(dsn, options="-c search_path=gridbridge") as pg:
            with pg.cursor() as cursor:
                cursor.execute(statement)

    def dsn(self, name):
        return self.postgres.dsn.rpartition("/")[0] + "/" + name

    def daemon(self, name, more="", bridge_more="", fresh=True):
        """A daemon with a database (fresh: made now), bridge and topic prefix called name."""
        if fresh:
            pg = psycopg2.connect(self.postgres.dsn.replace("gridbridge@", "postgres@"))
            pg.autocommit = True
            pg.cursor().execute(f"CREATE DATABASE {name} OWNER gridbridge")
            pg.close()
        return Daemon(self.folder, self.kafka.bootstrap, self.dsn(name), LANES, name=name, more=(
            f"bridge: {{id: {name}{bridge_more}}}\n"
            f"kafka: {{bootstrap: '{self.kafka.bootstrap}', topic_prefix: {name}.}}\n{more}"))
