"""Opening a record costs what its size says, for every shape that could make a decoder read twice.

tests/tools/door_linear.c opens records of n and of 8 n bytes: many columns, rows, numbers, escapes,
levels, brackets that nobody closes, a key that comes again at the end, other encodings, and
texts full of what the scrubber looks for. Eight times the bytes may cost 8 x 4 times as much
(caches get smaller, not the work larger) and no record more than 250 MB. n = 125,000, and 1,000,000
without --short. Negative control: a loop that is quadratic must be found out.
"""
import argparse
import os
import pathlib
import subprocess
import sys

NEEDS = ()
SHORT_SECONDS = 30
LIMIT, CONTROL_LEAST, PEAK_MB = 4.0, 6.0, 250


def run(size, wrong):
    program = pathlib.Path(os.environ["GB_BUILD"]) / "tests/tools/door_linear"
    done = subprocess.run([program, str(size)], check=True, text=True, stdout=subprocess.PIPE)
    figures = dict(line.split("=") for line in done.stdout.split())
    ratios = {k.removesuffix("_ratio"): float(v) for k, v in figures.items()
              if k.endswith("_ratio")}
    control = ratios.pop("control")
    worst = max(ratios, key=ratios.get)
    dearest = max(ratios, key=lambda name: float(figures[f"{name}_ns"]))
    print(f"bytes={8 * size} shapes={len(ratios)} worst={worst} worst_ratio={ratios[worst]}"
          f" control_ratio={control} dearest={dearest}"
          f" ns_a_byte={figures[f'{dearest}_ns']} peak_mb={figures['peak_mb']}")
    wrong += [f"{name} costs {ratio} times what its size says" for name, ratio in ratios.items()
              if ratio > LIMIT]
    if control < CONTROL_LEAST:
        wrong.append(f"the quadratic control looks linear: {control}")
    if int(figures["peak_mb"]) > PEAK_MB:
        wrong.append(f"{figures['peak_mb']} MB for one record")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    wrong = []
    for size in (125000,) if options.short else (125000, 1000000):
        run(size, wrong)
    if wrong:
        print(f"linear fails: {'; '.join(wrong)}")
        sys.exit(1)
    print("linear holds")


if __name__ == "__main__":
    main()
