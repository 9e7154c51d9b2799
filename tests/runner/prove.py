#!/usr/bin/python3
"""What scripts/prove runs: lists the claims, or runs one, or all of them."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from claims import list_claims, run_claim  # noqa: E402
from scratch import Scratch  # noqa: E402

EX_USAGE = 64
USAGE = """usage: scripts/prove                 list the claims
       scripts/prove NAME [ARGS]     prove one on real servers; ARGS go to the claim
       scripts/prove --short NAME    its short form
       scripts/prove --all [--short] prove every claim"""


def prove(claim, arguments):
    """Runs a claim and prints its verdict last; True if it holds."""
    missing = claim.missing()
    if missing:
        print(f"{claim.name} fails: {missing}")
        return False
    with Scratch() as scratch:
        holds, text, lines, _ = run_claim(claim, arguments, scratch.folder)
    if not lines or lines[-1].strip() != text:
        print(text, flush=True)
    return holds


def prove_all(claims, short):
    failed = []
    for claim in claims:
        if short and claim.short_seconds is None:
            print(f"{claim.name} has no short form")
        elif not prove(claim, ["--short"] if short else []):
            failed.append(claim.name)
    print(f"{len(claims)} claims, {len(failed)} fail" + "".join(f" {n}" for n in failed))
    return 1 if failed else 0


def show(claims):
    for claim in claims:
        print(f"{claim.name}: {claim.sentence}")
    return 0


def main(arguments):
    claims = list_claims()
    short = arguments[:1] == ["--short"]
    words = arguments[1:] if short else arguments
    if not words:
        return show(claims)
    if words[0] == "--all":
        return prove_all(claims, short or "--short" in words[1:])
    found = [c for c in claims if c.name == words[0]]
    if not found:
        known = " ".join(c.name for c in claims)
        print(f"{USAGE}\nno claim {words[0]}; there are: {known}", file=sys.stderr)
        return EX_USAGE
    return 0 if prove(found[0], words[1:] + (["--short"] if short else [])) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
