"""From which size on a fragment should stay where it is: the same messages, copied or referenced.

Each has 8 bytes that are copied always, and a rest that is lent; only `copy_below_b` differs.
"""

from cases import Group, named
from exchange import Pair, StreamRunner
from ratios import Ratio

SIZES = (128, 256, 512, 1024, 2048, 4096, 16384)

PAIRS = {name: Pair("sluice", source=(name,)) for name in ("referenced", "copied")}
GROUPS = tuple(Group(tuple(named(case, size) for case in PAIRS), 9, 21) for size in SIZES)
CASES = tuple(case for group in GROUPS for case in group.cases)
RATIOS = tuple(
    Ratio(named("referenced", size), named("copied", size), measure, better,
          f"{named('referenced', size)}/{named('copied', size)}{suffix}")
    for measure, better, suffix in (("messages_per_s", "higher", ""),
                                    ("sender_cpu_ns", "lower", " cpu"))
    for size in SIZES)
COLUMNS = (("k messages/s", "messages_per_s", 1e3), ("sender CPU ns", "sender_cpu_ns", 1),
           ("receiver CPU ns", "receiver_cpu_ns", 1))


class Runner(StreamRunner):
    PAIRS = PAIRS
    DURATION_S = 0.4
