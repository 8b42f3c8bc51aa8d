#!/usr/bin/env python3
"""Runs one benchmark against its rivals, and writes build/bench/NAME.json.

The cases alternate in every round of one run, so that what changes on the machine meets all alike;
figures are ratios within a round. It runs in a network namespace of its own, under one congestion
control. A round in which something else used the processors is done again; when that does not help,
nothing is reported. --quick is a tiny run that proves only that the benchmark works.
"""

import argparse
import datetime
import importlib
import json
import pathlib
import statistics
import sys
import time

import cases
import isolation
import load
import process
import ratios

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

RETRIES = 5
RETRY_PAUSE_S = 4
EXIT_FAILED, EXIT_DISTURBED, EXIT_IMPOSSIBLE = 1, 3, 77


class Disturbed(Exception):
    """The machine was not quiet for long enough."""


def names():
    return sorted(path.stem for path in (HERE / "benchmarks").glob("*.py"))


def measure_round(runner, names_of_cases, backwards):
    """The cases, each once, and the share of processor time that others used meanwhile."""
    meter = load.LoadMeter(getattr(runner, "owns_interrupts", False))
    order = reversed(names_of_cases) if backwards else names_of_cases
    results = {case: runner.run(case) for case in order}
    return {case: results[case] for case in names_of_cases}, meter.foreign_share()


def quiet_round(runner, names_of_cases, number, tolerate):
    shares = []
    for attempt in range(1 + RETRIES):
        results, share = measure_round(runner, names_of_cases, number % 2 == 1)
        if tolerate or share <= load.FOREIGN_SHARE_MAX:
            return results, share
        shares.append(share)
        print(f"round {number + 1}: others used {share:.0%} of the processors; once more",
              file=sys.stderr)
        time.sleep(RETRY_PAUSE_S * attempt)
    raise Disturbed(f"other load disturbed round {number + 1} at all {len(shares)} attempts "
                    f"({min(shares):.0%} to {max(shares):.0%} of the processors, allowed are "
                    f"{load.FOREIGN_SHARE_MAX:.0%}); stop it and measure again")


def measure(benchmark, options):
    """All rounds: of each group at least its number, more while one of its ratios is undecided."""
    runner = benchmark.Runner(options.build.resolve(), options.quick)
    rounds, shares = [], []
    for group in cases.groups_of(benchmark):
        for results, share in measure_group(benchmark, group, runner, options):
            rounds.append(results)
            shares.append(share)
    return rounds, shares


def measure_group(benchmark, group, runner, options):
    least, most = (1, 1) if options.quick else (group.rounds, group.rounds_max)
    least = options.rounds or least
    rounds = []
    while len(rounds) < least or (len(rounds) < most and undecided(benchmark, rounds)):
        results, share = quiet_round(runner, group.cases, len(rounds),
                                     options.quick or options.allow_load)
        rounds.append(results)
        yield results, share


def undecided(benchmark, rounds):
    """Whether a ratio within these rounds, all of one group, is."""
    complete, _ = cases.with_best(benchmark, rounds)
    return any(ratios.summary(ratio, complete)["undecided"] for ratio in benchmark.RATIOS
               if ratio.case in complete[0] and ratio.rival in complete[0])


def describe(benchmark, options, rounds, shares):
    """What build/bench/NAME.json holds."""
    rounds, bests = cases.with_best(benchmark, rounds)
    return {
        "name": options.name,
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": " ".join(["./dev", "bench"] + options.words),
        "quick": options.quick,
        "disturbed": max(shares) > load.FOREIGN_SHARE_MAX,
        "foreign_load": shares,
        "machine": load.machine(),
        "congestion_control": isolation.CONGESTION_CONTROL,
        "best": bests,
        "ratios": {str(ratio): ratios.summary(ratio, rounds) for ratio in benchmark.RATIOS},
        "rounds": rounds,
    }


def row(*cells):
    return f"| {' | '.join(cells)} |"


def cell(rounds, case, measure_name, unit):
    """A median with its range, or a dash for what a case does not measure."""
    values = [one[case][measure_name] / unit for one in rounds
              if measure_name in one.get(case, {})]
    if not values:
        return "-"
    return f"{statistics.median(values):.3g} [{min(values):.3g}-{max(values):.3g}]"


def table(benchmark, report):
    """Lines for people, in Markdown: the cases with their figures, then the ratios."""
    yield row("case", *(f"{title}, median [min-max]" for title, _, _ in benchmark.COLUMNS))
    yield row(*["---"] * (1 + len(benchmark.COLUMNS)))
    best = set(report["best"].values())
    for case in benchmark.CASES:
        cells = [cell(report["rounds"], case, measure_name, unit)
                 for _, measure_name, unit in benchmark.COLUMNS]
        yield row(f"`{case}`" + ", the best" * (case in best), *cells)
    if report["ratios"]:
        yield ""
        yield row("ratio", "better", "median [min-max]", "95 % of the median")
        yield row(*["---"] * 4)
    for name, ratio in report["ratios"].items():
        sure = f"{ratio['interval_95'][0]:.3g} to {ratio['interval_95'][1]:.3g}"
        yield row(f"`{name}`", ratio["better"],
                  f"{ratio['median']:.3g} [{ratio['min']:.3g}-{ratio['max']:.3g}]",
                  sure + (", undecided" if ratio["undecided"] else ""))
    machine = report["machine"]
    notes = ["disturbed by other load"] * report["disturbed"] + ["a tiny run"] * report["quick"]
    yield (f"\n{report['date'][:10]}, {machine['cpu']}, {machine['cores']} processors, Linux "
           f"{machine['kernel']}, {report['congestion_control']}, {rounds_told(benchmark, report)}"
           + "".join(f"; {note}: not to be quoted" for note in notes))


def rounds_told(benchmark, report):
    """As in `7 rounds`, or `7 to 21 rounds` where groups of cases had different numbers."""
    counts = {sum(group.cases[0] in one for one in report["rounds"])
              for group in cases.groups_of(benchmark)}
    return " to ".join(str(count) for count in sorted({min(counts), max(counts)})) + " rounds"


def parse(words):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Exit status: 0 reported; {EXIT_FAILED} a program failed; {EXIT_DISTURBED} the "
               f"machine was not quiet; {EXIT_IMPOSSIBLE} not possible on this machine.")
    parser.add_argument("name", metavar="NAME", choices=names(), help=", ".join(names()))
    parser.add_argument("--quick", action="store_true", help="one tiny round, whatever the load")
    parser.add_argument("--allow-load", action="store_true",
                        help="report also what other load disturbed, marked as such")
    parser.add_argument("--rounds", type=int, help="at least so many")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release",
                        help="the build tree (%(default)s)")
    options = parser.parse_args(words)
    options.words = words
    return options


def run(options):
    isolation.set_up()
    benchmark = importlib.import_module(f"benchmarks.{options.name}")
    rounds, shares = measure(benchmark, options)
    report = describe(benchmark, options, rounds, shares)
    print("\n".join(table(benchmark, report)))
    target = ROOT / "build" / "bench" / f"{options.name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(f"written to {target.relative_to(ROOT)}")


def main(words):
    options = parse(words)
    try:
        isolation.enter()
        run(options)
    except (isolation.Impossible, Disturbed, process.Failed) as problem:
        print(f"bench {options.name}: {problem}", file=sys.stderr)
        return {isolation.Impossible: EXIT_IMPOSSIBLE, Disturbed: EXIT_DISTURBED,
                process.Failed: EXIT_FAILED}[type(problem)]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
