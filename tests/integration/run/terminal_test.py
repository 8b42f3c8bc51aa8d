"""On a terminal: the table is drawn in place, lines of the log stand above it, and nothing of it is
left at the end."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unittest

import support
from support import DEADLINE_S, SLUICE


class Screen:
    """What a terminal shows that knows line ends and the two sequences that the table needs."""

    TOKEN = re.compile(r"\r\n|\n|\r|\x1b\[(\d+)A|\x1b\[J|[^\r\n\x1b]+")

    def __init__(self):
        self.lines = [""]
        self.row = 0

    def feed(self, text):
        at = 0
        while at < len(text):
            token = self.TOKEN.match(text, at)
            if token is None:
                raise AssertionError(f"an unknown sequence at {text[at:at + 20]!r}")
            at = token.end()
            if token[0] in ("\n", "\r\n"):
                self.row += 1
                self.lines += [""] * (self.row + 1 - len(self.lines))
            elif token[1]:
                self.row -= int(token[1])
            elif token[0] == "\x1b[J":
                del self.lines[self.row:]
                self.lines.append("")
            elif token[0] != "\r":
                self.lines[self.row] += token[0]

    def text(self):
        return "\n".join(self.lines)


class TerminalTest(support.TestCase):
    def on_terminal(self, path, *arguments, columns=200, lines=40, output=None):
        """A run whose standard error is a terminal, and so is its standard output unless given."""
        controller, terminal = pty.openpty()
        self.addCleanup(os.close, controller)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        pid = os.posix_spawn(SLUICE, [SLUICE, "run", path, *arguments], os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, output if output is not None else terminal, 1),
            (os.POSIX_SPAWN_DUP2, terminal, 2)])
        os.close(terminal)
        self.addCleanup(self.end, pid)
        self.raw = ""
        return controller, pid

    def end(self, pid):
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def read_until(self, controller, pattern):
        """Reads until the text has the pattern, or to the end for None."""
        deadline = time.monotonic() + DEADLINE_S
        while pattern is None or not re.search(pattern, self.raw):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([controller], [], [], left)[0]:
                raise AssertionError(f"waited for {pattern}: {self.raw[-2000:]!r}")
            try:
                self.raw += os.read(controller, 65536).decode()
            except OSError:  # the other side is closed
                if pattern is None:
                    return
                raise AssertionError(f"ended before {pattern}: {self.raw[-2000:]!r}") from None

    def pipeline(self, more=""):
        return self.config("stages:\n  device: {type: tcp_client, address: '"
                           + self.device("counter") + "'}\n" + more)

    def finish(self, controller, pid):
        """Ends the run; returns what the terminal shows then."""
        os.kill(pid, signal.SIGTERM)
        self.read_until(controller, None)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 128 + signal.SIGTERM)
        screen = Screen()
        screen.feed(self.raw)
        return screen.text()

    def test_the_table_is_drawn_in_place_and_leaves_nothing(self):
        controller, pid = self.on_terminal(self.pipeline())
        self.read_until(controller, r"(?s)(CONNECTION  STATE .*){2}")
        screen = Screen()
        screen.feed(self.raw[:self.raw.rindex("\x1b[")])
        self.assertEqual(screen.text().count("CONNECTION"), 1)
        self.assertRegex(screen.text(), r"(?m)^device +(up|idle|connecting) ")
        self.assertRegex(screen.text(), r"(?m) info connected stage=device ")
        left = self.finish(controller, pid)
        self.assertNotIn("CONNECTION", left)
        self.assertRegex(left, r"(?m)^  bytes: received ")

    def test_no_line_is_wider_than_the_terminal(self):
        controller, pid = self.on_terminal(self.pipeline(), columns=40)
        self.read_until(controller, r"(?s)(CONNECTION  STATE .*){2}")
        rows = [row for row in re.split(r"\r\n", self.raw) if row.startswith(("CONN", "device "))]
        self.assertEqual({len(row) for row in rows}, {40})
        self.finish(controller, pid)

    def test_a_stage_that_prints_on_the_terminal_has_it_for_itself(self):
        controller, pid = self.on_terminal(self.pipeline(
            "  show: {type: print, format: hex, rate_limit_hz: 20, subscribe: "
            "[{channel: /device/packet_group}]}\n"))
        self.read_until(controller, r"\d\d:\d\d:\d\d device up ")
        self.assertNotIn("\x1b", self.raw)
        self.finish(controller, pid)

    def test_a_stage_that_prints_elsewhere_leaves_room_for_the_table(self):
        with open(os.devnull, "w") as output:
            controller, pid = self.on_terminal(self.pipeline(
                "  show: {type: print, subscribe: [{channel: /device/packet_group}]}\n"),
                output=output.fileno())
            self.read_until(controller, r"show +[\d,]+ ")
            self.finish(controller, pid)
        self.assertIn("CONNECTION", self.raw)

    def test_with_json_there_is_no_table(self):
        controller, pid = self.on_terminal(self.pipeline(), "--json")
        self.read_until(controller, r'(?s)({"stage":"device".*){2}')
        self.assertNotIn("CONNECTION", self.raw)
        self.finish(controller, pid)


if __name__ == "__main__":
    unittest.main()
