"""Write-backs reach both departments once, their echoes are silent, and all agree in the end.

1,000 matters (--count; --short: 40), each typed in one of two live department systems
(examples/department) with a seeded course of its own: edits of the leader and of the other side, in
the same field and in others, before and after the write-back; closing, reopening, handing back;
the second entry typed by hand all the same; answers late, twice or never; refusals; messages taken
twice; a system away until what it was told has expired; the bridge killed and started again. Before
that, in shadow mode, nothing is sent, and what was due is counted. An independent checker
(lib/echo_check.py) reads topics, ledgers, tables and the departments' own logs: no ping-pong,
nothing of a source's authority overwritten, one row and one matter for each creation, no overlap
and no write-back from an echo, agreement or a reason, entries saved. Replay is identical.
Negative control, without --short: a build that forgets what it told must be found to bounce; the
checker's own controls are tests/integration/test_echo_check.py. Left out unless --hand-peer: a row
typed by hand that names its peer before the system has answered; the bridge takes it for the
counterpart and counts an entry as saved that was not.
"""
import argparse
import os
import pathlib
import re
import sys
import time

import bridge
import daemon
import echo_check
import echo_play
import echo_read
import patched
import reader
from echo_check import GRID, PARTY
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 110
LANES = 2
EXPIRES = 12  # seconds: the bundle's day, made short
# What the control's bridge has forgotten: what it told a row (writeback_wish.c).
FORGETS = ("src/core/writeback_wish.c", "    struct gb_wish untold = *wish;\n",
           "    struct gb_wish untold = *wish;\n    if (told != NULL) {\n        return untold;\n"
           "    }\n")


class Town(daemon.Place):
    """A bridge whose sources are in shadow or live."""
    mode = "shadow"

    def configuration(self, name, more=()):
        text = super().configuration(name, more)
        return text.replace("lookups: lookups}", f"lookups: lookups, mode: {self.mode}}}")

    def shorten(self):
        """The bundle's write-backs expire within the run."""
        path = self.folder / "policy" / "writeback.yaml"
        text, count = re.subn(r"(?m)^expires_after: \S+", f"expires_after: {EXPIRES}s",
                              path.read_text(encoding="utf-8"))
        if count != 1:
            raise RuntimeError("writeback.yaml has no expires_after")
        path.write_text(text, encoding="utf-8")

    def is_quiet(self):
        return self.is_intake_done() and sum(self.left(self.ends("gb.intake")).values()) == 0

    def unanswered(self):
        """Write-backs whose last word is that they were sent."""
        (count,), = self.ask("SELECT count(*) FROM observation"
                             " WHERE row LIKE '%%\"state\":\"sent\"%%'")
        return count


def run_until_quiet(place, play, departments, instance, seconds):
    """Turns the play and the connectors until nothing moves any more; False if it never ends."""
    until, still, look = time.monotonic() + seconds, 0, 0.0
    while still < 4:
        moved = play.turn()
        if time.monotonic() > until:
            bridge.progress(f"echo: not quiet after {seconds:.0f} s: {len(play.queue)} acts left,"
                            f" {place.unanswered()} unanswered, {instance.log_path}")
            return False
        if moved or not play.is_done() or any(d.connector.late for d in departments.values()):
            still = 0
        elif time.monotonic() > look:
            look = time.monotonic() + 1
            still = still + 1 if place.is_quiet() and place.unanswered() == 0 else 0
    return True


def go_away(departments, play, seconds):
    """A department is away for longer than its write-backs hold, the other one for a moment."""
    party, grid = departments[PARTY], departments[GRID]
    at = time.monotonic()
    for department, begin, length in ((party, 0.25, 4), (grid, 0.45, EXPIRES + 6)):
        department.pause = (at + begin * seconds, length)
    turn = play.turn

    def turn_with_pauses():
        for department in departments.values():
            pause = getattr(department, "pause", None)
            if pause and time.monotonic() > pause[0]:
                department.away_until, department.pause = time.monotonic() + pause[1], None
        return turn()
    play.turn = turn_with_pauses


