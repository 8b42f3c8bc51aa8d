"""What the tests of `sluice simulate` share: the command as a process, and its clients."""

import os
import socket
import struct

import harness
from harness import DEADLINE_S

SLUICE = os.environ["SLUICE"]
RECORD_BYTES = 64
MODULUS = 1 << 64


def counter_record(sequence):
    """The record as docs/formats/counter_record.md has it."""
    words = [(sequence * 0x9e3779b97f4a7c15 + (i + 1) * 0xd1b54a32d192ed03) % MODULUS
             for i in range(6)]
    return struct.pack("<8s7Q", b"SLUICTR1", sequence, *words)


def counter_records(first, count):
    return b"".join(counter_record(first + i) for i in range(count))


class Device(harness.Process):
    def __init__(self, test, *arguments, listen="127.0.0.1:0"):
        super().__init__(test, [SLUICE, "simulate", *arguments, "--listen", listen])
        self.address = self.output.expect(r"^listening on (\S+)$")[1]
        test.assertEqual(len(self.output.seen), 1, "nothing comes before it")


class TestCase(harness.TestCase):
    def device(self, *arguments, **more):
        return Device(self, *arguments, **more)

    def connect(self, device):
        host, port = device.address.rsplit(":", 1)
        client = socket.create_connection((host, int(port)), DEADLINE_S)
        self.addCleanup(client.close)
        return client
