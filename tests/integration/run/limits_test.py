"""Limits that a configuration may not exceed: refused before anything is opened, with the need."""

import unittest

import support

STAGE = "stages: {{d: {{type: tcp_client, address: '127.0.0.1:1', {keys}}}}}\n"
MEMORY = "is 1 GiB, but the pipeline may need "


class LimitsTest(support.TestCase):
    def assert_refused(self, text, *words):
        path = self.config(text)
        for command in ("check", "run"):
            done = self.sluice(command, path)
            self.assertEqual((done.returncode, done.stdout), (78, ""), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            for word in words:
                self.assertIn(word, done.stderr)

    def test_counts_beyond_their_range(self):
        for keys, words in [
            ("group_size: 1000000000", "is 1000000000; allowed are 1 to 65536"),
            ("group_size: 0", "is 0; allowed are 1 to 65536"),
            ("group_size: 99999999999999999999", "1 to 65536"),
            ("egress_buffer_size_b: 0", "is 0; allowed are "),
        ]:
            with self.subTest(keys=keys):
                self.assert_refused(STAGE.format(keys=keys), words)

    def test_a_million_threads(self):
        self.assert_refused(STAGE.format(keys="group_size: 1") + "executor: {threads: 1000000}\n",
                            "executor.threads: is 1000000; allowed are 1 to 256")

    def test_memory_beyond_the_limit_is_refused_with_the_need_and_the_largest_part(self):
        self.assert_refused(STAGE.format(keys="receive_pool_size_b: 2147483648"), MEMORY + "2.0 GiB",
                            "the largest part is d: receive pool with 2 GiB")
        self.assert_refused("""
stages:
  d: {type: tcp_client, address: "127.0.0.1:1"}
  show:
    type: print
    subscribe: [{channel: /d/packet_group, queue_size_b: 1099511627776}]
""", MEMORY + "1.0 TiB", "the largest part is show: queue of /d/packet_group with 1 TiB")

    def test_what_stages_hold_beside_their_queues_counts(self):
        device = "stages: {d: {type: tcp_client, address: '127.0.0.1:1'}, "
        limit = "}\nmemory_limit_b: 40000000\n"
        for stage, words in [
            ("p: {type: publish, channel: /d/egress_packets, file: f}",
             "may need 73.4 MiB; the largest part is p: file with 32 MiB"),
            ("s: {type: print, max_bytes: 16777216, subscribe: [{channel: /d/packet_group}]}",
             "the largest part is s: text for its reader with 162 MiB"),
            ("s: {type: print, format: json, "
             "subscribe: [{channel: /d/packet_group, queue_size_b: 16777216}]}",
             "the largest part is s: text for its reader with 66 MiB"),
        ]:
            with self.subTest(stage=stage):
                path = self.config(device + stage + limit)
                done = self.sluice("check", path)
                self.assertEqual(done.returncode, 78)
                self.assertIn(words, done.stderr)

    def test_many_small_parts_are_summed(self):
        stages = "".join(f"  d{i}: {{type: tcp_client, address: '127.0.0.1:1'}}\n"
                         for i in range(100))
        self.assert_refused("stages:\n" + stages, MEMORY + "2.")

    def test_a_limit_that_is_raised_permits_it(self):
        path = self.config(STAGE.format(keys="receive_pool_size_b: 2147483648")
                           + "memory_limit_b: 4294967296\n")
        self.assertEqual(self.sluice("check", path).returncode, 0)


if __name__ == "__main__":
    unittest.main()
