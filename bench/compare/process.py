"""Starting the programs that are measured."""

import dataclasses
import os
import subprocess
import time


class Failed(Exception):
    """A program did not do its part."""


@dataclasses.dataclass(frozen=True)
class Ended:
    at_ns: int       # CLOCK_MONOTONIC
    cpu_s: float
    output: str


class Running:
    """A child whose processor time and end are looked at; a context manager."""

    def __init__(self, command, output=subprocess.PIPE):
        self._command = [str(word) for word in command]
        self._child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._child.returncode is None:
            self._child.kill()
            self._child.wait()
        for stream in (self._child.stdout, self._child.stderr):
            if stream:
                stream.close()

    def line(self):
        return self._child.stdout.readline().strip()

    def wait(self):
        """Until the program ended by itself, well."""
        output = self._child.stdout.read() if self._child.stdout else ""
        _, status, usage = os.wait4(self._child.pid, 0)
        at_ns = time.monotonic_ns()
        self._child.returncode = os.waitstatus_to_exitcode(status)
        if self._child.returncode != 0:
            raise Failed(f"{' '.join(self._command)} ended with {self._child.returncode}: "
                         f"{self._child.stderr.read().strip()}")
        return Ended(at_ns, usage.ru_utime + usage.ru_stime, output)
