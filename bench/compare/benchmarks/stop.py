"""How long `Link::stop` takes, in each state of a link, called from another thread than the loop's.

The promise is 50 ms; the ratios to it are of the 99th percentile.
"""

import isolation
from process import Running
from ratios import Ratio, percentile

STATES = ("resolving", "connecting", "waiting", "up_idle", "up_traffic", "up_full_egress")
PROMISE = "promise"
CASES = STATES + (PROMISE,)
RATIOS = tuple(Ratio(state, PROMISE, "p99_us", "lower") for state in STATES) + (
    Ratio("up_traffic", "up_idle", "p50_us", "lower"),)
ROUNDS, ROUNDS_MAX = 7, 15
COLUMNS = (("p50 µs", "p50_us", 1), ("p99 µs", "p99_us", 1), ("max µs", "max_us", 1))

PROMISE_US = 50_000
COUNT = {state: 1000 for state in STATES} | {"up_full_egress": 100}
COUNT_QUICK = 10
UNANSWERED = "device.example"


class Runner:
    def __init__(self, build, quick):
        self._program = build / "bench" / "compare" / "stop_bench"
        self._quick = quick
        self._name_server = isolation.silent_name_server()

    def run(self, case):
        if case == PROMISE:
            return {"p50_us": PROMISE_US, "p99_us": PROMISE_US, "max_us": PROMISE_US}
        count = COUNT_QUICK if self._quick else COUNT[case]
        with Running([self._program, case, count, UNANSWERED]) as program:
            times = sorted(float(line) for line in program.wait().output.split())
        return {"count": len(times), "p50_us": percentile(times, 0.5),
                "p99_us": percentile(times, 0.99), "max_us": times[-1]}
