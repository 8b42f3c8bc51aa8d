"""--json: every socket_stats is a line on standard output."""

import json
import os
import unittest

import support

DROPPED = ["not_connected", "buffer_full", "too_large", "connection_lost", "stopped"]
TRANSFER = ["bytes", "packets", "groups"]
KEYS = {
    "": ["stage", "time_ns", "state", "peer", "last_error", "realtime", "attempts", "connects",
         "disconnects", "received", "open_group", "published", "framing", "egress", "egress_bytes",
         "rates", "largest_packet", "pool", "kernel", "options", "tcp"],
    "disconnects": ["peer_closed", "connection_reset", "peer_dead", "data_timeout", "send_stalled",
                    "bad_frame", "frame_timeout", "stopped", "other"],
    "received": TRANSFER,
    "open_group": ["bytes", "packets"],
    "published": TRANSFER,
    "egress": ["accepted", "sent", "queued", "queued_bytes", "queued_bytes_max", "dropped"],
    "egress.dropped": DROPPED,
    "egress_bytes": ["accepted", "sent", "queued", "dropped"],
    "egress_bytes.dropped": DROPPED,
    "rates": ["received_bytes", "received_packets", "published_groups", "sent_bytes",
              "sent_messages"],
    "pool": ["size", "used", "peak", "pinned", "holders"],
    "kernel": ["receive_buffer", "transmit_buffer"],
    "options": ["reuse_address", "nodelay", "keepalive", "keepalive_idle_s",
                "keepalive_interval_s", "keepalive_probes", "user_timeout_ms"],
    "tcp": ["rtt_us", "rtt_variance_us", "min_rtt_us", "retransmits", "lost", "unacked",
            "congestion_window", "send_window", "not_sent", "delivery_rate"],
}


FRAMING_KEYS = {
    "framing": ["received", "frames", "payload", "overhead", "skipped", "buffered", "copied",
                "largest", "incidents"],
    "framing.incidents": ["oversize", "bad_length", "bad_sync", "bad_checksum", "bad_escape",
                          "lost_sync", "truncated", "timeout"],
}


def keys_of(value, path="", found=None):
    """{path: its keys in their order} of all objects inside."""
    found = {} if found is None else found
    if isinstance(value, dict):
        found[path] = list(value)
        for key, inner in value.items():
            keys_of(inner, f"{path}.{key}".lstrip("."), found)
    return found


class JsonTest(support.TestCase):
    def pipeline(self, more=""):
        return self.config("stages:\n" + "".join(
            f"  {name}: {{type: tcp_client, address: '{self.device('counter')}'{more}}}\n"
            for name in ("one", "two")))

    def test_each_line_has_the_keys_of_the_contract_in_their_order(self):
        done = self.sluice("run", self.pipeline(), "--json", "--duration", "2500ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        for line in lines:
            self.assertEqual(keys_of(line), KEYS)
        for stage in ("one", "two"):
            times = [line["time_ns"] for line in lines if line["stage"] == stage]
            self.assertGreaterEqual(len(times), 2)
            self.assertEqual(times, sorted(times))

    def test_a_framing_has_figures_of_its_own(self):
        done = self.sluice("run", self.pipeline(", framing: 'fixed:64'"), "--json", "--duration",
                           "1500ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in map(json.loads, done.stdout.splitlines()):
            self.assertEqual(keys_of(line), KEYS | FRAMING_KEYS)
            framing = line["framing"]
            self.assertEqual(framing["received"], line["received"]["bytes"])
            self.assertEqual(framing["received"], sum(
                framing[key] for key in ("payload", "overhead", "skipped", "buffered")))
            self.assertEqual(framing["payload"], 64 * framing["frames"])

    def test_the_last_line_of_a_stage_is_its_ledger(self):
        done = self.sluice("run", self.pipeline(), "--json", "--duration", "1s")
        found = support.equations(done.stderr)
        for stage in ("one", "two"):
            last = [json.loads(line) for line in done.stdout.splitlines()
                    if json.loads(line)["stage"] == stage][-1]
            self.assertEqual(last["state"], "stopped")
            self.assertEqual(last["open_group"], {"bytes": 0, "packets": 0})
            for subject in ("bytes", "packets", "groups"):
                self.assertEqual(last["received"][subject], found[stage, subject][0])

    def test_no_line_a_second_stands_between(self):
        done = self.sluice("run", self.pipeline(), "--json", "--duration", "1500ms")
        self.assertNotRegex(done.stderr, r"(?m)^\d\d:\d\d:\d\d one ")

    def test_it_ends_when_nobody_reads_any_more(self):
        process = self.run_pipeline(self.pipeline(), "--json")
        json.loads(process.output.line())
        process.process.stdout.close()
        self.assertEqual(process.wait(), 0)

    def test_a_standard_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            process = self.run_pipeline(self.pipeline(), "--json", stdout=full)
            self.assertEqual(process.wait(), 74)
        process.errors.expect("^writing standard output: .*No space left on device")

    def test_a_reader_that_stops_reading_holds_nothing_up(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        support.write_until_stalled(writer, bytes(1 << 20))
        os.set_blocking(writer, True)
        process = self.run_pipeline(self.pipeline(), "--json", "--duration", "1s", stdout=writer)
        os.close(writer)
        self.assertEqual(process.wait(), 0)
        self.assertTrue(support.equations(process.errors.rest().decode()))


if __name__ == "__main__":
    unittest.main()
