"""From the rounds of one run to ratios and how far they can be trusted."""

import dataclasses
import math
import random
import statistics

RESAMPLES = 4000
UNDECIDED_WIDTH = 0.2


@dataclasses.dataclass(frozen=True)
class Ratio:
    """`case` over `rival`, of one measured value, taken within each round."""
    case: str
    rival: str
    measure: str
    better: str = "higher"
    name: str = ""

    def __str__(self):
        return self.name or f"{self.case}/{self.rival}"


def percentile(ordered, share):
    """Of sorted values: the smallest that at least this share does not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def interval(values):
    """The 95 % bootstrap interval of the median; the same values give the same one."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values)))
                     for _ in range(RESAMPLES))
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1]


def summary(ratio, rounds):
    """`rounds` maps, in each round, a case to its measures; rounds without the two do not count."""
    values = [one[ratio.case][ratio.measure] / one[ratio.rival][ratio.measure] for one in rounds
              if ratio.case in one and ratio.rival in one]
    low, high = interval(values)
    return {"median": statistics.median(values), "min": min(values), "max": max(values),
            "interval_95": [low, high], "undecided": high - low > UNDECIDED_WIDTH,
            "measure": ratio.measure, "better": ratio.better}
