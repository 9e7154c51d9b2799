"""The fakes of the simulator by script (tests/sim/script.c), and what a comparison counts."""
import collections
import subprocess


class Fake:
    """gridbridge-sim --script as a partner: one operation in, its answers out."""

    def __init__(self, program):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([program, "--script"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def do(self, operation):
        self.process.stdin.write(operation.strip() + "\n")
        self.process.stdin.flush()
        answers = []
        while True:
            line = self.process.stdout.readline()
            if line == "":
                raise RuntimeError(f"the fakes ended at: {operation}")
            if line == ".\n":
                return answers
            answers.append(line.rstrip("\n"))

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


class Verdict:
    """Scripts, operations by kind, and those whose answers differ."""

    def __init__(self, name):
        self.name, self.scripts, self.kinds = name, 0, collections.Counter()
        self.late = 0  # scripts begun anew because a time-out came of a slow host
        self.answers = collections.Counter()
        self.different = []

    def add(self, operation, ours, theirs):
        """True if both say the same."""
        self.kinds[operation.split()[0]] += 1
        for line in ours:
            words = line.split()
            if words[-1].isalpha() and len(words) < 3:
                self.answers[words[-1]] += 1
        return ours == theirs

    def count(self, seed, done):
        """One script: (operation, the fake's answers, the real ones) of each step."""
        for operation, ours, theirs in done:
            if not self.add(operation, ours, theirs):
                self.differs(seed, [o for o, _, _ in done], ours, theirs)
        self.scripts += 1

    def differs(self, seed, history, ours, theirs):
        self.different.append(seed)
        if len(self.different) <= 3:
            print(f"{self.name} script {seed} differs:")
            for operation in history:
                print(f"    {operation}")
            print(f"  the fake: {ours}\n  the real: {theirs}", flush=True)

    def tell(self):
        print(f"{self.name}_scripts={self.scripts}")
        print(f"{self.name}_operations={sum(self.kinds.values())} "
              + " ".join(f"{k}={n}" for k, n in sorted(self.kinds.items())))
        print(f"{self.name}_answers " + " ".join(f"{k}={n}" for k, n in
                                                sorted(self.answers.items())))
        print(f"{self.name}_begun_anew={self.late}")
        print(f"{self.name}_divergences={len(self.different)}", flush=True)
