"""What scripts/kafka and scripts/postgres share: one server process per folder, known by its pid.

The folder holds `port` (kept for a restart) and `pid` (pid and start time of the process, so that
a pid which the system gave to somebody else is never signalled).
"""
import os
import random
import signal
import socket
import subprocess
import sys
import time

EX_UNAVAILABLE = 69
EX_USAGE = 64
PORTS = range(21000, 32000)  # below what Linux hands out to outgoing connections


def talk(text):
    print(text, file=sys.stderr, flush=True)


def die(text, code=1):
    talk(text)
    sys.exit(code)


def default_dir(name):
    state = os.environ.get("XDG_STATE_HOME") or "/tmp"
    return os.path.join(state, f"gridbridge-{name}-{os.getuid()}")


def port_is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_port(besides=()):
    for port in random.sample(PORTS, 200):
        if port not in besides and port_is_free(port):
            return port
    die("no free port on 127.0.0.1", EX_UNAVAILABLE)


def stat_of(pid):
    """(state letter, parent, start time) of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            fields = f.read().rpartition(")")[2].split()
        return fields[0], int(fields[1]), int(fields[19])
    except (OSError, IndexError, ValueError):
        return None


def descendants(pid):
    """All living processes under a pid, nearest first."""
    children = {}
    for name in os.listdir("/proc"):
        stat = stat_of(name) if name.isdigit() else None
        if stat:
            children.setdefault(stat[1], []).append(int(name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(0), [])
        found += below
        todo += below
    return found


class Server:
    """The process whose pid and port stand in a folder."""

    def __init__(self, name, folder):
        self.name = name
        self.dir = os.path.abspath(folder)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def read(self, name):
        try:
            with open(self.path(name), encoding="utf-8") as f:
                return f.read().split()
        except OSError:
            return []

    def write(self, name, text):
        temporary = self.path(name + ".new")
        with open(temporary, "w", encoding="utf-8") as f:
            f.write(text + "\n")
        os.replace(temporary, self.path(name))

    def ports(self):
        return [int(p) for p in self.read("port")]

    def pid(self):
        """The pid if the process that was started here still lives, else None."""
        words = self.read("pid")
        if len(words) != 2:
            return None
        stat = stat_of(words[0])
        return int(words[0]) if stat and stat[0] != "Z" and stat[2] == int(words[1]) else None

    def is_paused(self):
        pid = self.pid()
        stat = stat_of(pid) if pid else None
        return bool(stat) and stat[0] == "T"

    def choose_ports(self, wanted, count):
        """The ports of the folder; the first start chooses them."""
        ports = self.ports()
        if ports and wanted and ports[0] != wanted:
            die(f"{self.dir} has port {ports[0]}, not {wanted}", EX_USAGE)
        if not ports:
            ports = [wanted] if wanted else []
            while len(ports) < count:
                ports.append(free_port(ports))
            self.write("port", " ".join(map(str, ports)))
        for port in ports:
            if not port_is_free(port):
                die(f"port {port} is taken by another process", EX_UNAVAILABLE)
        return ports

    def launch(self, command, user=None, env=None):
        """Starts the process in a session of its own; its words go to <name>.log."""
        extra = {"user": user, "group": user, "extra_groups": []} if user else {}
        with open(self.path(self.name + ".log"), "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       cwd=self.dir, env=env, start_new_session=True, **extra)
        self.write("pid", f"{process.pid} {stat_of(process.pid)[2]}")
        return process

    def wait_ready(self, process, is_ready, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            if is_ready():
                return
            time.sleep(0.05)
        why = "took too long" if process.poll() is None else f"ended with {process.returncode}"
        self.show_log()
        if process.poll() is None:
            self.end(signal.SIGKILL)
        die(f"{self.name} did not become ready: it {why}; see {self.path(self.name + '.log')}",
            EX_UNAVAILABLE)

    def show_log(self, lines=15):
        try:
            with open(self.path(self.name + ".log"), encoding="utf-8", errors="replace") as f:
                talk("".join(f.readlines()[-lines:]).rstrip())
        except OSError:
            pass

    def gone(self, pids, seconds):
        """Waits until none of the pids lives."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not any((stat_of(p) or "Z")[0] != "Z" for p in pids):
                return True
            time.sleep(0.02)
        return False

    def end(self, first):
        """Sends a signal, waits 10 s, then kills; with SIGKILL its children go too."""
        pid = self.pid()
        if pid is None:
            talk(f"{self.name} is not running in {self.dir}")
            return
        family = [pid] + descendants(pid)
        if first != signal.SIGKILL:
            self.signal(signal.SIGCONT)
            os.kill(pid, first)
            if self.gone(family, 10):
                family = []
            else:
                talk(f"{self.name} did not stop within 10 s and is killed")
        for p in family:
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not self.gone(family, 10):
            die(f"{self.name} ({pid}) cannot be ended")
        try:
            os.unlink(self.path("pid"))
        except FileNotFoundError:
            pass
        talk(f"{self.name} ended (pid {pid})")

    def signal(self, number):
        pid = self.pid()
        if pid is None:
            die(f"{self.name} is not running in {self.dir}")
        for p in [pid] + descendants(pid):
            try:
                os.kill(p, number)
            except ProcessLookupError:
                pass

    def status(self, address):
        pid = self.pid()
        if pid is None:
            print(f"stopped dir={self.dir}")
            return 1
        print(f"{'paused' if self.is_paused() else 'running'} pid={pid} dir={self.dir} {address}")
        return 0
