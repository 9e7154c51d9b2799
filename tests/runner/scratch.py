"""A run's scratch folder, and the end of every server that was left running in it."""
import glob
import os
import shutil
import signal
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

from server import Server  # noqa: E402


class Scratch:
    """`with Scratch() as s:` s.folder is gone afterwards, and so are its servers."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gridbridge-")
        os.chmod(self.folder, 0o755)  # user postgres enters it
        return self

    def end_servers(self):
        """Kills what scripts/kafka or scripts/postgres started below it and nobody ended."""
        for depth in ("*", "*/*"):
            for pid_file in glob.glob(os.path.join(self.folder, depth, "pid")):
                server = Server("a server left by a test", os.path.dirname(pid_file))
                if server.pid():
                    server.end(signal.SIGKILL)

    def __exit__(self, *_):
        self.end_servers()
        shutil.rmtree(self.folder, ignore_errors=True)
