"""The real servers for integration tests and claims: scripts/kafka and scripts/postgres as objects.

    with Kafka("k1") as kafka, Postgres("p1") as postgres:
        kafka.bootstrap, postgres.dsn
        kafka.kill(); kafka.start()

A name is a folder of this run's scratch space (GB_SCRATCH); an absolute path is taken as it is.
Whatever still runs in the scratch space when the run is over is killed by the runner.
"""
import os
import subprocess
import tempfile
import time

ROOT = os.environ.get("GB_ROOT") or os.path.abspath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def scratch():
    """The run's scratch folder; user postgres may enter it."""
    if "GB_SCRATCH" not in os.environ:
        os.environ["GB_SCRATCH"] = tempfile.mkdtemp(prefix="gridbridge-")
        os.chmod(os.environ["GB_SCRATCH"], 0o755)
    return os.environ["GB_SCRATCH"]


class RealServer:
    """One server in one folder."""
    script = ""

    def __init__(self, name=None, **settings):
        self.dir = os.path.join(scratch(), name or self.script)
        self.settings = [f"--set={k.replace('__', '.')}={v}" for k, v in settings.items()]
        self.address = None

    def run(self, what, *arguments, check=True):
        command = [os.path.join(ROOT, "scripts", self.script), what, "--dir", self.dir, *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
        return done

    def start(self):
        """Starts it, or starts it again with the same data and address."""
        out = self.run("start", *self.settings).stdout
        self.settings = []
        self.address = out.strip().partition("=")[2]
        return self

    def start_again(self):
        """After a kill; the port may be held for a moment by a client's connection attempt."""
        for attempt in range(20):
            try:
                return self.start()
            except RuntimeError as error:
                if "is taken" not in str(error) or attempt == 19:
                    raise
                time.sleep(0.5)
        return self

    def stop(self):
        self.run("stop")

    def kill(self):
        self.run("kill")

    def pause(self):
        self.run("pause")

    def resume(self):
        self.run("resume")

    def is_running(self):
        return self.run("status", check=False).returncode == 0

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Kafka(RealServer):
    """`Kafka("name", log__retention__ms=1000)`: two underscores are a dot."""
    script = "kafka"

    @property
    def bootstrap(self):
        return self.address


class Postgres(RealServer):
    script = "postgres"

    @property
    def dsn(self):
        return self.address
