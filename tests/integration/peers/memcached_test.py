"""The example with a framer of its own, and memcached."""

import os
import socket
import subprocess
import unittest

import harness

EXAMPLE = os.path.join(os.environ["SLUICE_EXAMPLES"], "memcached")


class MemcachedTest(harness.TestCase):
    def setUp(self):
        while True:
            self.port = harness.free_port()
            server = self.start(harness.peer_program("memcached"), "-l", "127.0.0.1", "-p",
                                str(self.port), "-U", "0", "-u", "root", "-I", "1m")
            if server.listens(self.port):
                return

    def store(self, values):
        peer = socket.create_connection(("127.0.0.1", self.port), harness.DEADLINE_S)
        self.addCleanup(peer.close)
        for key, value in values.items():
            peer.sendall(b"set %s 7 0 %d\r\n%s\r\n" % (key.encode(), len(value), value))
            self.assertEqual(harness.receive_exactly(peer, 8), b"STORED\r\n")

    def run_example(self, *keys, address=None):
        return subprocess.run([EXAMPLE, address or f"127.0.0.1:{self.port}", *keys],
                              capture_output=True, timeout=harness.DEADLINE_S, check=False)

    def test_counted_bodies_come_whole_whatever_is_in_them(self):
        values = {"empty": b"", "lines": b"END\r\nVALUE x 0 3\r\nabc\r\n", "small": b"x",
                  "large": harness.pattern(1_000_000), "binary": bytes(range(256)) * 1000}
        self.store(values)
        done = self.run_example("absent", *values)
        wanted = b"".join(b"%s: %d bytes\n%s\n" % (key.encode(), len(value), value)
                          for key, value in values.items())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == wanted, "another value")

    def test_no_value_is_an_end_too(self):
        done = self.run_example("absent")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_an_error_of_the_server_is_told(self):
        done = self.run_example("k" * 251)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"CLIENT_ERROR", done.stderr)

    def answer(self, data):
        """What the example does with an answer of the test's own, in single bytes."""
        server = self.listener()

        def serve():
            peer = self.accept(server)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.assertEqual(harness.receive_exactly(peer, 7), b"get a\r\n")
            for byte in data:
                try:
                    peer.sendall(bytes([byte]))
                except OSError:
                    return  # it has seen enough
            peer.close()

        join = self.in_background(serve)
        done = self.run_example("a", address=harness.address_of(server))
        join()
        return done

    def test_single_bytes_give_the_same_frames(self):
        done = self.answer(b"VALUE a 0 5\r\n\r\n\r\n!\r\nVALUE b 0 0 99\r\n\r\nEND\r\n")
        self.assertEqual((done.returncode, done.stdout),
                         (0, b"a: 5 bytes\n\r\n\r\n!\nb: 0 bytes\n\n"))

    def test_what_is_no_answer_ends_the_connection(self):
        for data in (b"VALUE a 0 -1\r\n", b"VALUE a 0 18446744073709551615\r\n",
                     b"VALUE a 0 3\r\nabcd\r\n", b"VALUE a\r\n", b"x" * 4000):
            with self.subTest(data=data[:40]):
                done = self.answer(data)
                self.assertEqual((done.returncode, done.stdout), (1, b""))
                self.assertIn(b"what is no frame", done.stderr)


if __name__ == "__main__":
    unittest.main()
