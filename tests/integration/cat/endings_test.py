"""How connections end, and attempts that fail."""

import os
import re
import socket
import subprocess
import unittest

import support


class EndOfInputTest(support.TestCase):
    def test_with_n_the_peer_sees_the_end_after_all_bytes(self):
        data = support.pattern(3_000_000)
        cat, peer = self.connected("-N")
        join = self.in_background(lambda: (cat.send(data), cat.end_input()))
        self.assertTrue(support.receive_all(peer) == data, "the peer got other bytes")
        join()
        peer.sendall(b"still readable\n")
        self.assertEqual(cat.output.line(), "still readable")

    def test_with_n_later_connections_are_half_closed_too(self):
        server = self.listener()
        cat = self.cat("-N", support.address_of(server))
        peer = self.accept(server)
        cat.end_input()
        self.assertEqual(support.receive_all(peer), b"")
        peer.close()
        again = self.accept(server)
        self.assertEqual(support.receive_all(again), b"")
        again.sendall(b"greeting\n")
        self.assertEqual(cat.output.line(), "greeting")

    def test_without_n_the_connection_stays_open(self):
        cat, peer = self.connected()
        cat.send(b"last words")
        cat.end_input()
        self.assertEqual(support.receive_exactly(peer, 10), b"last words")
        peer.sendall(b"still open\n")
        self.assertEqual(cat.output.line(), "still open")

    def test_without_n_later_connections_stay_open_too(self):
        server = self.listener()
        cat = self.cat(support.address_of(server), stdin=subprocess.DEVNULL)
        self.accept(server).close()
        peer = self.accept(server)  # after a wait, in which the end of input was seen long ago
        self.assertEqual(cat.wait_connected(), 1)
        self.assertEqual(cat.wait_connected(), 2)
        peer.sendall(b"marker\n")
        self.assertEqual(cat.output.line(), "marker")
        peer.setblocking(False)
        with self.assertRaises(BlockingIOError):
            peer.recv(1)

    def test_a_closed_standard_input_is_an_empty_one(self):
        cat, peer = self.connected("-N", prefix=support.with_shell("<&-"))
        self.assertEqual(support.receive_all(peer), b"")
        peer.sendall(b"data\n")
        self.assertEqual(cat.output.line(), "data")


class NoReconnectTest(support.TestCase):
    def test_a_close_by_the_peer_ends_with_0(self):
        cat, peer = self.connected("--no-reconnect")
        peer.sendall(b"bye")
        peer.close()
        self.assertEqual(cat.output.rest(), b"bye")
        self.assertEqual(cat.wait(), 0)
        self.assertRegex(cat.errors.line(), r"^sluice: \S+: closed by the peer$")

    def test_a_reset_ends_with_69(self):
        cat, peer = self.connected("--no-reconnect")
        support.reset(peer)
        self.assertEqual(cat.wait(), 69)
        self.assertRegex(cat.errors.line(), r"^sluice: \S+: connection reset$")

    def test_a_reset_loses_nothing_that_arrived_before(self):
        data = support.pattern(200_000)
        cat, peer = self.connected("--no-reconnect")
        peer.sendall(data)
        self.assertEqual(cat.output.exactly(len(data)), data)
        support.reset(peer)
        self.assertEqual(cat.wait(), 69)

    def test_a_refusal_ends_with_69(self):
        cat = self.cat("--no-reconnect", self.refusing_address())
        self.assertEqual(cat.wait(), 69)
        cat.errors.expect(r"^sluice: connecting to \S+$")
        self.assertRegex(cat.errors.line(), r"^sluice: \S+: connection refused$")

    def test_no_answer_ends_with_69(self):
        cat = self.cat("--no-reconnect", "--connect-timeout", "100ms", self.black_hole())
        self.assertEqual(cat.wait(), 69)
        cat.errors.expect(r"^sluice: \S+: no answer in time$")

    def test_a_name_that_does_not_resolve_ends_with_69(self):
        hurry = {**os.environ, "RES_OPTIONS": "attempts:1 timeout:1"}
        cat = self.cat("--no-reconnect", "--connect-timeout", "1m", "no-such-host.invalid:4001",
                       env=hurry)
        self.assertEqual(cat.wait(), 69)
        self.assertEqual(cat.errors.line(), "sluice: resolving no-such-host.invalid")
        self.assertRegex(cat.errors.line(), "^sluice: no-such-host.invalid:4001: the name does not "
                                            "resolve: no-such-host.invalid: ")

    def test_a_unix_socket_that_is_not_there_ends_with_69(self):
        path = os.path.join(support.temporary_directory(self), "device.sock")
        cat = self.cat("--no-reconnect", f"unix:{path}")
        self.assertEqual(cat.wait(), 69)
        cat.errors.expect(f"^sluice: unix:{re.escape(path)}: connection refused$")


class ReconnectTest(support.TestCase):
    def test_a_silent_peer_is_dialed_again(self):
        server = self.listener()
        cat = self.cat("--receive-timeout", "50ms", support.address_of(server))
        first = self.accept(server)
        cat.errors.expect(r"^sluice: \S+: no data in time; trying again in \d+ ms$")
        self.assertEqual(support.receive_all(first), b"")
        self.accept(server)
        self.assertEqual(cat.wait_connected(), 2)

    def test_a_peer_that_speaks_is_not_silent(self):
        cat, peer = self.connected("--receive-timeout", "10s")
        for _ in range(100):
            peer.sendall(b"tick\n")
            self.assertEqual(cat.output.line(), "tick")
        peer.close()
        self.assertRegex(cat.errors.line(), "closed by the peer; trying again")

    def test_no_answer_is_tried_again(self):
        cat = self.cat("--connect-timeout", "20ms", self.black_hole())
        for _ in range(2):
            cat.errors.expect(r"^sluice: \S+: no answer in time; trying again in \d+ ms$")

    def test_an_interface_that_comes_later_is_waited_for(self):
        cat = self.cat("[fe80::1%nosuch0]:4001")
        for _ in range(2):
            cat.errors.expect(r"^sluice: \[fe80::1%nosuch0\]:4001: no such network interface\b.*; "
                              "trying again in ")
        self.assertIsNone(cat.process.poll())

    def test_a_unix_socket_is_a_device_too(self):
        path = os.path.join(support.temporary_directory(self), "device.sock")
        cat = self.cat(f"unix:{path}")
        cat.errors.expect("connection refused; trying again")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.settimeout(support.DEADLINE_S)
        server.bind(path)
        server.listen()
        peer = self.accept(server)
        cat.send(b"question")
        self.assertEqual(support.receive_exactly(peer, 8), b"question")
        peer.sendall(b"answer\n")
        self.assertEqual(cat.output.line(), "answer")


if __name__ == "__main__":
    unittest.main()
