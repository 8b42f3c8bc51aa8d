#!/usr/bin/env python3
"""Draws docs/NAME.svg from build/bench/NAME.json: ratios over message sizes, by gnuplot.

Refuses a report that is not to be quoted, unless it is drawn elsewhere with --folder.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import cases

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def curves(all_ratios):
    """From `A@SIZE/B@SIZE` to {"A / B": [(size, median, low, high), ...]}, by size."""
    found = {}
    for name, ratio in all_ratios.items():
        (case, size), (rival, _) = (cases.parts(part) for part in name.split("/"))
        point = (size, ratio["median"], *ratio["interval_95"])
        found.setdefault(f"{case} / {rival}", []).append(point)
    return {name: sorted(points) for name, points in found.items()}


def data(all_curves):
    """Blocks for gnuplot, a curve each."""
    return "\n\n\n".join(
        "\n".join([f'"{name}"'] + [" ".join(map(str, point)) for point in points])
        for name, points in all_curves.items()) + "\n"


def draw(report, folder):
    drawn = curves(report["ratios"])
    written = ROOT / "build" / "bench" / f"{report['name']}.dat"
    written.write_text(data(drawn), encoding="utf-8")
    target = folder / f"{report['name']}.svg"
    machine = report["machine"]
    subtitle = (f"{report['date'][:10]}, {machine['cpu']}, {machine['cores']} processors, "
                f"Linux {machine['kernel']}, {report['congestion_control']}")
    subprocess.run(["gnuplot", "-c", HERE / "ratios.gnuplot", written, str(len(drawn)),
                    f"./dev bench {report['name']}", subtitle, target], check=True)
    return target


def main(words):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", choices=("messaging",))
    parser.add_argument("--folder", type=pathlib.Path, help="instead of docs")
    options = parser.parse_args(words)
    source = ROOT / "build" / "bench" / f"{options.name}.json"
    if not source.exists():
        print(f"plot: {source} is missing: run ./dev bench {options.name}", file=sys.stderr)
        return 1
    report = json.loads(source.read_text(encoding="utf-8"))
    if options.folder is None and (report["quick"] or report["disturbed"]):
        print(f"plot: {source} is of a quick or disturbed run", file=sys.stderr)
        return 1
    print(f"written to {draw(report, options.folder or ROOT / 'docs')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
