"""Beast and SBS from one dump1090, cut into frames: the two tell of the same aircraft."""

import base64
import json
import os
import unittest

import dump1090
import harness

SLUICE = os.environ["SLUICE"]
COUNT = 100


class FramesTest(harness.TestCase):
    def setUp(self):
        self.server = dump1090.Dump1090(self)

    def cat(self, output, framing):
        """A command that prints the frames of one of dump1090's outputs, connected."""
        process = self.start(SLUICE, "cat", self.server.address(output), "--framing", framing,
                             "--json")
        process.errors.expect("connected to")
        return process

    def payload(self, process):
        return base64.b64decode(json.loads(process.output.line())["data"])

    def test_both_formats_tell_of_the_same_frames(self):
        # Among them frames with bytes that Beast has to escape.
        sent = [dump1090.identification(0x1a0000 + i * 0x1a, f"SLUICE{i:02}")
                for i in range(COUNT)]
        beast = self.cat("beast_output", "dle:1a")
        sbs = self.cat("sbs_output", "lines")
        last = dump1090.identification(0x123456, "LAST")  # a hunter looks at what follows
        self.server.connect("raw_input").sendall(b"".join(map(dump1090.avr, [*sent, last])))
        received = [self.payload(beast) for _ in sent]
        self.assertEqual([payload[-14:] for payload in received], sent)
        callsigns = []
        for _ in sent:
            fields = self.payload(sbs).decode("ascii").split(",")
            callsigns.append((fields[4], fields[10].strip()))
        self.assertEqual(callsigns, [(f"{0x1a0000 + i * 0x1a:06X}", f"SLUICE{i:02}")
                                     for i in range(COUNT)])


if __name__ == "__main__":
    unittest.main()
