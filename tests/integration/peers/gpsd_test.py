"""The gpsd that other tests connect to, asked with plain sockets."""

import json
import socket
import unittest

import gpsd
import harness


class GpsdTest(harness.TestCase):
    def setUp(self):
        self.gpsd = gpsd.Gpsd(self)

    def watch(self):
        """The lines of a client that asked for reports."""
        peer = socket.create_connection(("127.0.0.1", self.gpsd.port), harness.DEADLINE_S)
        self.addCleanup(peer.close)
        peer.sendall(b'?WATCH={"enable":true,"json":true};\n')
        lines = peer.makefile("rb")
        self.addCleanup(lines.close)
        return lines

    def next_fix(self, lines):
        for line in lines:
            report = json.loads(line)
            if report["class"] == "TPV" and {"time", "lat", "lon"} <= report.keys():
                return report
        raise AssertionError("gpsd closed the connection")

    def test_fixes_follow_the_track(self):
        lines = self.watch()
        epochs = []
        for _ in range(5):
            fix = self.next_fix(lines)
            hours, minutes, seconds = (float(part) for part in fix["time"][11:-1].split(":"))
            epoch = round(hours * 3600 + minutes * 60 + seconds) - gpsd.START_S
            north, east = gpsd.position(epoch)
            self.assertAlmostEqual(fix["lat"], north, 6)
            self.assertAlmostEqual(fix["lon"], east, 6)
            epochs.append(epoch)
        self.assertEqual(epochs, list(range(epochs[0], epochs[0] + 5)))

    def test_the_log_is_repeated(self):
        self.gpsd = gpsd.Gpsd(self, log=gpsd.nmea_log(epochs=10), sentence_s=0)
        lines = self.watch()
        times = [self.next_fix(lines)["time"] for _ in range(40)]
        self.assertGreater(max(times.count(time) for time in times), 1)

    def test_a_killed_server_is_gone_and_comes_back_on_its_port(self):
        lines = self.watch()
        self.next_fix(lines)
        self.gpsd.kill()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.gpsd.port), harness.DEADLINE_S)
        self.gpsd.restart()
        self.next_fix(self.watch())


if __name__ == "__main__":
    unittest.main()
