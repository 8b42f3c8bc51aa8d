#!/usr/bin/env python3
"""Tests of how benchmarks are judged; the benchmarks themselves have --quick."""

import importlib
import resource
import types
import unittest
from unittest import mock

import cases
import exchange
import gigabit_line
import isolation
import load
import plot
import process
import ratios
import run
from benchmarks import connections, messaging


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

    def test_rounds_without_the_cases_do_not_count(self):
        rounds = self.rounds((4, 2)) + [{"other": {"value": 1}}, {"ours": {"value": 1}}]
        self.assertEqual(ratios.summary(self.ratio, rounds)["median"], 2)

    def test_a_percentile_is_a_measured_value(self):
        self.assertEqual(ratios.percentile(list(range(1, 101)), 0.99), 99)
        self.assertEqual(ratios.percentile([5], 0.5), 5)

    def test_the_interval_replays(self):
        values = [1.0, 1.2, 1.1, 1.4, 0.9]
        self.assertEqual(ratios.interval(values), ratios.interval(values))


class ProcessTest(unittest.TestCase):
    def test_a_missing_program_is_told(self):
        with self.assertRaisesRegex(process.Failed, "nothing_sender is missing"):
            process.Running(["/nothing_sender"])

    def test_a_held_program_ends_when_released(self):
        with process.Running(["cat"], held=True) as program:
            program.tell("a word")
            self.assertEqual(program.line(), "a word")
            program.release()
            self.assertEqual(program.wait().output, "")

    def test_a_program_that_ends_before_its_partner_is_blamed(self):
        with process.Running(["cat"], held=True) as waits, process.Running(["ls", "/no"]) as fails:
            with self.assertRaisesRegex(process.Failed, "ls /no ended with 2: .*No such file"):
                waits.wait_for_output(needed=fails)

    def test_a_program_without_a_word_is_told(self):
        with process.Running(["true"]) as program:
            with self.assertRaisesRegex(process.Failed, "true ended without a word"):
                program.line()

    def test_a_program_that_never_ends_is_killed(self):
        with mock.patch.object(process, "PATIENCE_S", 0), process.Running(["cat"], held=True) as it:
            with self.assertRaisesRegex(process.Failed, "was killed"):
                it.wait()


class LoadTest(unittest.TestCase):
    stat = "cpu  100 20 300 9000 50 7 13 10 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"

    def test_idle_and_waiting_are_not_busy(self):
        ticks = load.os.sysconf("SC_CLK_TCK")
        self.assertEqual(load.busy_s(self.stat, with_interrupts=True), 450 / ticks)
        self.assertEqual(load.busy_s(self.stat, with_interrupts=False), 430 / ticks)


    def test_interrupts_that_are_ones_own_are_no_foreign_load(self):
        with mock.patch.object(load, "interrupts_apart", return_value=False), \
                mock.patch.object(load.pathlib.Path, "read_text", return_value=self.stat):
            apart = [load.LoadMeter(owns)._begin[1] for owns in (True, False)]
        self.assertAlmostEqual(apart[1] - apart[0], 20 / load.os.sysconf("SC_CLK_TCK"))


class RoundTest(unittest.TestCase):
    def judged(self, shares, tolerate=False):
        """Runs one round on a machine that is loaded so at each attempt."""
        attempts = iter(shares)

        class Meter:
            def __init__(self, owns_interrupts):
                pass

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


