"""TcpClientStage and a bare receive loop read the same stream.

Bytes per second from the sender's accept to the receiver's exit, and the receiver's processor time.
The stage publishes groups of 16 packets to a lossless subscriber on an executor thread (`stage`),
single packets (`stage_1`), or groups to an inline subscriber (`stage_inline`). `ceiling` is a loop
of 256 KiB receives that does nothing with them.
"""

from process import Running
from ratios import Ratio

CASES = ("stage", "stage_1", "stage_inline", "ceiling")
RATIOS = tuple(
    ratio for case in CASES[:-1] for ratio in (
        Ratio(case, "ceiling", "bytes_per_s"),
        Ratio(case, "ceiling", "cpu_s_per_gb", "lower", f"{case}/ceiling cpu")))
ROUNDS, ROUNDS_MAX = 9, 21
COLUMNS = (("GB/s", "bytes_per_s", 1e9), ("CPU s/GB", "cpu_s_per_gb", 1))

BYTES = 4 * 1024**3
BYTES_QUICK = 32 * 1024**2


class Runner:
    def __init__(self, build, quick):
        self._helpers = build / "bench" / "compare"
        self._bytes = BYTES_QUICK if quick else BYTES

    def _command(self, case, port):
        if case == "ceiling":
            return [self._helpers / "bare_receiver", port]
        group_size = 1 if case == "stage_1" else 16
        delivery = "inline" if case == "stage_inline" else "queued"
        return [self._helpers / "stage_receiver", port, self._bytes, group_size, delivery]

    def run(self, case):
        with Running([self._helpers / "fast_sender", self._bytes]) as sender:
            with Running(self._command(case, sender.line())) as receiver:
                received = receiver.wait()
            accepted_ns = int(sender.wait().output.split()[0])
        return {"bytes_per_s": self._bytes * 1e9 / (received.at_ns - accepted_ns),
                "cpu_s_per_gb": received.cpu_s * 1e9 / self._bytes}
