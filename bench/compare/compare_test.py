#!/usr/bin/env python3
"""Tests of how benchmarks are judged; the benchmarks themselves have --quick."""

import importlib
import unittest

import load
import ratios
import run
from benchmarks import stop


class FakeRunner:
    def run(self, case):
        return {"value": len(case)}


class RatioTest(unittest.TestCase):
    ratio = ratios.Ratio("ours", "theirs", "value")

    def rounds(self, *pairs):
        return [{"ours": {"value": a}, "theirs": {"value": b}} for a, b in pairs]

    def test_a_ratio_is_taken_within_each_round(self):
        got = ratios.summary(self.ratio, self.rounds((2, 1), (40, 10), (300, 100)))
        self.assertEqual((got["median"], got["min"], got["max"]), (3, 2, 4))

    def test_equal_rounds_are_decided(self):
        got = ratios.summary(self.ratio, self.rounds(*[(3, 2)] * 9))
        self.assertEqual(got["interval_95"], [1.5, 1.5])
        self.assertFalse(got["undecided"])

    def test_a_wide_spread_is_undecided(self):
        got = ratios.summary(self.ratio, self.rounds((1, 1), (2, 1), (3, 1), (4, 1), (5, 1)))
        self.assertTrue(got["undecided"])

    def test_one_outlier_leaves_the_median_decided(self):
        rounds = self.rounds(*[(2 + i / 100, 1) for i in range(10)], (9, 1))
        self.assertFalse(ratios.summary(self.ratio, rounds)["undecided"])

    def test_the_interval_replays(self):
        values = [1.0, 1.2, 1.1, 1.4, 0.9]
        self.assertEqual(ratios.interval(values), ratios.interval(values))


class LoadTest(unittest.TestCase):
    stat = "cpu  100 20 300 9000 50 7 13 10 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"

    def test_idle_and_waiting_are_not_busy(self):
        ticks = load.os.sysconf("SC_CLK_TCK")
        self.assertEqual(load.busy_s(self.stat, with_interrupts=True), 450 / ticks)
        self.assertEqual(load.busy_s(self.stat, with_interrupts=False), 430 / ticks)


class RoundTest(unittest.TestCase):
    def judged(self, shares, tolerate=False):
        """Runs one round on a machine that is loaded so at each attempt."""
        attempts = iter(shares)

        class Meter:
            def foreign_share(self):
                return next(attempts)

        real, run.load.LoadMeter = run.load.LoadMeter, Meter
        pause, run.RETRY_PAUSE_S = run.RETRY_PAUSE_S, 0
        try:
            return run.quiet_round(FakeRunner(), ("a", "bb"), 0, tolerate)
        finally:
            run.load.LoadMeter, run.RETRY_PAUSE_S = real, pause

    def test_a_disturbed_round_is_done_again(self):
        self.assertEqual(self.judged([0.5, 0.3, 0.01])[1], 0.01)

    def test_load_that_stays_is_refused(self):
        with self.assertRaisesRegex(run.Disturbed, "30% to 90%"):
            self.judged([0.3] * run.RETRIES + [0.9])

    def test_tolerated_load_is_reported(self):
        results, share = self.judged([0.5], tolerate=True)
        self.assertEqual(share, 0.5)
        self.assertEqual(results, {"a": {"value": 1}, "bb": {"value": 2}})


class BenchmarksTest(unittest.TestCase):
    def test_ratios_name_cases_and_differ(self):
        for name in run.names():
            benchmark = importlib.import_module(f"benchmarks.{name}")
            keys = [str(ratio) for ratio in benchmark.RATIOS]
            self.assertEqual(len(keys), len(set(keys)), name)
            for ratio in benchmark.RATIOS:
                self.assertLessEqual({ratio.case, ratio.rival}, set(benchmark.CASES), name)

    def test_a_percentile_is_a_measured_value(self):
        self.assertEqual(stop.percentile(list(range(1, 101)), 0.99), 99)
        self.assertEqual(stop.percentile([5], 0.5), 5)


if __name__ == "__main__":
    unittest.main()
