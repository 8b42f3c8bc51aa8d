"""Standard streams that go away or fail."""

import os
import signal
import subprocess
import unittest

import support


class OutputTest(support.TestCase):
    def test_the_end_of_the_reader_ends_it_quietly_at_the_next_data(self):
        cat, peer = self.connected()
        peer.sendall(b"0123456789")
        self.assertEqual(cat.output.exactly(10), b"0123456789")
        cat.process.stdout.close()
        peer.sendall(b"more")
        self.assertEqual(cat.wait(), 0)
        self.assertRegex(cat.errors.line(), r"^sluice: \S+: stopped$")
        self.assertEqual(cat.errors.rest(), b"")

    def test_head_gets_its_bytes_and_the_pipeline_ends(self):
        server = self.listener()
        shell = self.start("sh", "-c", '"$0" cat "$1" | head -c 10; echo " end"', support.SLUICE,
                           support.address_of(server))
        peer = self.accept(server)

        def feed():
            try:
                while True:
                    peer.sendall(b"0123456789" * 1000)
            except OSError:
                pass  # the command is gone

        join = self.in_background(feed)
        self.assertEqual(shell.output.rest(), b"0123456789 end\n")
        join()
        self.assertEqual(shell.wait(), 0)

    def test_a_full_disk_ends_it_with_74(self):
        full = open("/dev/full", "wb")
        self.addCleanup(full.close)
        cat, peer = self.connected(stdout=full)
        peer.sendall(b"data")
        self.assertEqual(cat.wait(), 74)
        cat.errors.expect("^sluice: writing standard output: .*No space left on device")

    def test_a_closed_standard_output_ends_it_with_74(self):
        cat, peer = self.connected(prefix=support.with_shell(">&-"))
        peer.sendall(b"data")
        self.assertEqual(cat.wait(), 74)
        cat.errors.expect("^sluice: writing standard output: .*Bad file descriptor")

    def test_a_closed_standard_error_stops_nothing(self):
        server = self.listener()
        cat = self.cat(support.address_of(server), prefix=support.with_shell("2>&-"))
        peer = self.accept(server)
        peer.sendall(b"data\n")
        self.assertEqual(cat.output.line(), "data")
        cat.send(b"only this")
        cat.signal(signal.SIGTERM)
        self.assertEqual(cat.wait(), 128 + signal.SIGTERM)
        self.assertIn(support.receive_all(peer), (b"", b"only this"))

    def test_standard_error_that_nobody_reads_stops_nothing(self):
        server = self.listener()
        cat = self.cat(support.address_of(server))
        cat.process.stderr.close()
        peer = self.accept(server)
        peer.close()
        peer = self.accept(server)
        peer.sendall(b"data\n")
        self.assertEqual(cat.output.line(), "data")


class InputTest(support.TestCase):
    def test_a_directory_as_standard_input_ends_it_with_74(self):
        directory = os.open(support.temporary_directory(self), os.O_RDONLY)
        self.addCleanup(os.close, directory)
        cat = self.cat(self.refusing_address(), stdin=directory)
        self.assertEqual(cat.wait(), 74)
        cat.errors.expect("^sluice: reading standard input: .*Is a directory")

    def test_an_empty_standard_input_leaves_the_way_back_open(self):
        cat, peer = self.connected(stdin=subprocess.DEVNULL)
        peer.sendall(b"data\n")
        self.assertEqual(cat.output.line(), "data")


if __name__ == "__main__":
    unittest.main()
