"""What the tests of `sluice send` share."""

import os
import struct

import harness

SLUICE = os.environ["SLUICE"]


def encode(message):
    return struct.pack(">I", len(message)) + message


class TestCase(harness.TestCase):
    def send(self, *arguments, **more):
        return self.start(SLUICE, "send", *arguments, **more)

    def file(self, data):
        """The path of a file with these bytes."""
        path = os.path.join(harness.temporary_directory(self), "message.bin")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def received(self, *arguments, data=None, receive_bytes=None):
        """What one connection gets of a command that ends with 0; `data` is its standard input."""
        server = self.listener(receive_bytes)
        process = self.send(harness.address_of(server), *arguments)
        if data is None:
            process.end_input()
            join = None
        else:
            join = self.in_background(lambda: (process.send(data), process.end_input()))
        peer = self.accept(server)
        stream = harness.receive_all(peer)
        peer.close()
        if join:
            join()
        self.assertEqual(process.wait(), 0)
        return stream
