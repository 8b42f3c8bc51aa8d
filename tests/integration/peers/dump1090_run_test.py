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
# What the same aircraft say, in two formats.
TWO_VIEWS = """
stages:
  beast: {{type: tcp_client, address: "{beast_output}", framing: "dle:1a"}}
  sbs: {{type: tcp_client, address: "{sbs_output}", framing: lines}}
  show:
    type: print
    format: json
    subscribe:
      - {{channel: /beast/frames, policy: lossless}}
      - {{channel: /beast/packet_group, policy: lossless}}
      - {{channel: /sbs/frames, policy: lossless}}
      - {{channel: /sbs/socket_stats}}
"""
GROUPS = "/beast/packet_group"


def view_of(frame):
    """(aircraft, call sign) of an identification."""
    letters = int.from_bytes(frame[5:11], "big")
    callsign = "".join(dump1090.CALLSIGN_LETTERS[letters >> shift & 63]
                       for shift in range(42, -1, -6))
    return frame[1:4].hex().upper(), callsign.strip()


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

    def two_views(self):
        """A pipeline that listens to both outputs, as (process, what it shows)."""
        process = self.run_pipeline(self.config(TWO_VIEWS.format(
            beast_output=self.server.address("beast_output"),
            sbs_output=self.server.address("sbs_output"))))
        shown = printed.Printed(process.output)
        return process, shown

    def test_beast_and_sbs_cut_into_frames_tell_of_the_same_aircraft(self):
        process, shown = self.two_views()
        source = self.server.connect("raw_input")
        # dump1090 accepts those who listen some time after they are connected; the statistics
        # come meanwhile.
        while not (shown.of("/beast/frames") and shown.of("/sbs/frames")):
            source.sendall(dump1090.avr(self.frames[0]))
            shown.next_of_any()
        for frame in self.frames:
            source.sendall(dump1090.avr(frame))
        last = self.frames[-1]
        while not (self.beast_frames(shown)[-1:] == [last] and self.sbs_views(shown)[-1:] ==
                   [view_of(last)]):
            shown.next_of_any()
        process.signal(signal.SIGTERM)
        shown.rest()
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)
        count = len(self.frames)
        self.assertEqual(self.beast_frames(shown)[-count:], self.frames)
        self.assertEqual(self.sbs_views(shown)[-count:], [view_of(f) for f in self.frames])
        # The frames are those that a reader of bytes finds.
        received = self.received_frames(shown, len(shown.frames("/beast/frames", 1)))
        self.assertEqual(self.beast_frames(shown), received)

    def beast_frames(self, shown):
        """The Mode S frames: type, six bytes of time, one of signal stand before each."""
        return [payload[8:] for _, _, payload in shown.frames("/beast/frames", 1)]

    def sbs_views(self, shown):
        """(aircraft, call sign) of the identification messages."""
        lines = [payload.decode("ascii").split(",")
                 for _, _, payload in shown.frames("/sbs/frames", 1)]
        return [(fields[4], fields[10].strip()) for fields in lines if fields[:2] == ["MSG", "1"]]

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
