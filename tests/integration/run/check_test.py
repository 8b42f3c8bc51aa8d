"""`sluice check` and `sluice stages`: what they show, and how a configuration is refused."""

import os
import unittest

import support

GOOD = """
stages:
  lidar: {type: tcp_client, address: "192.168.1.201:7502", group_size: 16}
  show:
    type: print
    subscribe: [{channel: /lidar/packet_group, policy: latest, queue_size_b: 1048576}]
  poll: {type: publish, channel: /lidar/egress_packets, text: "STATUS\\r\\n", every_ms: 1000}
"""
SHOWN = """\
Stages
  lidar (tcp_client)
    address: "192.168.1.201:7502", group_size: 16
  show (print)
  poll (publish)
    channel: "/lidar/egress_packets", text: "STATUS\\r\\n", every_ms: 1000

Channels
  /lidar/connection_state  ConnectionState  lidar  ->  nobody
  /lidar/egress_packets    EgressPacket     poll   ->  lidar (inline)
  /lidar/packet_group      TcpPacketGroup   lidar  ->  show (latest, 1 message)
  /lidar/socket_stats      SocketStats      lidar  ->  nobody

Memory in the worst case, beside the kernel's socket buffers
"""
BAD = """\
stages:
  lidar:
    type: tcp_client
    adress: 192.168.1.201:7502
    group_size: 0
  gnss:
    type: tcp_cleint
  show:
    type: print
    subscribe: [{channel: /lidar/packet_group, policy: drop, queue_depth: 0}]
executor: {threads: 1000000}
event_lops: {}
"""
COMPLAINTS = """\
FILE:2:3: error: stages.lidar: needs the key "address": The device to connect to.
FILE:4:5: error: stages.lidar: unknown key "adress"; did you mean "address"?
FILE:5:5: error: stages.lidar.group_size: is 0; allowed are 1 to 65536 packets
FILE:7:5: error: stages.gnss.type: unknown type "tcp_cleint"; did you mean "tcp_client"?
FILE:10:48: error: stages.show.subscribe[0].policy: is "drop"; allowed are drop_oldest, drop_newest, \
latest, lossless
FILE:10:62: error: stages.show.subscribe[0].queue_depth: is 0; allowed are 1 to 1048576 messages
FILE:11:12: error: executor.threads: is 1000000; allowed are 1 to 256
FILE:12:1: error: event_lops: unknown key "event_lops"; did you mean "event_loops"?
"""


