"""Four threads that send on one connection, each with a sender of its own, over one thread."""

from cases import Group, named
from exchange import Pair, StreamRunner
from ratios import Ratio

SIZES = (16, 64, 256, 1024)

PAIRS = {name: Pair("sluice_producers", source=(name,), target=(name,)) for name in ("four", "one")}
GROUPS = tuple(Group(tuple(named(case, size) for case in PAIRS), 9, 21) for size in SIZES)
CASES = tuple(case for group in GROUPS for case in group.cases)
RATIOS = tuple(Ratio(named("four", size), named("one", size), "messages_per_s") for size in SIZES)
COLUMNS = (("k messages/s", "messages_per_s", 1e3), ("sender CPU ns", "sender_cpu_ns", 1),
           ("receiver CPU ns", "receiver_cpu_ns", 1))


class Runner(StreamRunner):
    PAIRS = PAIRS
    DURATION_S = 0.6