def shadow_part(place, departments, options, wrong):
    """Everything is computed, nothing is sent."""
    count = max(8, options.count // 20)
    play = echo_play.Play(departments, options.seed, 0, count, 2)
    place.mode = "shadow"
    with place.run("shadow", binary=options.binary) as instance:
        if not run_until_quiet(place, play, departments, instance, 180):
            wrong.append("in shadow mode it never was quiet")
        instance.stop()
    told = echo_read.read_told(place.kafka.bootstrap, (PARTY, GRID), wrong)
    counts = echo_read.counts_of(place)
    matters = reader.follow(place.kafka.bootstrap, seconds=120).state["matter"]
    shown = [entry["state"] for value in matters.values() for entry in value.get("writebacks", ())]
    if told:
        wrong.append(f"in shadow mode {len(told)} write-backs were sent")
    if not shown or set(shown) != {"suppressed"}:
        wrong.append(f"in shadow mode matters show {sorted(set(shown))}")
    if counts["suppressed"] < len(shown) or counts["sent"] != 0:
        wrong.append(f"in shadow mode {counts}, {len(shown)} shown")
    return count, len(shown)


def live_part(place, departments, options, first, wrong):
    seconds = max(8, options.count / 9)
    play = echo_play.Play(departments, options.seed, first, options.count, seconds)
    go_away(departments, play, seconds)
    place.mode = "live"
    instance = place.run("live", binary=options.binary)
    try:
        killed_at = time.monotonic() + seconds / 2
        while time.monotonic() < killed_at:
            play.turn()
        instance.kill()
        instance = place.run("again", binary=options.binary)
        if not run_until_quiet(place, play, departments, instance, seconds + options.patience):
            wrong.append("it never was quiet")
        code = instance.stop()
    finally:
        instance.kill()
    if code != 0:
        wrong.append(f"the daemon ended with {code}")
    return play


def check_books(place):
    """Everything that came in is accounted for, of sources and of answers alike."""
    words = ("applied", "unchanged", "refused", "dead", "ignored")
    rows = place.ask(f"SELECT source, sum(received), {', '.join(f'sum({w})' for w in words)}"
                     " FROM book_v GROUP BY source")
    wrong = [f"books of {source}: received {received}, told {list(map(int, told))}"
             for source, received, *told in rows if received != sum(told)]
    missing = {PARTY, GRID, "writeback"} - {row[0] for row in rows}
    return wrong + [f"books of {source}: there are none" for source in sorted(missing)]


def prove(options, folder, name):
    with Kafka(f"{name}-kafka") as kafka, Postgres(f"{name}-postgres") as postgres, \
            Postgres(f"{name}-departments") as own:
        return prove_on(options, folder, kafka, (postgres.dsn, own.dsn))


def prove_on(options, folder, kafka, dsns):
    wrong = []
    bridge.generate(folder, 1, 2)
    place = Town(folder, kafka, dsns[0], LANES)
    place.shorten()
    place.set_up()
    echo_play.create_topics(kafka.bootstrap)
    departments = echo_play.departments_of(folder, kafka.bootstrap, dsns[1], options.seed)
    if options.hand_peer:
        echo_play.ACTS.append(("hand_peer", "hand", 3))
    first, suppressed = 0, 0
    if not options.is_control:
        first, suppressed = shadow_part(place, departments, options, wrong)
    play = live_part(place, departments, options, first, wrong)
    history, result, faults = echo_read.read_history(place, departments)
    judged, figures = echo_check.judge(history, set(echo_play.CATEGORIES))
    wrong += faults + judged + check_books(place) + bridge.replay_identical(place, LANES)
    figures |= {"matters_played": first + options.count, "suppressed_in_shadow": suppressed}
    figures |= {f"lanes_{word}": n for word, n in sorted(echo_read.counts_of(place).items())}
    for source, department in departments.items():
        figures |= {f"{source}_{word}": n for word, n in department.whims.done.items()}
        department.close()
    figures |= {f"play_{word}": n for word, n in play.done.items()}
    return wrong, figures, history


def enough(figures, is_short):
    """A run in which something did not happen proves nothing of it; a short one has few of some."""
    wanted = ["told_create", "told_update", "told_reassign", "accepted", "refused", "echoes",
              "saved", "suppressed_in_shadow", "play_foreign"]
    if not is_short:
        wanted += ["told_close_duplicate", "sent_again", "play_hand"]
    return [f"the run had no {word}" for word in wanted if not figures[word]]


def control(options, folder):
    """A bridge that forgets what it told must be found to bounce."""
    binary = patched.build(folder / "src", *FORGETS)
    small = argparse.Namespace(**{**vars(options), "count": 30, "binary": binary,
                                  "patience": 20, "is_control": True})
    wrong, _, _ = prove(small, folder / "town", "echo-control")
    return [line for line in wrong if line.startswith("ping-pong")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", default="20261125")
    parser.add_argument("--hand-peer", action="store_true",
                        help="officers type a second row that names its peer, too")
    parser.add_argument("--no-control", action="store_true")
    options = parser.parse_args()
    options.count = options.count or (40 if options.short else 1000)
    options.binary, options.patience, options.is_control = None, 240, False
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "echo"
    wrong, figures, _ = prove(options, folder / "town", "echo")
    wrong += enough(figures, options.short)
    for name, value in figures.items():
        print(f"{name}={value}")
    if not (options.short or options.no_control):
        bounces = control(options, folder / "control")
        print(f"control_bounces={len(bounces)}")
        if not bounces:
            wrong.append("negative control: a bridge without memory was not found to bounce")
    print(f"wrong={len(wrong)}")
    for line in wrong[:40]:
        print(f"  {line}")
    if wrong:
        print(f"echo fails: {wrong[0]}")
        sys.exit(1)
    print("echo holds")


if __name__ == "__main__":
    main()
