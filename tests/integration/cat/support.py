"""What the tests of `sluice cat` share: the command as a process, and all of harness."""

import os
import signal

import harness
from harness import *

SLUICE = os.environ["SLUICE"]


class Cat(harness.Process):
    def __init__(self, test, *arguments, prefix=(), **more):
        super().__init__(test, [*prefix, SLUICE, "cat", *arguments], **more)

    def wait_connected(self):
        """The number of the connection."""
        return int(self.errors.expect(r"^sluice: connected to \S+ \(connection (\d+)\)$")[1])


class TestCase(harness.TestCase):
    def cat(self, *arguments, **more):
        return Cat(self, *arguments, **more)

    def connected(self, *arguments, receive_bytes=None, **more):
        """(cat, peer): the command and the device's end of its first connection."""
        server = self.listener(receive_bytes)
        cat = self.cat(*arguments, address_of(server), **more)
        peer = self.accept(server)
        cat.wait_connected()
        return cat, peer


def with_shell(redirection):
    """A prefix for Cat: runs it with a redirection that subprocess does not know."""
    return ("sh", "-c", f'exec "$@" {redirection}', "sh")


ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
