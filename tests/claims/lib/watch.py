"""What a running process costs and says, from /proc and its log."""
import collections
import os
import pathlib
import re
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process with all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def cpu_percent(pid, seconds):
    """Of one core, over the next seconds."""
    begin, before = time.monotonic(), cpu_seconds(pid)
    time.sleep(seconds)
    return 100 * (cpu_seconds(pid) - before) / (time.monotonic() - begin)


def busy_percent(seconds=2):
    """The negative control of cpu_percent: a process that spins."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        return cpu_percent(spinning.pid, seconds)
    finally:
        spinning.kill()
        spinning.wait()


def repeated(log):
    """(how often, words) of the log line that comes most often; digits do not tell lines apart."""
    lines = collections.Counter(re.sub(r"\d+", "#", line) for line in log.splitlines())
    return max(((count, words) for words, count in lines.items()), default=(0, ""))
