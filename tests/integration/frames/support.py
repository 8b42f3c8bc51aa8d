"""What the tests of `sluice frames` share."""

import os
import struct
import subprocess

import harness

SLUICE = os.environ["SLUICE"]
FRAMING = "length:u32be,strip:4"


def encode(message):
    return struct.pack(">I", len(message)) + message


class TestCase(harness.TestCase):
    def capture(self, data):
        """The path of a file with these bytes."""
        path = os.path.join(harness.temporary_directory(self), "capture.bin")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def frames(self, *arguments, data=None, **more):
        """Runs the command, on a file with `data` unless that is None; (status, lines, errors)."""
        file = [] if data is None else [self.capture(data)]
        done = subprocess.run([SLUICE, "frames", *file, *arguments], capture_output=True,
                              timeout=harness.DEADLINE_S, check=False, **more)
        return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode()
