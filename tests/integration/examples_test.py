"""The examples do what their first lines say."""

import os
import subprocess
import unittest

EXAMPLES = os.environ["SLUICE_EXAMPLES"]
DEADLINE_S = 40


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        self.source = subprocess.Popen(
            [os.path.join(EXAMPLES, "counter_source"), "127.0.0.1:0", "3", "10"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self._end_source)
        self.address = self.source.stdout.readline().strip()

    def _end_source(self):
        self.source.stdin.close()  # it ends when its standard input ends
        self.assertEqual(self.source.wait(DEADLINE_S), 0)
        self.source.stdout.close()

    def test_a_link_in_the_programs_own_loop_prints_what_the_device_sends(self):
        for first in (1, 4):  # a device that goes on counting for the next client
            run = subprocess.run([os.path.join(EXAMPLES, "link"), self.address],
                                 capture_output=True, text=True, timeout=DEADLINE_S, check=True)
            self.assertEqual(run.stdout, "".join(f"reading {first + i:06}\n" for i in range(3)))
            self.assertEqual(run.stderr.splitlines(),
                             ["[connecting]", "[up]", "[stopped: closed by the peer]"])

    def test_stages_of_ones_own_get_what_the_device_sends_over_reconnects(self):
        run = subprocess.run([os.path.join(EXAMPLES, "own_stage"), self.address],
                             capture_output=True, text=True, timeout=DEADLINE_S, check=True)
        self.assertEqual(run.stdout,
                         "connection 1: 1, mean 1.0\nconnection 1: 2, mean 1.5\n"
                         "connection 1: 3, mean 2.0\nconnection 2: 4, mean 2.5\n"
                         "connection 2: 5, mean 3.0\n")

    def test_a_wrong_address_is_explained(self):
        for example in ("link", "own_stage"):
            run = subprocess.run([os.path.join(EXAMPLES, example), "nowhere"],
                                 capture_output=True, text=True, timeout=DEADLINE_S)
            self.assertEqual(run.returncode, 64)
            self.assertIn("the port is missing", run.stderr)


if __name__ == "__main__":
    unittest.main()
