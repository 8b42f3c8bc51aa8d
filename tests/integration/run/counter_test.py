"""A fast device whose connections break again and again: every byte is accounted for.

Each test moves 200 MB, or SLUICE_BYTES.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import unittest

import json_test
import support

RECORD_BYTES = 64
RECORDS = int(os.environ.get("SLUICE_BYTES", "200000000")) // RECORD_BYTES
PATIENCE_S = 60 + RECORDS * RECORD_BYTES / 4_000_000  # only a fault is so slow

CHECKED = """
stages:
  counter:
    type: tcp_client
    address: "{address}"
    group_size: 16
    reconnect_initial_ms: 1
    reconnect_max_ms: 40
  verify:
    type: counter_check
    subscribe: [{{channel: /counter/packet_group, policy: lossless}}]
    log_gaps: false
    stop_after_records: {records}
  show:
    type: print
    format: json
    output: stderr
    subscribe: [{{channel: /verify/counter_stats}}]
"""
POLL = """
  poll: {type: publish, channel: /counter/egress_packets, text: "STATUS\\r\\n", every_ms: 10}
"""
POLL_BYTES = 8


class BreakingProxy:
    """Stands between pipeline and device, and breaks each connection after a random byte."""

    CONNECTION_BYTES_MAX = 4 * support.MIB

    def __init__(self, test, device):
        host, port = device.rsplit(":", 1)
        self._device = (host, int(port))
        self._random = random.Random(1)
        self._server = test.listener()
        self.address = support.address_of(self._server)
        test.in_background(self._serve)
        test.addCleanup(self._server.shutdown, socket.SHUT_RDWR)

    def _serve(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:  # the test is over
                return
            with client, socket.create_connection(self._device, support.DEADLINE_S) as device:
                client.settimeout(support.DEADLINE_S)
                self._pass_until_broken(client, device)

    def _pass_until_broken(self, client, device):
        commands = threading.Thread(target=self._pass_all, args=(client, device))
        commands.start()
        left = self._random.randrange(1, self.CONNECTION_BYTES_MAX)
        try:
            while left and (piece := device.recv(min(left, 1 << 18))):
                client.sendall(piece)
                left -= len(piece)
        except OSError:
            pass  # the pipeline ended
        for side in (client, device):
            self._break(side)
        commands.join(support.DEADLINE_S)

    def _pass_all(self, source, target):
        try:
            while piece := source.recv(1 << 16):
                target.sendall(piece)
        except OSError:
            pass  # the other direction broke it

    def _break(self, side):
        """By a reset, which discards what is under way, or in order."""
        try:
            side.shutdown(socket.SHUT_RDWR)  # wakes the other thread
        except OSError:
            pass  # broken by its other end
        if self._random.random() < 0.5:
            support.reset(side)


class CounterTest(support.TestCase):
    def start_device(self, *arguments):
        """Its standard error is a file: of many connections it says more than a pipe holds."""
        self.said = os.path.join(self.directory, "device.txt")
        device = self.start("sh", "-c", 'exec "$@" 2>"$0"', self.said, support.SLUICE, "simulate",
                            "counter", "--listen", "127.0.0.1:0", "--rate", "0", *arguments)
        return device, device.output.expect(r"^listening on (\S+)$")[1]

    def check_stream(self, address, more=""):
        """Runs until so many right records came; returns (all statistics, the last count)."""
        path = self.config(CHECKED.format(address=address, records=RECORDS) + more)
        done = subprocess.run([support.SLUICE, "run", "--json", path], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(support.equations(done.stderr))
        all_stats = [json.loads(line) for line in done.stdout.splitlines()]
        for stats in all_stats:
            self.assert_adds_up(stats)
        count = [json.loads(line) for line in done.stderr.splitlines()
                 if line.startswith('{"channel":"/verify/counter_stats"')][-1]["message"]
        self.assertGreaterEqual(count["records"], RECORDS)
        self.assertEqual(count["bytes"], all_stats[-1]["received"]["bytes"])
        return all_stats, count

    def assert_adds_up(self, stats):
        self.assertEqual(json_test.keys_of(stats), json_test.KEYS)
        for unit in ("bytes", "packets"):
            self.assertEqual(stats["received"][unit],
                             stats["published"][unit] + stats["open_group"][unit], stats)
        for egress in (stats["egress"], stats["egress_bytes"]):
            self.assertEqual(egress["accepted"], egress["sent"] + egress["queued"]
                             + sum(egress["dropped"].values()), stats)
        self.assertEqual(stats["connects"],
                         sum(stats["disconnects"].values()) + (stats["state"] == "up"), stats)
        self.assertLessEqual(stats["pool"]["peak"], stats["pool"]["size"])

    def test_a_device_that_hangs_up_again_and_again_loses_nothing(self):
        every = max(RECORDS // 100, 1)
        _, address = self.start_device("--disconnect-every", str(every), "--count", str(RECORDS))
        all_stats, count = self.check_stream(address)
        self.assertEqual((count["records"], count["bytes"]), (RECORDS, RECORDS * RECORD_BYTES))
        self.assertEqual(count["connections"], -(-RECORDS // every))
        for wrong in ("repeated_records", "corrupt_records", "incomplete_records",
                      "skipped_bytes", "lost_groups"):
            self.assertEqual(count[wrong], 0, count)
        for cause, loss in count["lost"].items():
            self.assertEqual(loss, {"gaps": 0, "records": 0}, cause)
        self.assertEqual(all_stats[-1]["disconnects"]["connection_reset"], 0)

    def test_every_gap_is_explained_by_a_connection_that_broke(self):
        device, address = self.start_device()
        all_stats, count = self.check_stream(BreakingProxy(self, address).address, POLL)
        last = all_stats[-1]
        breaks = sum(last["disconnects"].values())
        self.assertGreater(breaks, RECORDS * RECORD_BYTES // BreakingProxy.CONNECTION_BYTES_MAX)
        self.assertEqual(breaks, last["disconnects"]["peer_closed"]
                         + last["disconnects"]["connection_reset"]
                         + last["disconnects"]["stopped"])
        lost = count["lost"]
        self.assertGreater(lost["disconnect"]["gaps"], 0, "the proxy loses what it holds")
        self.assertLessEqual(lost["disconnect"]["gaps"], breaks)
        for cause in ("dropped", "unexplained"):
            self.assertEqual(lost[cause], {"gaps": 0, "records": 0}, cause)
        self.assertEqual((count["corrupt_records"], count["repeated_records"],
                          count["lost_groups"]), (0, 0, 0))
        self.assertLessEqual(count["incomplete_records"], breaks)
        self.assert_no_more_came_than_was_sent(device, last["egress_bytes"]["sent"])

    def assert_no_more_came_than_was_sent(self, device, sent):
        """What the kernel took when a connection broke counts as sent, and may not arrive."""
        device.signal(signal.SIGINT)
        self.assertEqual(device.wait(), 128 + signal.SIGINT)
        with open(self.said) as said:
            end = said.readlines()[-1]
        received = int(re.search(r"received (\d+) bytes; served", end)[1])
        self.assertGreaterEqual(received, POLL_BYTES, end)
        self.assertLessEqual(received, sent)


if __name__ == "__main__":
    unittest.main()
