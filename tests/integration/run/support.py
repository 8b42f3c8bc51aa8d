"""What the tests of `sluice run`, `check` and `stages` share, and all of harness."""

import os
import re
import subprocess

import harness
from harness import *

SLUICE = os.environ["SLUICE"]


class TestCase(harness.TestCase):
    def setUp(self):
        self.directory = temporary_directory(self)

    def config(self, text, name="pipeline.yaml"):
        """Writes a configuration; returns its path."""
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def device(self, kind, *arguments):
        """A simulated device; returns its address."""
        device = self.start(SLUICE, "simulate", kind, "--listen", "127.0.0.1:0", *arguments)
        return device.output.expect(r"^listening on (\S+)$")[1]

    def sluice(self, *arguments):
        """Runs a command to its end."""
        return subprocess.run([SLUICE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=DEADLINE_S, check=False)

    def run_pipeline(self, path, *arguments, **more):
        return self.start(SLUICE, "run", path, *arguments, **more)


def equations(ledger):
    """{(stage, subject): (whole, [parts])} of the lines of a ledger; asserts that each holds."""
    found = {}
    stage = None
    for line in ledger.splitlines():
        if re.fullmatch(r"[\w-]+", line):
            stage = line
        elif match := re.fullmatch(r"  (\S.*): (\w+ [\d,]+) = (.*)", line):
            parts = re.sub(r"\([^)]*\)", "", match[3]).split("+")
            numbers = [int(text.split()[-1].replace(",", "")) for text in [match[2], *parts]]
            if numbers[0] != sum(numbers[1:]):
                raise AssertionError(f"does not hold: {line}")
            found[stage, match[1]] = (numbers[0], numbers[1:])
    return found
