"""The proof of a duty list agrees with brute force, and proves 10,000 rows in under 5 s.

10,000 random small lists (--short: 2,000) are proven and tried matter by matter; then a list of
10,000 rows over 1,000 categories is checked by `gridbridge check policy`, clean and with one fault
of each kind planted, which must be named at its line with a matter as counter-example.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

NEEDS = ()
SHORT_SECONDS = 30
LIMIT_SECONDS = 5.0
VILLAGES = [201, 202, 203, 204, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218]
HEAD = "hit_policy: [category, territory, network, role, urgency, priority, order]\nduties:\n"


def codes():
    return [f"{a}{b}{n:02d}" for a in "ABCDEFGHJK" for b in "ABCDEFGHJK" for n in range(10)]


def row(number, category, more=""):
    return (f"- {{id: R{number}, category: {category}, lead: grid_worker, basis_zh: 依据,"
            f" basis_en: b{more}}}\n")


def rows():
    """One row a category, and nine more, each for a village of its own."""
    number = 0
    for code in codes():
        yield row(number, code)
        number += 1
        for village in VILLAGES[:9]:
            yield row(number, code, f', territory: "320312111{village}"')
            number += 1


def write_bundle(folder, lines):
    """The example bundle with other categories, in files of under 1 MB."""
    source = pathlib.Path(os.environ["GB_ROOT"]) / "examples/tangzhang/policy"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    (folder / "writeback.yaml").unlink()  # its codes are of the example's categories
    names = "".join(f"  {c}: {{zh: 类, en: c, text: true}}\n" for c in codes())
    (folder / "categories.yaml").write_text("categories:\n" + names)
    crosswalk = (folder / "crosswalk.csv").read_text().splitlines()
    kept = [line for line in crosswalk if line.split(",")[1] != "category"]
    (folder / "crosswalk.csv").write_text("\n".join(kept) + "\n")
    (folder / "deadlines.yaml").write_text("contradiction_after: 72h\n")
    write_words(folder, HEAD + "".join(lines))
    size = 5000
    for at in range(0, len(lines), size):
        name = "duties.yaml" if at == 0 else f"duties-{at // size:02d}.yaml"
        head = HEAD if at == 0 else "duties:\n"
        (folder / name).write_text(head + "".join(lines[at:at + size]))


def write_words(folder, text):
    """The example's texts, with one for each row of this list in place of the example's rows."""
    before, _, after = (folder / "words.yaml").read_text(encoding="utf-8").partition("\nrules:\n")
    rest = re.search(r"^\S", after, re.MULTILINE)
    own = "".join(f"  {name}: {{zh: 依据, en: b}}\n"
                  for name in sorted(set(re.findall(r"id: (\w+)", text))))
    after = after[rest.start():] if rest else ""
    (folder / "words.yaml").write_text(f"{before}\nrules:\n{own}{after}", encoding="utf-8")


def check(folder):
    """Exit code, output and CPU seconds of check policy."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([os.environ["GB_BIN"], "check", "policy", folder], check=False,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.returncode, done.stdout, after.ru_utime - before.ru_utime


PLANTED = [
    ("gap", lambda lines: lines.pop(0), "gap: nobody leads a matter of AA00 at "),
    ("overlap", lambda lines: lines.append(row(99999, "AA00").replace("grid_worker",
                                                                      "key_family")),
     "overlap: row R99999 and row R0 (duties.yaml:3) name different leads for a matter of AA00"),
    ("shadowed", lambda lines: lines.append(row(99999, "AA00", ", priority: -1")),
     "shadowed: row R99999 never decides; a matter of AA00 at "),
    ("never", lambda lines: lines.append(row(99999, "AA00", ", network: party, role: grid_worker")),
     "row R99999 applies to no matter"),
    ("contradiction", lambda lines: lines.append(
        '- {id: R99999, category: AA00, territory: "320312111217", forbidden: [grid_worker],'
        " basis_zh: 依据, basis_en: b}\n"),
     "contradiction: row R0 gives the lead to a role that row R99999"),
]


def planted(folder):
    """Those faults that were not named."""
    missed = []
    for name, plant, words in PLANTED:
        lines = list(rows())
        plant(lines)
        write_bundle(folder, lines)
        code, output, _ = check(folder)
        if code != 78 or words not in output:
            missed.append(f"{name} (exit {code}): {output[:200]}")
    return missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    test = pathlib.Path(os.environ["GB_BUILD"]) / "tests/unit/unit_duty_proof"
    lists = "2000" if options.short else "10000"
    brute = subprocess.run([test], check=False, text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT,
                           env=dict(os.environ, GB_PROOF_LISTS=lists))
    for line in brute.stdout.splitlines():
        if line.startswith("lists="):
            print(line.replace(" ", "\n"))
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "bundle"
    lines = list(rows())
    write_bundle(folder, lines)
    code, output, seconds = check(folder)
    missed = planted(folder)
    print(f"rows={len(lines)}\nseconds_cpu={seconds:.2f}\nplanted={len(PLANTED)}")
    print(f"planted_missed={len(missed)}")
    wrong = missed
    if brute.returncode != 0:
        wrong.append(f"brute force disagrees: {brute.stdout[-300:]}")
    if code != 0:
        wrong.append(f"a clean list is refused: {output[:300]}")
    if seconds >= LIMIT_SECONDS:
        wrong.append(f"{seconds:.2f} s of CPU")
    for line in wrong:
        print(f"  {line}")
    if wrong:
        print(f"proof fails: {wrong[0].splitlines()[0]}")
        sys.exit(1)
    print("proof holds")


if __name__ == "__main__":
    main()
