"""Messages a second from one program to another, of each size, through Sluice and its rivals.

`zeromq` and `ceiling` stand for the best of their variants at that size; the ceiling has no queue,
no pool and no thread to hand over to.
"""

from cases import Best, Group, named
from exchange import Pair, StreamRunner
from ratios import Ratio

SIZES = (16, 64, 256, 1024, 4096, 65536, 1048576)
UNSTEADY = (65536, 1048576)  # rounds differ most there, so that more of them are needed

OURS = {"sluice": Pair("sluice"),
        "sluice_batch": Pair("sluice", source=("batch",), target=("batch",))}
VARIANTS = {
    "zeromq": {
        "zeromq_copy": Pair("zeromq", source=("copy",)),
        "zeromq_deep": Pair("zeromq", source=("deep",), target=("deep",)),
        "zeromq_init_data": Pair("zeromq", source=("init_data",)),
    },
    "ceiling": {
        "ceiling_copy": Pair("ceiling", source=("copy",), target=("slab",)),
        "ceiling_iovec": Pair("ceiling", source=("iovec",), target=("slab",)),
        "ceiling_slab_lowat": Pair("ceiling", source=("iovec",), target=("slab_lowat",)),
        "ceiling_exact": Pair("ceiling", source=("iovec",), target=("exact",)),
        "ceiling_exact_lowat": Pair("ceiling", source=("iovec",), target=("exact_lowat",)),
    },
}
PLAIN = {"nng": Pair("nng"), "asio": Pair("asio"), "nats": Pair("nats")}
RIVALS = ("zeromq", "nng", "asio", "nats", "ceiling")
PAIRS = {**OURS, **PLAIN, **{name: pair for variants in VARIANTS.values()
                             for name, pair in variants.items()}}

# Variants that are far from the best at other sizes are not tried there.
SIZE_RANGE = {"ceiling_copy": (0, 1024), "ceiling_iovec": (256, 65536),
              "ceiling_slab_lowat": (65536, 65536), "ceiling_exact": (65536, 1048576),
              "ceiling_exact_lowat": (65536, 1048576),
              "zeromq_deep": (0, 4096), "zeromq_init_data": (1024, 1048576)}


def fits(program, size):
    least, most = SIZE_RANGE.get(program, (0, size))
    return least <= size <= most


GROUPS = tuple(
    Group(tuple(named(program, size) for program in PAIRS if fits(program, size)),
          *((21, 31) if size in UNSTEADY else (7, 21)))
    for size in SIZES)
BESTS = tuple(
    Best(named(rival, size),
         tuple(named(variant, size) for variant in variants if fits(variant, size)),
         "messages_per_s")
    for size in SIZES for rival, variants in VARIANTS.items())
CASES = tuple(case for group in GROUPS for case in group.cases)
RATIOS = tuple(Ratio(named(case, size), named(rival, size), "messages_per_s")
               for case, rivals in [(ours, RIVALS) for ours in OURS] + [("ceiling", ("zeromq",))]
               for rival in rivals for size in SIZES)
COLUMNS = (("k messages/s", "messages_per_s", 1e3), ("GB/s", "bytes_per_s", 1e9),
           ("sender CPU ns", "sender_cpu_ns", 1), ("receiver CPU ns", "receiver_cpu_ns", 1))


class Runner(StreamRunner):
    PAIRS = PAIRS
    DURATION_S = 0.6

    def stream(self, program, size, count):
        if program == "nats":
            return self._exchange.stream_through_nats(size, count)
        return super().stream(program, size, count)
