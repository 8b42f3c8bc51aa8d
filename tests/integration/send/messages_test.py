"""What `sluice send` sends, and how it ends."""

import signal
import unittest

import harness
import support
from support import encode


class MessagesTest(support.TestCase):
    def test_a_message_per_file(self):
        sizes = (0, 1, 16 * 1024, 16 * 1024 + 1, 5_000_000, 3)
        messages = [harness.pattern(size, size) for size in sizes]
        stream = self.received("--framing", "length:u32be", *map(self.file, messages))
        self.assertTrue(stream == b"".join(map(encode, messages)), "another stream was sent")

    def test_a_message_per_line(self):
        self.assertEqual(self.received("--framing", "length:u32be",
                                       data=b"one\ntwo\r\n\nlast without an end"),
                         encode(b"one") + encode(b"two") + encode(b"") +
                         encode(b"last without an end"))

    def test_lines_and_files_in_their_order(self):
        self.assertEqual(
            self.received("--framing", "netstring", self.file(b"first"), "-", self.file(b"last"),
                          data=b"1\n2\n"), b"5:first,1:1,1:2,4:last,")

    def test_many_lines_are_sent_in_order(self):
        lines = [b"%d" % i * (i % 50) for i in range(50_000)]
        stream = self.received("--framing", "length:u32be", data=b"\n".join(lines) + b"\n")
        self.assertTrue(stream == b"".join(map(encode, lines)), "another stream was sent")

    def test_more_than_memory_waits_for_the_device(self):
        line = harness.pattern(100_000).replace(b"\n", b"_").replace(b"\r", b"_")
        server = self.listener()
        process = self.send(harness.address_of(server), "--framing", "length:u32be")
        join = self.in_background(lambda: (process.send((line + b"\n") * 2000),
                                           process.end_input()))
        peer = self.accept(server)
        half = harness.receive_exactly(peer, 1000 * (4 + len(line)))
        self.assert_memory_bounded(process)
        self.assertTrue(half + harness.receive_all(peer) == encode(line) * 2000, "other bytes")
        peer.close()
        join()
        self.assertEqual(process.wait(), 0)

    def test_a_message_with_escapes(self):
        self.assertEqual(self.received("--framing", "slip", self.file(b"a\xc0b\xdb")),
                         b"\xc0a\xdb\xdcb\xdb\xdd\xc0")

    def test_the_head_stands_before_the_length(self):
        self.assertEqual(
            self.received("--framing", "sync:b562,length:u16le@4,adjust:2,checksum:fletcher8@2",
                          "--head", "0A04", self.file(b"")).hex(), "b5620a0400000e34")

    def test_a_summary_is_told(self):
        server = self.listener()
        process = self.send(harness.address_of(server), "--framing", "lines")
        process.send(b"one\ntwo\n")
        process.end_input()
        self.assertEqual(harness.receive_all(self.accept(server)), b"one\ntwo\n")
        process.errors.expect("^sluice: sent 2 messages, 8 bytes$")

    def test_lines_go_out_while_more_may_come(self):
        server = self.listener()
        process = self.send(harness.address_of(server), "--framing", "length:u32be")
        peer = self.accept(server)
        for line in (b"question", b"another"):
            process.send(line + b"\n")
            self.assertEqual(harness.receive_exactly(peer, 4 + len(line)), encode(line))
        peer.sendall(b"answers are dropped" * 1000)


class EndTest(support.TestCase):
    def test_what_was_not_sent_before_a_break_goes_out_on_the_next_connection(self):
        server = self.listener()
        process = self.send(harness.address_of(server), "--framing", "length:u32be")
        peer = self.accept(server)
        process.send(b"one\n")
        self.assertEqual(harness.receive_exactly(peer, 7), encode(b"one"))
        harness.reset(peer)
        process.errors.expect("trying again in")
        process.send(b"two\n")
        process.end_input()
        self.assertEqual(harness.receive_all(self.accept(server)), encode(b"two"))
        self.assertEqual(process.wait(), 0)

    def test_a_device_that_keeps_its_side_open_costs_a_second_only(self):
        server = self.listener()
        process = self.send(harness.address_of(server), "--framing", "length:u32be",
                            self.file(b"message"))
        peer = self.accept(server)
        self.assertEqual(harness.receive_all(peer), encode(b"message"))
        self.assertEqual(process.wait(), 0)

    def test_no_connection_in_time_ends_with_69(self):
        process = self.send(self.refusing_address(), "--framing", "length:u32be",
                            "--flush-timeout", "50ms", self.file(b"message"))
        self.assertEqual(process.wait(), 69)
        process.errors.expect("connection refused; trying again in")
        process.errors.expect("^sluice: sent 0 messages, 0 bytes; lost 1 message$")

    def test_without_reconnect_a_refusal_ends_with_69(self):
        process = self.send(self.refusing_address(), "--framing", "length:u32be",
                            "--no-reconnect")
        process.errors.expect("connection refused")
        process.send(b"line\n")
        self.assertEqual(process.wait(), 69)

    def test_a_device_that_takes_nothing_ends_with_69(self):
        server = self.listener(receive_bytes=4096)
        process = self.send(harness.address_of(server), "--framing", "length:u32be",
                            "--flush-timeout", "50ms", self.file(harness.pattern(16_000_000)))
        self.accept(server)
        self.assertEqual(process.wait(), 69)
        process.errors.expect("lost 1 message$")

    def test_a_signal_ends_it(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.listener()
            process = self.send(harness.address_of(server), "--framing", "lines")
            process.errors.expect("connected to")
            process.signal(number)
            self.assertEqual(process.wait(), 128 + number)

    def test_a_message_that_cannot_be_carried_ends_with_65_after_those_before_it(self):
        server = self.listener()
        process = self.send(harness.address_of(server), "--framing", "length:u8")
        process.send(b"fits\n" + b"x" * 256 + b"\nnever sent\n")
        self.assertEqual(harness.receive_all(self.accept(server)), b"\4fits")
        self.assertEqual(process.wait(), 65)
        process.errors.expect("^sluice: (line 2 of )?standard input: ")

    def test_a_delimiter_within_a_message_is_refused(self):
        process = self.send(harness.address_of(self.listener()), "--framing", "lines",
                            self.file(b"two\nlines"))
        self.assertEqual(process.wait(), 65)
        process.errors.expect("message.bin: invalid argument: ")

    def test_a_file_that_is_not_there_ends_with_66(self):
        process = self.send(harness.address_of(self.listener()), "--framing", "lines", "/nowhere/x")
        self.assertEqual(process.wait(), 66)
        self.assertRegex(process.errors.rest().decode(),
                         "(?m)^sluice: /nowhere/x: No such file or directory$")


if __name__ == "__main__":
    unittest.main()