class CheckTest(support.TestCase):
    def test_the_pipeline_is_shown_with_its_memory(self):
        done = self.sluice("check", self.config(GOOD))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout[:len(SHOWN)], SHOWN)
        memory = done.stdout[len(SHOWN):]
        self.assertRegex(memory, r"(?m)^  lidar: receive pool +16 MiB$")
        self.assertRegex(memory, r"(?m)^  show: queue of /lidar/packet_group +1 MiB$")
        self.assertRegex(memory, r"(?m)^  show: text for its reader +2(\.\d)? MiB$")
        self.assertRegex(memory, r"(?m)^  sum +\d+(\.\d)? MiB$")
        self.assertRegex(memory, r"(?m)^  allowed \(memory_limit_b\) +1 GiB$")

    def test_a_framing_is_shown_as_its_short_text_and_has_memory_for_the_longest_frame(self):
        done = self.sluice("check", self.config(GOOD.replace(
            "group_size: 16", "group_size: 16, framing: {kind: delimiter, delimiter: 0d0a}")))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("framing: delimiter:0d0a\n", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^  /lidar/frames +FrameGroup +lidar +-> ")
        self.assertRegex(done.stdout, r"(?m)^  lidar: receive pool +64 MiB$")
        self.assertRegex(done.stdout, r"(?m)^  lidar: open frame group +[\d.]+ KiB$")

    def test_a_pool_that_cannot_hold_one_frame_is_refused_with_the_sum(self):
        done = self.sluice("check", self.config(GOOD.replace(
            "group_size: 16", "framing: lines, receive_pool_size_b: 33554432")))
        self.assertEqual(done.returncode, 78)
        self.assertIn("lidar.receive_pool_size_b: is 33554432; a frame of up to 16777216 bytes "
                      "takes a block of 33554432", done.stderr)

    def test_nothing_is_connected(self):
        device = self.listener()
        done = self.sluice("check", self.config(
            f"stages: {{d: {{type: tcp_client, address: '{support.address_of(device)}'}}}}"))
        self.assertEqual(done.returncode, 0, done.stderr)
        device.setblocking(False)
        self.assertRaises(BlockingIOError, device.accept)

    def test_a_warning_is_no_error(self):
        done = self.sluice("check", self.config(GOOD.replace(
            "group_size: 16", "group_size: 16, thread_processor_affinity: [1023]")))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"^\S+:3:\d+: warning: stages\.lidar\."
                                      r"thread_processor_affinity: .*\n$")
        self.assertIn("Channels", done.stdout)

    def test_all_errors_are_told_at_once_by_check_and_by_run(self):
        path = self.config(BAD)
        for command in ("check", "run"):
            with self.subTest(command=command):
                done = self.sluice(command, path)
                self.assertEqual((done.returncode, done.stdout), (78, ""))
                given = done.stderr.replace(path, "FILE").splitlines()
                wanted = COMPLAINTS.splitlines()
                self.assertTrue(given[0].startswith(wanted[0]), given[0])
                self.assertEqual(given[1:], wanted[1:])

    def test_a_file_that_cannot_be_read_is_named(self):
        missing = os.path.join(self.directory, "missing.yaml")
        for path, why in ((missing, "No such file or directory"), (self.directory, "directory")):
            for command in ("check", "run"):
                with self.subTest(command=command, path=path):
                    done = self.sluice(command, path)
                    self.assertEqual((done.returncode, done.stdout), (78, ""))
                    self.assertTrue(done.stderr.startswith(f"{path}: error: "), done.stderr)
                    self.assertIn(why, done.stderr)
                    self.assertEqual(done.stderr.count("\n"), 1)

    def test_channels_that_do_not_fit_together_are_an_error_of_the_file(self):
        path = self.config("stages:\n  show: {type: print, subscribe: [{channel: /a/b}]}\n")
        for command in ("check", "run"):
            done = self.sluice(command, path)
            self.assertEqual((done.returncode, done.stdout), (78, ""))
            self.assertRegex(done.stderr, r"^\S+:2:\d+: error: stages\.show\.subscribe\[0\]\."
                                          r"channel: /a/b .*nobody publishes")

    def test_an_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            check = self.start(support.SLUICE, "check", self.config(GOOD), stdout=full)
            self.assertEqual(check.wait(), 74)
            stages = self.start(support.SLUICE, "stages", stdout=full)
            self.assertEqual(stages.wait(), 74)


class StagesTest(support.TestCase):
    def test_every_stage_is_shown_on_lines_of_at_most_100_columns(self):
        done = self.sluice("stages")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for name in ("tcp_client", "print", "publish", "counter_check"):
            self.assertRegex(done.stdout, rf"(?m)^{name}$")
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_one_stage_is_shown_with_its_keys_and_channels(self):
        text = self.sluice("stages", "tcp_client").stdout
        self.assertRegex(text, r"(?m)^    address: address, required; allowed: \S")
        self.assertRegex(text, r"(?m)^    group_size: integer \(packets\), default 1; allowed: "
                               r"integers, 1 to 65536$")
        self.assertRegex(text, r"(?m)^    publishes packet_group: TcpPacketGroup$")
        self.assertRegex(text, r"(?m)^    subscribes to egress_packets: EgressPacket$")
        self.assertNotRegex(text, r"(?m)^print$")

    def test_a_stage_that_does_not_exist_is_refused(self):
        done = self.sluice("stages", "tcp_cleint")
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertEqual(done.stderr,
                         'sluice: unknown type "tcp_cleint"; did you mean "tcp_client"?\n')


if __name__ == "__main__":
    unittest.main()
