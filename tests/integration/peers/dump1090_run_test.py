"""`sluice run` with dump1090: frames that one stage sends come back to another, as Beast."""

import io
import signal
import unittest

import dump1090
import printed
import support

ROUND_TRIP = """
event_loops: {{aircraft: {{}}}}
stages:
  raw_input: {{type: tcp_client, address: "{raw_input}", event_loop: aircraft}}
  beast:
    type: tcp_client
    address: "{beast_output}"
    event_loop: aircraft
    group_size: 4
    group_timeout_ms: 20
  show:
    type: print
    format: json
    subscribe:
      - {{channel: /beast/packet_group, policy: lossless}}
      - {{channel: /raw_input/socket_stats}}
  fly:
    type: publish
    channel: /raw_input/egress_packets
    file: "{file}"
    every_ms: 5
    when_up: /beast/connection_state
"""
GROUPS = "/beast/packet_group"


class Bytes:
    """Bytes that were received, as a socket that dump1090.receive_beast reads from."""

    def __init__(self, data):
        self.recv = io.BytesIO(data).read


class Dump1090RunTest(support.TestCase):
    def setUp(self):
        super().setUp()
        self.server = dump1090.Dump1090(self)
        # Among them frames with bytes that Beast has to escape.
        self.frames = [dump1090.identification(0x1a0000 + i * 0x1a, f"SLUICE{i:02}")
                       for i in range(100)]

    def round_trip(self, frames):
        """A pipeline that sends `frames` again and again, as (process, what it shows)."""
        text = b"".join(map(dump1090.avr, frames)).decode("ascii")
        process = self.run_pipeline(self.config(ROUND_TRIP.format(
            raw_input=self.server.address("raw_input"),
            beast_output=self.server.address("beast_output"),
            file=self.config(text, "frames.avr"))))
        return process, printed.Printed(process.output)

    def wait_for_bytes(self, shown, count):
        while len(shown.stream(GROUPS, 1)) < count:
            shown.next(GROUPS)

    def received_frames(self, shown, count):
        stream = Bytes(shown.stream(GROUPS, 1))
        return [frame for _, _, frame in dump1090.receive_beast(stream, count)]

    def test_the_frames_received_are_those_sent_in_order(self):
        process, shown = self.round_trip(self.frames)
        count = 3 * len(self.frames)
        # Of a frame's 23 bytes, all but the two in front may be doubled.
        self.wait_for_bytes(shown, count * 44)
        process.signal(signal.SIGTERM)
        shown.rest()
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)
        received = self.received_frames(shown, count)
        # dump1090 may take the first frames before it has accepted who listens to its output.
        first = self.frames.index(received[0])
        self.assertEqual(received, (4 * self.frames)[first:first + count])

    def test_what_is_sent_is_whole_messages(self):
        process, shown = self.round_trip(self.frames[:1])
        self.wait_for_bytes(shown, 1000)
        process.signal(signal.SIGTERM)
        shown.rest()
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)
        stats = shown.of("/raw_input/socket_stats")[-1]
        size = len(dump1090.avr(self.frames[0]))
        self.assertEqual(stats["egress_bytes"]["sent"], stats["egress"]["sent"] * size)
        found = support.equations(process.errors.rest().decode())
        self.assertEqual(found["raw_input", "egress messages"][0], stats["egress"]["accepted"])
        self.assertEqual(found["fly", "/beast/connection_state"][1],
                         [found["fly", "/beast/connection_state"][0]])


if __name__ == "__main__":
    unittest.main()
