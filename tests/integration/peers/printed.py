"""What a `print` stage with `format: json` shows, read message by message."""

import base64
import json
import time

import harness


class Printed:
    """The messages of standard output; all of `messages` were read so far."""

    def __init__(self, output):
        self._output = output
        self.messages = []  # (channel, message)

    def next(self, channel, wanted=lambda message: True):
        """Reads up to a message of `channel` that is `wanted`; returns it."""
        deadline = time.monotonic() + harness.DEADLINE_S
        while time.monotonic() < deadline:
            shown, message = self._read(self._output.line())
            if shown == channel and wanted(message):
                return message
        last = "\n  ".join(f"{shown}: {message}" for shown, message in dict(self.messages).items())
        raise AssertionError(f"no such message of {channel} came in {harness.DEADLINE_S} s; "
                             f"the last of each channel:\n  {last}")

    def next_of_any(self):
        """Reads one message."""
        return self._read(self._output.line())

    def rest(self):
        for line in self._output.rest().splitlines():
            self._read(line)

    def of(self, channel):
        return [message for shown, message in self.messages if shown == channel]

    def stream(self, channel, connection):
        """The bytes of one connection, all of them: every packet is where its offset says."""
        stream = bytearray()
        for group in self.of(channel):
            for packet in group["packets"] if group["connection"] == connection else []:
                if packet["stream_offset"] != len(stream):
                    raise AssertionError(f"{packet} does not follow {len(stream)} bytes")
                stream += base64.b64decode(packet["data"], validate=True)
        return bytes(stream)

    def frames(self, channel, connection):
        """(offset, length, payload) of the frames of one connection."""
        return [(frame["stream_offset"], frame["wire_b"],
                 base64.b64decode(frame["data"], validate=True))
                for group in self.of(channel) if group["connection"] == connection
                for frame in group["frames"]]

    def _read(self, line):
        shown = json.loads(line)
        if shown.get("lost_before") != 0:
            raise AssertionError(f"messages are missing: {line}")
        self.messages.append((shown["channel"], shown["message"]))
        return self.messages[-1]
