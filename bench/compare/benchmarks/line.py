"""Messages over a line of 1 Gbit/s: how much of it is payload, and what that costs.

`of_bound` is goodput over what a framing with that header can reach: `bound` is Sluice's.
"""

from cases import Group, named, parts
from exchange import Counts, Exchange, Pair
from gigabit_line import TARGET, Line, bound_bit_s
from ratios import Ratio

SIZES = (64, 1024, 65536)

# Pairs, with the bytes that each puts before a message of a size.
OURS = {"sluice": (Pair("sluice"), lambda size: 4)}
RIVALS = {"zeromq": (Pair("zeromq", source=("copy",)), lambda size: 2 if size < 256 else 9),
          "asio": (Pair("asio"), lambda size: 4)}
PAIRS = {**OURS, **RIVALS}
BOUND = "bound"
BOUND_HEADER = 4

GROUPS = tuple(Group(tuple(named(program, size) for program in (*PAIRS, BOUND)), 5, 9)
               for size in SIZES)
CASES = tuple(case for group in GROUPS for case in group.cases)
RATIOS = tuple(Ratio(named(program, size), named(BOUND, size), "of_bound")
               for program in PAIRS for size in SIZES)
COLUMNS = (("Mbit/s", "goodput_bit_s", 1e6), ("of its bound", "of_bound", 1),
           ("sender CPU", "sender_cpu", 1), ("receiver CPU", "receiver_cpu", 1))

# Long enough for the burst that the line lets through at once not to count.
DURATION_S = 3


class Runner:
    owns_interrupts = True  # the timers of the shaped line, which wake idle processors

    def __init__(self, build, quick):
        self._line = Line()
        self._exchange = Exchange(build, TARGET, self._line.target_prefix)
        self._counts = Counts(DURATION_S, quick)

    def run(self, case):
        program, size = parts(case)
        if program == BOUND:
            return {"goodput_bit_s": bound_bit_s(size, BOUND_HEADER), "of_bound": 1}
        pair, header = PAIRS[program]

        def stream(count):
            return self._exchange.stream(pair, size, count)

        streamed = self._counts.run(case, size, stream)
        goodput = streamed.measures()["bytes_per_s"] * 8
        return {**streamed.measures(), "goodput_bit_s": goodput,
                "of_bound": goodput / bound_bit_s(size, header(size)),
                "sender_cpu": streamed.source_cpu_ns / streamed.duration_ns,
                "receiver_cpu": streamed.target_cpu_ns / streamed.duration_ns}
