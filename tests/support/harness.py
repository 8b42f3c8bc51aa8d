"""What the tests in Python share: programs with pipes, foreign servers, sockets.

Nothing here sleeps. Everything waits for an event - a line, bytes, an end - until a deadline that
only a broken program reaches.
"""

import fcntl
import os
import random
import re
import select
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

# Sanitizers need memory of their own: bounds on memory hold for plain builds.
SANITIZED = bool(os.environ.get("SLUICE_SANITIZE"))
DEADLINE_S = 40
MIB = 1024 * 1024
MEMORY_BYTES_MAX = 64 * MIB


def peer_program(name):
    path = os.path.join(os.environ["SLUICE_PEERS"], "bin", name)
    if not os.access(path, os.X_OK):
        raise AssertionError(f"{path} is missing: run ./dev test once, it unpacks the servers that "
                             "these tests talk to (tests/support/fetch_peers.sh)")
    return path


class Reader:
    """The bytes of a pipe, waited for. What was read so far is part of every complaint."""

    def __init__(self, pipe, what):
        self.pipe = pipe
        self.what = what
        self.buffer = bytearray()
        self.seen = []
        self.is_at_end = False

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
            raise AssertionError(f"{self.what}: nothing more in {DEADLINE_S} s; {self._history()}")
        got = os.read(self.pipe.fileno(), 1 << 20)
        self.is_at_end = not got
        self.buffer += got

    def _history(self):
        lines = "\n  ".join(self.seen[-20:])
        return f"read lines:\n  {lines}\nand not used: {bytes(self.buffer[:500])!r}"

    def line(self):
        deadline = time.monotonic() + DEADLINE_S
        while b"\n" not in self.buffer:
            if self.is_at_end:
                raise AssertionError(f"{self.what}: ended; {self._history()}")
            self._fill(deadline)
        end = self.buffer.index(b"\n")
        text = self.buffer[:end].decode(errors="replace")
        del self.buffer[:end + 1]
        self.seen.append(text)
        return text

    def expect(self, pattern):
        """Skips lines up to one in which `pattern` is found; returns its match."""
        while True:
            try:
                line = self.line()
            except AssertionError as error:
                raise AssertionError(f"waited for /{pattern}/: {error}") from None
            if match := re.search(pattern, line):
                return match

    def exactly(self, count):
        deadline = time.monotonic() + DEADLINE_S
        while len(self.buffer) < count:
            if self.is_at_end:
                raise AssertionError(f"{self.what}: ended after {len(self.buffer)} of {count} "
                                     "bytes")
            self._fill(deadline)
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def rest(self):
        """Everything up to the end."""
        deadline = time.monotonic() + DEADLINE_S
        while not self.is_at_end:
            self._fill(deadline)
        taken = bytes(self.buffer)
        self.buffer.clear()
        return taken


class Process:
    """A program with pipes; killed when the test ends."""

    def __init__(self, test, arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more):
        self.process = subprocess.Popen(arguments, stdin=stdin, stdout=stdout,
                                        stderr=subprocess.PIPE, bufsize=0, **more)
        name = os.path.basename(arguments[0])
        self.input = self.process.stdin
        self.errors = Reader(self.process.stderr, f"standard error of {name}")
        if self.process.stdout:
            self.output = Reader(self.process.stdout, f"standard output of {name}")
        self.pid = self.process.pid
        test.addCleanup(self._clean_up)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def _clean_up(self):
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def send(self, data):
        """Writes all of `data` to standard input, from this thread."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.input.fileno(), view):]

    def end_input(self):
        self.input.close()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """The exit status."""
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.process.args} still runs after {DEADLINE_S} s; "
                                 f"{self.errors._history()}") from None

    def listens(self, port):
        """Waits until it listens there; false: it ended."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), DEADLINE_S).close()
                return True
            except ConnectionRefusedError:
                try:
                    self.process.wait(0.01)
                    return False
                except subprocess.TimeoutExpired:
                    continue
        raise AssertionError(f"{self.process.args} does not listen on port {port}")

    def memory_bytes(self):
        """The most it ever had resident."""
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


class TestCase(unittest.TestCase):
    maxDiff = 2000

    def start(self, *arguments, **more):
        return Process(self, list(arguments), **more)

    def in_background(self, work):
        """Runs `work` on a thread that the test's end waits for; its exception fails the test."""
        failures = []

        def run():
            try:
                work()
            except Exception as error:  # told where the test is
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()

        def join():
            thread.join(DEADLINE_S)
            self.assertFalse(thread.is_alive(), "a background activity does not end")
            self.assertEqual(failures, [])

        self.addCleanup(join)
        return join

    def listener(self, receive_bytes=None, backlog=8):
        """A listening socket on a free port of the loopback interface."""
        server = socket.socket()
        self.addCleanup(server.close)
        if receive_bytes:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        server.bind(("127.0.0.1", 0))
        server.listen(backlog)
        server.settimeout(DEADLINE_S)
        return server

    def accept(self, server):
        peer, _ = server.accept()
        self.addCleanup(peer.close)
        peer.settimeout(DEADLINE_S)
        return peer

    def black_hole(self):
        """The address of a listener whose queue is full: it answers no new connection."""
        server = self.listener(backlog=0)
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        select.select([server], [], [], DEADLINE_S)
        return address_of(server)

    def refusing_address(self):
        """An address at which nobody listens, as long as the test runs: it is bound."""
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.bind(("127.0.0.1", 0))
        return address_of(holder)

    def assert_memory_bounded(self, process):
        if not SANITIZED:
            self.assertLess(process.memory_bytes(), MEMORY_BYTES_MAX)


def address_of(server):
    host, port = server.getsockname()
    return f"{host}:{port}"


def receive_all(peer):
    """Everything up to the end of the stream."""
    pieces = []
    while piece := peer.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def receive_exactly(peer, count):
    pieces = bytearray()
    while len(pieces) < count:
        piece = peer.recv(min(count - len(pieces), 1 << 20))
        if not piece:
            raise AssertionError(f"ended after {len(pieces)} of {count} bytes")
        pieces += piece
    return bytes(pieces)


def reset(peer):
    """Ends the connection with an RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def write_until_stalled(descriptor, data, piece_bytes=65536, quiet_s=0.5):
    """Writes the front of `data` until the other side takes nothing for `quiet_s`; returns how
    many bytes it took. A machine slower than that ends this early: bounds from above still hold.
    """
    os.set_blocking(descriptor, False)
    written = 0
    while written < len(data) and select.select([], [descriptor], [], quiet_s)[1]:
        try:
            written += os.write(descriptor, data[written:written + piece_bytes])
        except BlockingIOError:
            continue
    return written


def unread_bytes(pipe_end):
    """How many bytes wait in a pipe."""
    answer = fcntl.ioctl(pipe_end, termios.FIONREAD, struct.pack("i", 0))
    return struct.unpack("i", answer)[0]


def kernel_send_bytes_max():
    with open("/proc/sys/net/ipv4/tcp_wmem") as limits:
        return int(limits.read().split()[2])


def kernel_receive_bytes_max():
    with open("/proc/sys/net/ipv4/tcp_rmem") as limits:
        return int(limits.read().split()[2])


def pattern(count, seed=1):
    """Bytes in which every loss, repeat and exchange shows."""
    return random.Random(seed).randbytes(count)


def free_port():
    """A port that nobody uses now, outside the range from which the kernel gives ports away, so
    that a server can be restarted on it."""
    while True:
        port = random.randrange(15000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def temporary_directory(test):
    directory = tempfile.TemporaryDirectory()
    test.addCleanup(directory.cleanup)
    return directory.name