class GroupsTest(unittest.TestCase):
    """Groups have rounds of their own."""

    def setUp(self):
        self.values = {}  # of each case, round by round
        self.run_order = []

        class Runner:
            def __init__(inner, build, quick):
                pass

            def run(inner, case):
                self.run_order.append(case)
                return {"value": self.values[case].pop(0)}

        self.benchmark = types.SimpleNamespace(
            Runner=Runner, BESTS=(), COLUMNS=(("value", "value", 1),),
            GROUPS=(cases.Group(("a@1", "b@1"), 2, 4), cases.Group(("a@2", "b@2"), 3, 3)),
            CASES=("a@1", "b@1", "a@2", "b@2"),
            RATIOS=(ratios.Ratio("a@1", "b@1", "value"), ratios.Ratio("a@2", "b@2", "value")))

    def measured(self, *words):
        with mock.patch.object(run.load.LoadMeter, "foreign_share", return_value=0.0):
            return run.measure(self.benchmark, run.parse(["cat", *words]))[0]

    def test_each_has_its_number_of_rounds(self):
        self.values = {case: [1] * 4 for case in self.benchmark.CASES}
        self.measured()
        self.assertEqual(self.run_order, ["a@1", "b@1", "b@1", "a@1",
                                          "a@2", "b@2", "b@2", "a@2", "a@2", "b@2"])

    def test_only_an_undecided_one_gets_more(self):
        self.values = {"a@1": [1, 2, 3, 4], "b@1": [1] * 4, "a@2": [1] * 3, "b@2": [1] * 3}
        rounds = self.measured()
        self.assertEqual(sum("a@1" in one for one in rounds), 4)
        self.assertEqual(sum("a@2" in one for one in rounds), 3)
        self.assertEqual(run.rounds_told(self.benchmark, {"rounds": rounds}), "3 to 4 rounds")

    def test_a_quick_run_has_one_round_of_each(self):
        self.values = {case: [1] for case in self.benchmark.CASES}
        self.assertEqual(len(self.measured("--quick")), 2)

    def test_a_benchmark_without_groups_is_one(self):
        plain = types.SimpleNamespace(CASES=("a", "b"), ROUNDS=3, ROUNDS_MAX=5)
        self.assertEqual(cases.groups_of(plain), (cases.Group(("a", "b"), 3, 5),))

    def test_the_table_shows_every_case_and_what_is_not_measured(self):
        report = {"rounds": [{"a": {"value": 2}}, {"b": {"value": 3}, "a": {"value": 4}},
                             {"c": {}}]}
        self.assertEqual([run.cell(report["rounds"], case, "value", 1) for case in "abc"],
                         ["3 [2-4]", "3 [3-3]", "-"])


class BestTest(unittest.TestCase):
    benchmark = types.SimpleNamespace(BESTS=(cases.Best("z@1", ("z_a@1", "z_b@1"), "value"),))

    def test_it_is_the_variant_with_the_highest_median_in_all_rounds(self):
        rounds = [{"z_a@1": {"value": a}, "z_b@1": {"value": b}}
                  for a, b in ((1, 2), (9, 3), (1, 4))]
        complete, bests = cases.with_best(self.benchmark, rounds)
        self.assertEqual(bests, {"z@1": "z_b@1"})
        self.assertEqual([one["z@1"]["value"] for one in complete], [2, 3, 4])

    def test_rounds_of_other_sizes_stay_as_they_are(self):
        rounds = [{"z_a@2": {"value": 1}}]
        self.assertEqual(cases.with_best(self.benchmark, rounds), (rounds, {}))


class ExchangeTest(unittest.TestCase):
    def test_the_rate_is_of_the_messages_after_the_first(self):
        measured = exchange.Streamed(size=100, count=11, duration_ns=10**9, source_cpu_ns=22,
                                     target_cpu_ns=33).measures()
        self.assertEqual((measured["messages_per_s"], measured["bytes_per_s"]), (10, 1000))
        self.assertEqual((measured["sender_cpu_ns"], measured["receiver_cpu_ns"]), (2, 3))

    def stream(self, messages_per_s):
        """A program of that speed, which notes what it was asked for."""
        def run_once(count):
            self.asked.append(count)
            return exchange.Streamed(16, count, round(count * 1e9 / messages_per_s), 0, 0)

        self.asked = []
        return run_once

    def test_a_run_of_any_speed_lasts_about_as_long(self):
        for messages_per_s in (10, 1000, 100_000_000):
            got = exchange.Counts(0.5, False).run("case", 16, self.stream(messages_per_s))
            self.assertGreaterEqual(got.duration_ns, 0.2e9)
            self.assertLess(len(self.asked), 8)

    def test_a_run_corrects_the_count_of_the_next(self):
        counts = exchange.Counts(0.5, False)
        counts.run("case", 16, self.stream(1000))
        counts.run("case", 16, self.stream(4000))
        self.assertEqual(self.asked, [500, 2000])
        counts.run("case", 16, self.stream(4000))
        self.assertEqual(self.asked, [2000])

    def test_a_quick_run_is_one_and_small_for_every_size(self):
        for size in messaging.SIZES:
            exchange.Counts(1, True).run("case", size, self.stream(100_000_000))
            self.assertEqual(len(self.asked), 1)
            self.assertLessEqual(self.asked[0] * size, 4 * 1024**2)


