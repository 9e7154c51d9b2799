#!/usr/bin/python3
"""Reads the tree and checks its rules; reads tests/tidy/bad and checks the rules themselves.

Prints TAP. Every rule is a test: it passes when it finds nothing in the tree. Every snippet of bad/
is a test: it passes when the rule that it is named after (up to the first dot) finds something in
it. Every snippet of good/ is a test: it passes when all rules are silent.
"""
import glob
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import rules_layers  # noqa: E402
import rules_shape  # noqa: E402
import rules_text  # noqa: E402
from source import read_snippet, read_tree  # noqa: E402

RULES = {r.__name__: r for m in (rules_layers, rules_shape, rules_text) for r in m.RULES}
SHOWN_MAX = 20


def say(number, name, problems):
    """One TAP line, and what was found as comments."""
    print(f"{'not ok' if problems else 'ok'} {number} - {name}")
    for problem in problems[:SHOWN_MAX]:
        print(f"# {problem}")
    if len(problems) > SHOWN_MAX:
        print(f"# ... and {len(problems) - SHOWN_MAX} more")
    return bool(problems)


def places(rule, tree):
    return [f"{path}:{line}: {message}" for path, line, message in rule(tree)]


def rule_results(tree):
    for name, rule in RULES.items():
        yield "rule." + name.replace("_", "-"), places(rule, tree)


def snippet_results():
    seen = set()
    for path in sorted(glob.glob(os.path.join(HERE, "bad", "*.txt"))):
        stem = os.path.basename(path)[:-4]
        name = stem.split(".")[0].replace("-", "_")
        seen.add(name)
        found = name in RULES and places(RULES[name], read_snippet(path))
        yield "bad." + stem, [] if found else [f"rule {name} stays silent on {stem}"]
    for name in RULES:
        if name not in seen:
            yield "bad." + name.replace("_", "-"), [f"rule {name} has no bad snippet"]
    for path in sorted(glob.glob(os.path.join(HERE, "good", "*.txt"))):
        tree = read_snippet(path)
        found = [f"{n}: {p}" for n, r in RULES.items() for p in places(r, tree)]
        yield "good." + os.path.basename(path)[:-4], found


def main():
    top = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(HERE, "..", "..")
    tree = read_tree(os.path.abspath(top))
    failed = number = 0
    for results in (rule_results(tree), snippet_results()):
        for name, problems in results:
            number += 1
            failed += say(number, name, problems)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
