"""Signals: the first one ends a run in order, the second one at once."""

import os
import signal
import unittest

import support
from support import SLUICE


class SignalTest(support.TestCase):
    def test_the_first_signal_ends_it_in_order(self):
        address = self.device("counter")
        path = self.config(f"stages: {{device: {{type: tcp_client, address: '{address}'}}}}")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                process = self.run_pipeline(path)
                process.errors.expect(" info connected stage=device ")
                process.signal(number)
                self.assertEqual(process.wait(), 128 + number)
                ledger = process.errors.rest().decode()
                self.assertIn(("device", "bytes"), support.equations(ledger))
                self.assertRegex(ledger, r"(?m)ends: stopped 1$")

    def test_the_second_signal_ends_it_at_once(self):
        # The start of the second stage waits for the end of its file, so nothing can end in order.
        fifo = os.path.join(self.directory, "fifo")
        os.mkfifo(fifo)
        process = self.run_pipeline(self.config(f"""
stages:
  device: {{type: tcp_client, address: "127.0.0.1:1"}}
  poll: {{type: publish, channel: /device/egress_packets, file: "{fifo}"}}
"""))
        self.addCleanup(os.close, os.open(fifo, os.O_WRONLY))  # returns when it is being read
        process.signal(signal.SIGINT)
        process.signal(signal.SIGTERM)
        # The status is of the second one: it did not wait for the end that the first began.
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)

    def test_a_signal_that_was_ignored_stays_so(self):
        address = self.device("counter")
        path = self.config(f"stages: {{device: {{type: tcp_client, address: '{address}'}}}}")
        process = self.start("sh", "-c", 'trap "" HUP; exec "$@"', "sh", SLUICE, "run", path)
        process.errors.expect(" info connected stage=device ")
        process.signal(signal.SIGHUP)
        process.errors.expect(r"^\d\d:\d\d:\d\d device up ")
        process.errors.expect(r"^\d\d:\d\d:\d\d device up ")
        process.signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
