"""`sluice cat` and socat read the same stream and write it to /dev/null.

Bytes per second from the sender's accept to the receiver's exit, and the receiver's processor time.
`ceiling` is a loop of 256 KiB receives that writes nothing; `socat_256k` is socat at its best.
"""

import subprocess

from process import Running
from ratios import Ratio

CASES = ("sluice", "socat", "socat_256k", "ceiling")
RATIOS = (
    Ratio("sluice", "socat", "bytes_per_s"),
    Ratio("sluice", "socat_256k", "bytes_per_s"),
    Ratio("sluice", "ceiling", "bytes_per_s"),
    Ratio("sluice", "socat", "cpu_s_per_gb", "lower", "sluice/socat cpu"),
    Ratio("sluice", "socat_256k", "cpu_s_per_gb", "lower", "sluice/socat_256k cpu"),
    Ratio("sluice", "ceiling", "cpu_s_per_gb", "lower", "sluice/ceiling cpu"),
)
ROUNDS, ROUNDS_MAX = 9, 21
COLUMNS = (("GB/s", "bytes_per_s", 1e9), ("CPU s/GB", "cpu_s_per_gb", 1))

BYTES = 4 * 1024**3
BYTES_QUICK = 32 * 1024**2


class Runner:
    def __init__(self, build, quick):
        self._helpers = build / "bench" / "compare"
        self._bytes = BYTES_QUICK if quick else BYTES
        self._receivers = {
            "sluice": lambda port: [build / "sluice", "cat", "--no-reconnect", f"127.0.0.1:{port}"],
            "socat": lambda port: ["socat", "-u", f"TCP:127.0.0.1:{port}", "/dev/null"],
            "socat_256k": lambda port: ["socat", "-u", "-b", "262144", f"TCP:127.0.0.1:{port}",
                                        "/dev/null"],
            "ceiling": lambda port: [self._helpers / "bare_receiver", port],
        }

    def run(self, case):
        with Running([self._helpers / "fast_sender", self._bytes]) as sender:
            command = self._receivers[case](sender.line())
            with Running(command, output=subprocess.DEVNULL) as receiver:
                received = receiver.wait()
            accepted_ns = int(sender.wait().output.split()[0])
        return {"bytes_per_s": self._bytes * 1e9 / (received.at_ns - accepted_ns),
                "cpu_s_per_gb": received.cpu_s * 1e9 / self._bytes}
