"""A line of 1 Gbit/s between two network namespaces, and what TCP can carry over it."""

import os
import subprocess
import time

import isolation

RATE_BIT_S = 1_000_000_000
# tbf lets through so much at once after an idle time, and keeps at most so much waiting.
BURST_BYTES = 64 * 1024
LATENCY_MS = 50

MTU = 1500
ETHERNET_HEADER = 14         # tbf counts it, but no preamble, no checksum, no gap between frames
IP_AND_TCP_HEADERS = 20 + 32  # TCP with time stamps, as Linux does by default
SOURCE, TARGET = "10.77.0.1", "10.77.0.2"


def payload_share():
    """The part of the line's rate that is left for what TCP carries in full segments: 1448/1514."""
    return (MTU - IP_AND_TCP_HEADERS) / (MTU + ETHERNET_HEADER)


def bound_bit_s(size, header):
    """The rate of payload of messages of `size` bytes, each after a header of its own."""
    return RATE_BIT_S * payload_share() * size / (size + header)


class Line:
    """From this namespace to one of its own, which stands until this process ends."""

    def __init__(self):
        # Ends with its input, which nobody else holds.
        self._holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE)
        self._wait_for_namespace()
        self.target_prefix = ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")
        try:
            self._connect()
        except subprocess.CalledProcessError as problem:
            raise isolation.Impossible(
                "a line needs a veth pair and `tc qdisc ... tbf`, which this kernel or its "
                f"permissions refuse: {problem.stderr.strip()}") from None

    def _wait_for_namespace(self):
        """Until the child is in its new namespace."""
        own = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self._holder.pid}/ns/net") == own:
            if self._holder.poll() is not None:
                raise isolation.Impossible("a second network namespace is refused")
            time.sleep(0.001)

    def _connect(self):
        pid = str(self._holder.pid)
        shaped = ["root", "tbf", "rate", f"{RATE_BIT_S}bit", "burst", f"{BURST_BYTES}b",
                  "latency", f"{LATENCY_MS}ms"]
        self._do("ip", "link", "add", "source", "type", "veth", "peer", "name", "target",
                 "netns", pid)
        for prefix, name, address in (((), "source", SOURCE),
                                      (self.target_prefix, "target", TARGET)):
            self._do(*prefix, "ip", "address", "add", f"{address}/24", "dev", name)
            self._do(*prefix, "ip", "link", "set", name, "mtu", str(MTU), "up")
            self._do(*prefix, "tc", "qdisc", "add", "dev", name, *shaped)
        self._do(*self.target_prefix, "sysctl", "-q", "-w",
                 f"net.ipv4.tcp_congestion_control={isolation.CONGESTION_CONTROL}")

    @staticmethod
    def _do(*command):
        subprocess.run(command, check=True, capture_output=True, text=True)
