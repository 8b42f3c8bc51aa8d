"""Names of cases, and which of them alternate with each other.

A case of a benchmark with several sizes is PROGRAM@SIZE, in bytes. Only cases of one size are
compared, so that each size has rounds of its own.
"""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Group:
    """Cases that alternate in rounds of their own: `rounds` at least, up to `rounds_max`."""
    cases: tuple
    rounds: int
    rounds_max: int


def named(program, size):
    return f"{program}@{size}"


def parts(case):
    """PROGRAM@SIZE as (program, size)."""
    program, size = case.rsplit("@", 1)
    return program, int(size)


def groups_of(benchmark):
    """A benchmark that names no groups has one of all its cases."""
    return getattr(benchmark, "GROUPS", None) or (
        Group(benchmark.CASES, benchmark.ROUNDS, benchmark.ROUNDS_MAX),)


@dataclasses.dataclass(frozen=True)
class Best:
    """`case` stands for the one of `variants` with the highest median of `measure`."""
    case: str
    variants: tuple
    measure: str

    def chosen(self, rounds):
        def median(variant):
            return statistics.median(one[variant][self.measure] for one in rounds)
        return max(self.variants, key=median)


def with_best(benchmark, rounds):
    """The rounds, with what stands for the best of several cases; and which of them it is.

    It is the same variant in all rounds: the best one of each round would be a rival that nobody
    can install.
    """
    bests = {}
    rounds = [dict(one) for one in rounds]
    for best in getattr(benchmark, "BESTS", ()):
        having = [one for one in rounds if best.variants[0] in one]
        if having:
            bests[best.case] = best.chosen(having)
            for one in having:
                one[best.case] = one[bests[best.case]]
    return rounds, bests
