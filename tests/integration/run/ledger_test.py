"""What a run tells: a line a second, connections that come and go, and the ledger at its end."""

import re
import unittest

import support

THREE_CONNECTIONS = """
stages:
  lidar: {{type: tcp_client, address: "{lidar}", group_size: 16}}
  gnss: {{type: tcp_client, address: "{gnss}"}}
  counter: {{type: tcp_client, address: "{counter}", group_size: 4}}
  verify:
    type: counter_check
    subscribe: [{{channel: /counter/packet_group, policy: lossless}}]
  show:
    type: print
    subscribe: [{{channel: /gnss/packet_group, policy: drop_oldest, queue_depth: 64}}]
"""


class LedgerTest(support.TestCase):
    def three_connections(self):
        return self.config(THREE_CONNECTIONS.format(
            lidar=self.device("lidar"), gnss=self.device("nmea"),
            counter=self.device("counter", "--rate", "2000", "--disconnect-every", "1000")))

    def test_a_run_of_three_connections_ends_with_a_ledger_that_holds(self):
        done = self.sluice("run", self.three_connections(), "--duration", "3s")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("$G", done.stdout)
        found = support.equations(done.stderr)
        for stage in ("lidar", "gnss", "counter"):
            for subject in ("bytes", "packets", "groups"):
                received, (published, *open_group) = found[stage, subject]
                self.assertGreater(received, 0, (stage, subject))
                self.assertEqual(open_group, [], "a stop publishes the open group")
        groups = found["counter", "groups"][0]
        offered, parts = found["verify", "/counter/packet_group"]
        self.assertEqual((offered, parts), (groups, [groups]), "lossless: all are delivered")
        self.assertRegex(done.stderr, r"(?m)^  connected \d+ times in \d+ attempts; ends: "
                                      r"peer_closed \d+")
        self.assertRegex(done.stderr, r"(?m)^  connected 1 time in 1 attempt; ends: stopped 1$")

    def test_a_line_a_second_tells_how_all_stages_are(self):
        process = self.run_pipeline(self.three_connections())
        line = process.errors.expect(r"^\d\d:\d\d:\d\d lidar up [1-9].*")[0]
        self.assertRegex(line, r"lidar up [\d.]+ [kM]?B/s [\d,]+ pkt/s published [\d.]+ [kMG]?B \| "
                               r"gnss up .* \| counter \w+ .* \| "
                               r"verify .*[\d,]+ delivered.* \| show [\d,]+ delivered")

    def test_connections_that_begin_and_end_are_logged(self):
        address = self.device("counter", "--rate", "100", "--disconnect-every", "10")
        process = self.run_pipeline(self.config(
            f"stages: {{device: {{type: tcp_client, address: '{address}'}}}}"))
        time = r"^\d\d:\d\d:\d\d\.\d\d\d "
        process.errors.expect(
            time + f"info connected stage=device peer={re.escape(address)} connection=1$")
        process.errors.expect(time + "warning not_connected stage=device reason=peer_closed .*"
                                     r"retry_after_ms=\d+$")
        process.errors.expect(time + "info connected stage=device .* connection=2$")

    def test_a_device_that_is_absent_is_no_error(self):
        address = self.refusing_address()
        done = self.sluice("run", "--duration", "1.5s", self.config(
            f"stages: {{device: {{type: tcp_client, address: '{address}'}}}}"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"(?m) warning not_connected stage=device "
                                      r"reason=connection_refused message=")
        self.assertRegex(done.stderr, r"(?m)^\d\d:\d\d:\d\d device (waiting \(connection_refused, "
                                      r"retry in [0-3] s\)|connecting|resolving)")
        self.assertRegex(done.stderr, r"(?m)^  connected 0 times in \d+ attempts; ends: none$")

    def test_egress_is_accounted_for_by_reason(self):
        device = self.listener()
        config = self.config(f"""
stages:
  device: {{type: tcp_client, address: "{support.address_of(device)}"}}
  poll: {{type: publish, channel: /device/egress_packets, text: "STATUS\\r\\n", every_ms: 10}}
""")
        process = self.run_pipeline(config, "--duration", "1s")
        peer = self.accept(device)
        received = len(support.receive_all(peer))
        self.assertEqual(process.wait(), 0)
        found = support.equations(process.errors.rest().decode())
        accepted, parts = found["device", "egress bytes"]
        self.assertEqual(parts[0], received)
        self.assertEqual(found["device", "egress messages"][0] * 8, accepted)
        self.assertEqual(found["device", "/device/egress_packets"][0] * 8, accepted)


if __name__ == "__main__":
    unittest.main()
