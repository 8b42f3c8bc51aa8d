"""socat as the device: streams cut into small pieces, and echoed at full speed."""

import os
import shutil
import unittest

import support


class SocatTest(support.TestCase):
    def start_socat(self, *arguments):
        """The port at which it listens: the address LISTEN in `arguments`."""
        program = shutil.which("socat")
        self.assertIsNotNone(program, "socat is missing: ./dev test installs it")
        socat = self.start(program, "-d", "-d", *[
            "TCP-LISTEN:0,bind=127.0.0.1" if a == "LISTEN" else a for a in arguments])
        return socat.errors.expect(r"listening on AF=2 127\.0\.0\.1:(\d+)")[1]

    def test_a_stream_in_pieces_of_seven_bytes_arrives_byte_for_byte(self):
        data = support.pattern(1_000_003)
        path = os.path.join(support.temporary_directory(self), "data")
        with open(path, "wb") as file:
            file.write(data)
        port = self.start_socat("-u", "-b", "7", f"OPEN:{path}", "LISTEN")
        cat = self.cat("--no-reconnect", f"127.0.0.1:{port}")
        self.assertEqual(cat.output.rest(), data)
        self.assertEqual(cat.wait(), 0)

    def test_twenty_megabytes_go_both_ways_at_once(self):
        data = support.pattern(20_000_000)
        # Blocks that a pipe takes whole, so that socat never waits for itself.
        port = self.start_socat("-b", "4096", "-t", str(support.DEADLINE_S), "LISTEN", "PIPE")
        cat = self.cat("-N", "--no-reconnect", f"127.0.0.1:{port}")
        join = self.in_background(lambda: (cat.send(data), cat.end_input()))
        self.assertTrue(cat.output.rest() == data, "the echo differs from what was sent")
        join()
        self.assertEqual(cat.wait(), 0)
        self.assert_no_complaint(cat)

    def assert_no_complaint(self, cat):
        lines = cat.errors.rest().decode().splitlines()
        self.assertEqual([line.split(" ")[1] for line in lines[:2]], ["connecting", "connected"])
        self.assertRegex(lines[2], "^sluice: [^ ]+: closed by the peer$")
        self.assertEqual(lines[3:], [])


if __name__ == "__main__":
    unittest.main()
