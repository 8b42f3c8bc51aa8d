"""dump1090 without a radio: Mode S frames go in as text, and come out in Beast format."""

import socket

import harness

ESCAPE = 0x1a
GENERATOR = 0xFFF409  # of the 24 bits of parity: ICAO Annex 10, Volume IV, 3.1.2.3.3
CALLSIGN_LETTERS = "?ABCDEFGHIJKLMNOPQRSTUVWXYZ????? ???????????????0123456789??????"
# By the type byte: Mode A/C, Mode S short, Mode S long.
FRAME_BYTES = {0x31: 2, 0x32: 7, 0x33: 14}


def parity(data):
    register = 0
    for byte in data:
        register ^= byte << 16
        for _ in range(8):
            register <<= 1
            if register & 0x1000000:
                register ^= 0x1000000 | GENERATOR
    return register


def identification(aircraft, callsign):
    """The 14 bytes in which an aircraft (24 bits) tells its call sign (up to 8 characters)."""
    letters = 0
    for letter in callsign.ljust(8):
        letters = letters << 6 | CALLSIGN_LETTERS.index(letter)
    data = bytes([0x8d]) + aircraft.to_bytes(3, "big") + bytes([0x20]) + letters.to_bytes(6, "big")
    return data + parity(data).to_bytes(3, "big")


def avr(frame):
    """A frame as a line of text, for the raw input."""
    return b"*%s;\n" % frame.hex().upper().encode("ascii")


def beast(frame, time=0, signal=0):
    """A frame as bytes: escape, type, six bytes of time, one of signal, frame; escapes doubled."""
    kind = next(kind for kind, size in FRAME_BYTES.items() if size == len(frame))
    body = time.to_bytes(6, "big") + bytes([signal]) + frame
    return bytes([ESCAPE, kind]) + body.replace(b"\x1a", b"\x1a\x1a")


def receive_beast(peer, count):
    """The next `count` frames from a socket, as (time, signal, frame)."""
    return [_receive_beast_frame(peer) for _ in range(count)]


def _receive_beast_frame(peer):
    start, kind = harness.receive_exactly(peer, 2)
    if start != ESCAPE or kind not in FRAME_BYTES:
        raise AssertionError(f"no Beast frame begins with {start:02x} {kind:02x}")
    body = bytearray()
    while len(body) < 7 + FRAME_BYTES[kind]:
        byte = harness.receive_exactly(peer, 1)
        if byte[0] == ESCAPE and harness.receive_exactly(peer, 1) != byte:
            raise AssertionError(f"a frame ends early, after {body.hex()}")
        body += byte
    return int.from_bytes(body[:6], "big"), body[6], bytes(body[7:])


class Dump1090:
    """A running dump1090. It forwards each valid frame at once, and nothing else."""

    PORTS = {"raw_input": "ri", "raw_output": "ro", "sbs_output": "sbs", "beast_input": "bi",
             "beast_output": "bo"}

    def __init__(self, test):
        self._test = test
        self.ports = None
        while self.ports is None:
            self._start({name: harness.free_port() for name in self.PORTS})

    def address(self, name):
        """Of one of PORTS."""
        return f"127.0.0.1:{self.ports[name]}"

    def connect(self, name):
        """A socket of the test's own at one of PORTS."""
        peer = socket.create_connection(("127.0.0.1", self.ports[name]), harness.DEADLINE_S)
        self._test.addCleanup(peer.close)
        return peer

    def kill(self):
        self._process.kill()

    def restart(self):
        """Serves on the same ports again."""
        ports, self.ports = self.ports, None
        self._start(ports)
        self._test.assertEqual(self.ports, ports, "somebody else took a port of the dead dump1090")

    def _start(self, ports):
        numbers = [argument for name, short in self.PORTS.items()
                   for argument in (f"--net-{short}-port", str(ports[name]))]
        # Verbatim: also the first frame of an aircraft is forwarded. Nothing but frames: no
        # heartbeat.
        self._process = self._test.start(
            harness.peer_program("dump1090-mutability"), "--net-only", "--quiet",
            "--net-bind-address", "127.0.0.1", "--net-verbatim", "--net-heartbeat", "0", *numbers)
        if all(self._process.listens(port) for port in ports.values()):
            self.ports = ports
