"""gpsd's two formats, cut into lines: NMEA sentences and JSON objects."""

import base64
import functools
import json
import os
import unittest

import gpsd
import harness

SLUICE = os.environ["SLUICE"]


class LinesTest(harness.TestCase):
    def watch(self, what):
        """What `sluice cat` prints after it asked gpsd for `what`, without end."""
        server = gpsd.Gpsd(self)
        cat = self.start(SLUICE, "cat", server.address, "--framing", "lines", "--json")
        cat.send(b'?WATCH={"enable":true,"%s":true};\n' % what)
        while True:
            frame = json.loads(cat.output.line())
            yield frame, base64.b64decode(frame["data"], validate=True)

    def test_each_json_report_is_a_frame(self):
        seen, offset = set(), 0
        for frame, line in self.watch(b"json"):
            self.assertEqual(frame["offset"], offset)
            offset += len(line) + 2  # CRLF
            seen.add(json.loads(line)["class"])
            if {"VERSION", "WATCH", "TPV"} <= seen:
                return

    def test_each_nmea_sentence_is_a_frame(self):
        sentences = 0
        for _, line in self.watch(b"nmea"):
            if line.startswith(b"$"):
                content, checksum = line[1:].split(b"*")
                self.assertEqual(b"%02X" % functools.reduce(lambda a, b: a ^ b, content), checksum)
                sentences += 1
            if sentences == 20:
                return


if __name__ == "__main__":
    unittest.main()
