"""The README's two commands work in a new Debian 12, from nothing to the demo's books.

debootstrap makes a minimal system in a folder; a clone of this tree goes into it and nothing else
but what lets it reach the registries that this machine reaches: apt's settings, resolv.conf, hosts,
certificates, maven's settings, proxy variables, copied at run time. Then `scripts/demo` and
`scripts/test`, as they stand in the README (--only STAGES: the tests of some stages). Needs root
and debootstrap. Negative control: where apt may not install cmake the same demo fails.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(os.environ["GB_ROOT"])
NEEDS = ()
SHORT_SECONDS = None  # a quarter of an hour: scripts/prove fresh
TREE = "/srv/gridbridge"
SETTINGS = ("etc/apt/sources.list", "etc/apt/sources.list.d", "etc/apt/apt.conf.d",
            "etc/apt/preferences.d", "etc/apt/auth.conf.d", "etc/apt/trusted.gpg.d",
            "etc/apt/keyrings", "etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt",
            "usr/local/share/ca-certificates", "root/.m2/settings.xml")
VARIABLES = re.compile(r"(?i)^(https?_proxy|no_proxy|all_proxy|ftp_proxy|maven_opts|"
                       r"java_tool_options|ssl_cert_file|curl_ca_bundle)$")
# Its own mounts end with the process and are seen by nobody else, so that no clean-up of the folder
# can ever reach the machine's /dev.
ENTER = """
set -e
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t devpts devpts "$1/dev/pts" 2>/dev/null || true
mount -t tmpfs tmpfs "$1/tmp"
chmod 1777 "$1/tmp"
root=$1; shift
exec chroot "$root" "$@"
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def copy_settings(system):
    for name in SETTINGS:
        source, target = pathlib.Path("/") / name, system / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, symlinks=False)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    kept = pathlib.Path("/etc/maven/settings.xml")
    mine = system / "root/.m2/settings.xml"
    if kept.exists() and not mine.exists():
        mine.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kept, mine)
    for name in (system / "etc/apt/apt.conf.d").glob("docker-*"):
        name.unlink()  # they make apt throw away what it has fetched


def mirror():
    """Where this machine's apt takes Debian itself from."""
    files = [pathlib.Path("/etc/apt/sources.list"),
             *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    text = "\n".join(f.read_text(encoding="utf-8") for f in files if f.exists())
    found = re.findall(r"^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+)", text, re.M)
    for uri in found:
        if uri.rstrip("/").endswith("/debian"):
            return uri
    raise RuntimeError(f"no URI of Debian in /etc/apt: {found}")


def make_system(system):
    say("fresh: debootstrap makes a minimal Debian 12")
    subprocess.run(["nice", "debootstrap", "--variant=minbase", "bookworm", str(system), mirror()],
                   check=True, stdout=subprocess.DEVNULL, timeout=1200)
    copy_settings(system)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), f"{system}{TREE}"],
                   check=True)


def enter(system, command, log, seconds):
    """Runs a command within the system; (exit code, seconds, output)."""
    environment = {k: v for k, v in os.environ.items() if VARIABLES.match(k)}
    environment.update(HOME="/root", LANG="C.UTF-8", TERM="dumb",
                       PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    begin = time.monotonic()
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter",
             str(system), "sh", "-c", f"cd {TREE} && exec {command}"], env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, timeout=seconds)
    return (done.returncode, round(time.monotonic() - begin),
            pathlib.Path(log).read_text(encoding="utf-8", errors="replace"))


def tail(text, lines=15):
    return "\n".join(text.splitlines()[-lines:])


def run(options, folder):
    system, figures, wrong = folder / "system", {}, []
    folder.mkdir(parents=True)
    begin = time.monotonic()
    make_system(system)
    figures["seconds_debootstrap"] = round(time.monotonic() - begin)
    # The control: a policy that forbids apt to install what builds the tree.
    pin = system / "etc/apt/preferences.d/control"
    pin.write_text("Package: cmake\nPin: release *\nPin-Priority: -1\n", encoding="utf-8")
    code, _, text = enter(system, "scripts/demo", folder / "control.log", 3600)
    if code == 0 or "cmake" not in text:
        wrong.append(f"negative control: without cmake the demo ended with {code}:\n{tail(text)}")
    pin.unlink()
    say("fresh: scripts/demo")
    code, figures["seconds_demo"], text = enter(system, "scripts/demo", folder / "demo.log", 5400)
    books = [line for line in text.splitlines() if line.rstrip().endswith("balanced")
             and "NOT BALANCED" not in line]
    figures["books_balanced"] = len(books)
    if code != 0 or len(books) < 2 or "identical" not in text:
        wrong.append(f"scripts/demo ended with {code}:\n{tail(text)}")
        return figures, wrong
    command = "scripts/test" + (f" --only {options.only}" if options.only else "")
    say(f"fresh: {command}")
    code, figures["seconds_test"], text = enter(system, command, folder / "test.log", 7200)
    verdict = re.findall(r"^(\d+) passed, (\d+) failed", text, re.M)
    figures["passed"], figures["failed"] = map(int, verdict[-1]) if verdict else (0, -1)
    if code != 0 or figures["failed"] != 0 or figures["passed"] == 0:
        failed = "\n".join(x for x in text.splitlines() if x.startswith("FAIL"))
        wrong.append(f"{command} ended with {code}:\n{failed}\n{tail(text)}")
    return figures, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", help="stages of scripts/test; all by default")
    parser.add_argument("--keep-logs", metavar="DIR", help="copies the logs there")
    options = parser.parse_args()
    if os.getuid() != 0 or shutil.which("debootstrap") is None:
        print("fresh fails: needs root and debootstrap (apt-get install debootstrap)")
        sys.exit(1)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "fresh"
    try:
        figures, wrong = run(options, folder)
    finally:
        for log in folder.glob("*.log") if options.keep_logs else ():
            shutil.copy(log, options.keep_logs)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    print(f"wrong={len(wrong)}")
    for line in wrong:
        print(f"  {line}")
    if wrong:
        print(f"fresh fails: {wrong[0].splitlines()[0]}")
        sys.exit(1)
    print("fresh holds")


if __name__ == "__main__":
    main()
