"""Nothing is read faster than it can be handed on, in both directions, each for itself."""

import hashlib
import os
import socket
import unittest

import support
from support import MIB

# What the command itself may hold of standard input, beside the kernel's buffers.
HELD_BYTES_MAX = 2 * MIB
RECEIVE_BYTES = 64 * 1024
# What it may hold of the device's stream: its receive pool.
POOL_BYTES = 16 * MIB


class DeviceThatDoesNotReadTest(support.TestCase):
    def test_standard_input_is_read_no_faster_than_the_device_takes_it(self):
        data = support.pattern(48 * MIB)
        cat, peer = self.connected("-N", receive_bytes=RECEIVE_BYTES)
        taken = support.write_until_stalled(cat.input.fileno(), data)
        kernel_bytes = support.kernel_send_bytes_max() + 4 * RECEIVE_BYTES + MIB
        self.assertLess(taken, HELD_BYTES_MAX + kernel_bytes)
        self.assert_memory_bounded(cat)

        os.set_blocking(cat.input.fileno(), True)
        join = self.in_background(lambda: (cat.send(data[taken:]), cat.end_input()))
        self.assertTrue(support.receive_all(peer) == data, "the device got other bytes")
        join()
        self.assert_memory_bounded(cat)

    def test_without_a_connection_standard_input_waits(self):
        cat = self.cat(self.refusing_address())
        cat.errors.expect("trying again")
        taken = support.write_until_stalled(cat.input.fileno(), bytes(8 * MIB))
        self.assertLess(taken, HELD_BYTES_MAX)
        cat.errors.expect("trying again")

    def test_what_the_device_sends_is_written_all_the_same(self):
        cat, peer = self.connected(receive_bytes=RECEIVE_BYTES)
        support.write_until_stalled(cat.input.fileno(), bytes(48 * MIB))
        data = support.pattern(5 * MIB)
        join = self.in_background(lambda: peer.sendall(data))
        self.assertTrue(cat.output.exactly(len(data)) == data, "other bytes came out")
        join()


class ReaderThatStopsTest(support.TestCase):
    def stalled_device(self, *arguments, data):
        """(cat, peer, count of bytes that were taken off the device before it had to wait)."""
        cat, peer = self.connected(*arguments)
        sent = support.write_until_stalled(peer.fileno(), data)
        kernel_bytes = support.kernel_send_bytes_max() + support.kernel_receive_bytes_max() + MIB
        self.assertLess(sent, POOL_BYTES + kernel_bytes)
        self.assertLess(sent, len(data))
        self.assert_memory_bounded(cat)
        return cat, peer, sent

    def test_the_device_waits_and_nothing_is_lost(self):
        data = support.pattern(80 * MIB)
        cat, peer, sent = self.stalled_device("--no-reconnect", data=data)
        peer.settimeout(support.DEADLINE_S)
        join = self.in_background(lambda: (peer.sendall(memoryview(data)[sent:]), peer.close()))
        self.assertEqual(hashlib.sha256(cat.output.rest()).digest(),
                         hashlib.sha256(data).digest())
        join()
        self.assertEqual(cat.wait(), 0)

    def test_standard_input_still_reaches_the_device(self):
        cat, peer, _ = self.stalled_device(data=bytes(80 * MIB))
        peer.settimeout(support.DEADLINE_S)
        for count in (1, 1000, 3 * MIB):
            data = support.pattern(count)
            join = self.in_background(lambda data=data: cat.send(data))
            self.assertTrue(support.receive_exactly(peer, count) == data)
            join()

    def test_text_takes_no_more_memory_than_raw_bytes(self):
        cat, peer, _ = self.stalled_device("--json", data=bytes(80 * MIB))
        self.assertTrue(cat.output.line().startswith('{"time_ns":'))
        self.assert_memory_bounded(cat)

    def test_many_small_packets_wait_too(self):
        cat, peer = self.connected()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b"".join(b"%07d\n" % i for i in range(60_000))
        sent = support.write_until_stalled(peer.fileno(), data, piece_bytes=8)
        self.assert_memory_bounded(cat)
        peer.settimeout(support.DEADLINE_S)
        join = self.in_background(lambda: peer.sendall(data[sent:]))
        self.assertTrue(cat.output.exactly(len(data)) == data, "other bytes came out")
        join()
        self.assert_memory_bounded(cat)


if __name__ == "__main__":
    unittest.main()