class LineTest(unittest.TestCase):
    def test_the_bound_is_what_full_segments_leave_for_payload(self):
        self.assertAlmostEqual(gigabit_line.bound_bit_s(96, 4), 1e9 * 1448 / 1514 * 0.96)

    def test_a_line_without_headers_carries_what_tcp_carries(self):
        self.assertAlmostEqual(gigabit_line.bound_bit_s(1, 0) / 1e9, 0.9564, places=4)


class ConnectionsTest(unittest.TestCase):
    def test_memory_is_growth_an_open_connection(self):
        found = connections.measures([1000, 9000], [10_000_000, 18_000_000],
                                     "200 180 2000000000 4 5 7000 9000", 0.5)
        self.assertEqual(found["bytes_per_connection"], 1000)
        self.assertEqual((found["messages_per_s"], found["fairness"]), (90, 0.8))
        self.assertEqual((found["p50_us"], found["server_cpu"]), (7, 0.25))

    def test_one_connection_has_no_growth(self):
        found = connections.measures([1, 1], [1, 1], "1 1 1 1 1 1 1", 0)
        self.assertNotIn("bytes_per_connection", found)

    def test_too_few_descriptors_are_told(self):
        with mock.patch.object(resource, "getrlimit", return_value=(1024, 4096)), \
             mock.patch.object(resource, "setrlimit", side_effect=ValueError):
            with self.assertRaisesRegex(isolation.Impossible, "9064 open files .* 4096 are"):
                connections.ensure_descriptors(9064)

    def test_enough_descriptors_are_left_alone(self):
        with mock.patch.object(resource, "getrlimit", return_value=(10_000, 10_000)), \
             mock.patch.object(resource, "setrlimit", side_effect=ValueError):
            connections.ensure_descriptors(9064)


class PlotTest(unittest.TestCase):
    def ratio(self, median):
        return {"median": median, "interval_95": [median - 1, median + 1]}

    def test_a_curve_has_its_sizes_in_order(self):
        found = plot.curves({"a@64/b@64": self.ratio(3), "a@16/b@16": self.ratio(2),
                             "a@256/b@256": self.ratio(4), "a@16/c@16": self.ratio(5)})
        self.assertEqual(found, {"a / b": [(16, 2, 1, 3), (64, 3, 2, 4), (256, 4, 3, 5)],
                                 "a / c": [(16, 5, 4, 6)]})

    def test_gnuplot_gets_a_block_a_curve(self):
        self.assertEqual(plot.data({"a / b": [(16, 2, 1, 3)], "a / c": [(16, 5, 4, 6)]}),
                         '"a / b"\n16 2 1 3\n\n\n"a / c"\n16 5 4 6\n')


class BenchmarksTest(unittest.TestCase):
    def test_ratios_name_cases_and_differ(self):
        for name in run.names():
            benchmark = importlib.import_module(f"benchmarks.{name}")
            keys = [str(ratio) for ratio in benchmark.RATIOS]
            self.assertEqual(len(keys), len(set(keys)), name)
            known = set(benchmark.CASES) | {best.case for best in getattr(benchmark, "BESTS", ())}
            for ratio in benchmark.RATIOS:
                self.assertLessEqual({ratio.case, ratio.rival}, known, name)

    def test_ratios_stay_within_a_group(self):
        for name in run.names():
            benchmark = importlib.import_module(f"benchmarks.{name}")
            bests = {best.case: best.variants for best in getattr(benchmark, "BESTS", ())}
            for ratio in benchmark.RATIOS:
                wanted = {*bests.get(ratio.case, (ratio.case,)),
                          *bests.get(ratio.rival, (ratio.rival,))}
                self.assertTrue(any(wanted <= set(group.cases)
                                    for group in cases.groups_of(benchmark)), str(ratio))

    def test_large_messages_have_more_rounds(self):
        rounds = {cases.parts(group.cases[0])[1]: group.rounds for group in messaging.GROUPS}
        self.assertEqual((rounds[16], rounds[65536], rounds[1048576]), (7, 21, 21))


if __name__ == "__main__":
    unittest.main()
