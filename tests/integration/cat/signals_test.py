"""Signals, in every state of the connection."""

import os
import signal
import unittest

import support
from support import ENDING_SIGNALS, MIB


class EndingSignalTest(support.TestCase):
    def assert_each_ends(self, start):
        """`start` gives a command in some state; every ending signal ends it with its status."""
        for number in ENDING_SIGNALS:
            with self.subTest(signal=number.name):
                cat = start()
                cat.signal(number)
                self.assertEqual(cat.wait(), 128 + number)
                cat.errors.expect(r"^sluice: \S+: stopped$")
                self.assertEqual(cat.errors.rest(), b"")

    def test_while_connecting(self):
        address = self.black_hole()

        def start():
            cat = self.cat("--connect-timeout", "10m", address)
            cat.errors.expect("^sluice: connecting to ")
            return cat

        self.assert_each_ends(start)

    def test_while_waiting_to_try_again(self):
        def start():
            cat = self.cat(self.refusing_address())
            # Long enough that the signal comes before the next attempt.
            cat.errors.expect(r"trying again in ([3-9]\d\d ms|\d\.\d s)$")
            return cat

        self.assert_each_ends(start)

    def test_while_connected(self):
        self.assert_each_ends(lambda: self.connected()[0])

    def test_after_the_end_of_standard_input(self):
        def start():
            cat, peer = self.connected("-N")
            cat.end_input()
            self.assertEqual(support.receive_all(peer), b"")
            return cat

        self.assert_each_ends(start)

    def test_while_the_device_does_not_read(self):
        for number in ENDING_SIGNALS:
            with self.subTest(signal=number.name):
                cat, peer = self.connected(receive_bytes=65536)
                unread_end = os.dup(cat.input.fileno())
                self.addCleanup(os.close, unread_end)
                written = support.write_until_stalled(cat.input.fileno(), bytes(48 * MIB))
                cat.signal(number)
                unsent = int(cat.errors.expect(
                    r"^sluice: (\d+) bytes of standard input were not sent$")[1])
                self.assertEqual(cat.wait(), 128 + number)
                # Every byte is in one place: at the device, in the pipe, or in that number.
                left = support.unread_bytes(unread_end)
                self.assertEqual(len(support.receive_all(peer)) + unsent + left, written)

    def test_while_there_is_no_connection_what_was_read_is_reported(self):
        cat = self.cat(self.refusing_address())
        cat.send(b"x" * 1234)
        cat.end_input()
        cat.errors.expect("trying again")
        cat.errors.expect("trying again")
        cat.signal(signal.SIGTERM)
        self.assertEqual(cat.wait(), 128 + signal.SIGTERM)
        cat.errors.expect("^sluice: 1234 bytes of standard input were not sent$")


class BlockedOutputTest(support.TestCase):
    def blocked_cat(self):
        cat, peer = self.connected()
        support.write_until_stalled(peer.fileno(), bytes(80 * MIB))
        return cat

    def test_each_signal_ends_it_although_nobody_reads(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                cat = self.blocked_cat()
                cat.signal(number)
                self.assertEqual(cat.wait(), 128 + number)

    def test_a_second_signal_ends_it_at_once(self):
        cat = self.blocked_cat()
        cat.signal(signal.SIGINT)
        cat.errors.expect(r"^sluice: \S+: stopped$")
        cat.signal(signal.SIGTERM)
        # The status is of the second one: it did not wait for the end that the first began.
        self.assertEqual(cat.wait(), 128 + signal.SIGTERM)


class IgnoredSignalTest(support.TestCase):
    def assert_works(self, cat, peer):
        cat.send(b"question\n")
        self.assertEqual(support.receive_exactly(peer, 9), b"question\n")
        peer.sendall(b"answer\n")
        self.assertEqual(cat.output.line(), "answer")

    def test_sigpipe_is_ignored(self):
        cat, peer = self.connected()
        cat.signal(signal.SIGPIPE)
        self.assert_works(cat, peer)
        self.assertIsNone(cat.process.poll())

    def test_under_nohup_a_hang_up_is_ignored(self):
        cat, peer = self.connected(prefix=("sh", "-c", 'trap "" HUP; exec "$@"', "sh"))
        cat.signal(signal.SIGHUP)
        self.assert_works(cat, peer)
        cat.signal(signal.SIGTERM)
        self.assertEqual(cat.wait(), 128 + signal.SIGTERM)

    def test_a_stop_and_continue_lose_nothing(self):
        cat, peer = self.connected()
        cat.signal(signal.SIGSTOP)
        peer.sendall(b"one\n")
        cat.signal(signal.SIGCONT)
        self.assertEqual(cat.output.line(), "one")
        self.assert_works(cat, peer)


if __name__ == "__main__":
    unittest.main()
