"""How long a message takes there and back, one at a time.

Plain sockets that sleep in the kernel or spin, without framing, are what nobody can beat by much.
"""

from cases import Group, named, parts
from exchange import Exchange, Pair
from ratios import Ratio, percentile

SIZES = (64, 1024)

# Each of Sluice's cases with the rivals that it is measured by.
OURS = {
    name: (Pair("sluice", source=(name,), target=(name,)), rivals) for name, rivals in {
        "handler": ("raw_blocking", "zeromq", "nng"),
        "queue": ("raw_blocking", "zeromq", "nng"),
        "busy_poll": ("raw_spin", "zeromq", "nng"),
    }.items()}
RIVALS = {
    "raw_blocking": Pair("raw", source=("blocking",), target=("blocking",)),
    "raw_spin": Pair("raw", source=("spin",), target=("spin",)),
    "zeromq": Pair("zeromq"),
    "nng": Pair("nng"),
}
PAIRS = {**{name: pair for name, (pair, _) in OURS.items()}, **RIVALS}
COMPARED = {**{name: rivals for name, (_, rivals) in OURS.items()},
            "zeromq": ("raw_blocking",), "nng": ("raw_blocking",)}

GROUPS = tuple(Group(tuple(named(program, size) for program in PAIRS), 9, 21) for size in SIZES)
CASES = tuple(case for group in GROUPS for case in group.cases)
RATIOS = tuple(
    Ratio(named(case, size), named(rival, size), measure, "lower",
          f"{named(case, size)}/{named(rival, size)}{suffix}")
    for case, rivals in COMPARED.items() for rival in rivals for size in SIZES
    for measure, suffix in (("p50_us", ""), ("p99_us", " p99")))
COLUMNS = (("p50 µs", "p50_us", 1), ("p99 µs", "p99_us", 1), ("p99.9 µs", "p99_9_us", 1))

COUNT, COUNT_QUICK = 10_000, 100


class Runner:
    def __init__(self, build, quick):
        self._exchange = Exchange(build)
        self._count = COUNT_QUICK if quick else COUNT

    def run(self, case):
        program, size = parts(case)
        times = self._exchange.round_trips(PAIRS[program], size, self._count)
        return {"count": len(times), "p50_us": percentile(times, 0.5) / 1000,
                "p99_us": percentile(times, 0.99) / 1000,
                "p99_9_us": percentile(times, 0.999) / 1000}
