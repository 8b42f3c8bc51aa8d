"""Starting the programs that are measured."""

import dataclasses
import os
import select
import signal
import subprocess
import threading
import time

# A program that waits for one that failed would wait for ever.
PATIENCE_S = 300
LOOK_S = 0.2


class Failed(Exception):
    """A program did not do its part."""


@dataclasses.dataclass(frozen=True)
class Ended:
    at_ns: int       # CLOCK_MONOTONIC
    cpu_s: float
    output: str


class Running:
    """A child whose processor time and end are looked at; a context manager.

    With `held`, its input stays open until `release()`.
    """

    def __init__(self, command, output=subprocess.PIPE, held=False):
        self._command = [str(word) for word in command]
        try:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE if held else subprocess.DEVNULL,
                stdout=output, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise Failed(f"{self._command[0]} is missing; `./dev bench` installs and builds what "
                         "is needed") from None
        self._watchdog = threading.Timer(PATIENCE_S, self._child.kill)
        self._watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._watchdog.cancel()
        if self._child.returncode is None:
            self._child.kill()
            self._child.wait()
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            if stream:
                stream.close()

    @property
    def pid(self):
        return self._child.pid

    def line(self):
        text = self._child.stdout.readline()
        if not text:
            self.wait()
            raise Failed(f"{' '.join(self._command)} ended without a word")
        return text.strip()

    def tell(self, text):
        """A line of input for a program that is held."""
        self._child.stdin.write(text + "\n")
        self._child.stdin.flush()

    def release(self):
        self._child.stdin.close()

    def interrupt(self):
        self._child.send_signal(signal.SIGINT)

    def wait_for_output(self, needed):
        """Until this program prints or ends; fails if `needed` ends before."""
        while not select.select([self._child.stdout], [], [], LOOK_S)[0]:
            if needed.ended():
                needed.wait()
                raise Failed(f"{' '.join(needed._command)} ended too early")

    def ended(self):
        return os.waitid(os.P_PID, self._child.pid,
                         os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self):
        """Until the program ended by itself, well."""
        output = self._child.stdout.read() if self._child.stdout else ""
        _, status, usage = os.wait4(self._child.pid, 0)
        at_ns = time.monotonic_ns()
        self._watchdog.cancel()
        self._child.returncode = os.waitstatus_to_exitcode(status)
        if self._child.returncode == -signal.SIGKILL:
            raise Failed(f"{' '.join(self._command)} was killed, by this script if it took "
                         f"{PATIENCE_S} s")
        if self._child.returncode != 0:
            raise Failed(f"{' '.join(self._command)} ended with {self._child.returncode}: "
                         f"{self._child.stderr.read().strip()}")
        return Ended(at_ns, usage.ru_utime + usage.ru_stime, output)
