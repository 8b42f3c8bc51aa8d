"""What the simulated devices send, whom they serve, and how they end."""

import functools
import signal
import unittest

import support
from harness import receive_all, receive_exactly
from support import RECORD_BYTES, counter_record, counter_records


class ServingTest(support.TestCase):
    def test_port_0_prints_the_port_that_was_chosen(self):
        device = self.device("counter")
        self.assertRegex(device.address, r"^127\.0\.0\.1:[1-9]\d*$")
        self.assertEqual(receive_exactly(self.connect(device), RECORD_BYTES), counter_record(0))

    def test_count_ends_it_with_0_and_a_summary(self):
        device = self.device("counter", "--rate", "0", "--count", "1000")
        client = self.connect(device)
        self.assertEqual(receive_all(client), counter_records(0, 1000))
        client.close()
        self.assertEqual(device.wait(), 0)
        lines = device.errors.rest().decode().splitlines()
        self.assertRegex(lines[0], r"^sluice: client 1 \(127\.0\.0\.1:\d+\) came$")
        self.assertRegex(lines[1], r"^sluice: client 1 \(127\.0\.0\.1:\d+\) gone: ")
        self.assertEqual(lines[-1],
                         "sluice: sent 1000 messages, 64000 bytes; lost 0 messages; received 0 "
                         "bytes; served 1 client, refused 0 clients")

    def test_a_connection_ends_after_its_share_and_the_numbers_go_on(self):
        device = self.device("counter", "--rate", "0", "--count", "250", "--disconnect-every",
                             "100")
        for first, count in ((0, 100), (100, 100), (200, 50)):
            client = self.connect(device)
            self.assertEqual(receive_all(client), counter_records(first, count))
            client.close()
        self.assertEqual(device.wait(), 0)

    def test_two_clients_get_the_same_live_records(self):
        device = self.device("counter", "--rate", "1000")
        clients = [self.connect(device), self.connect(device)]
        for client in clients:
            first = receive_exactly(client, RECORD_BYTES)
            sequence = int.from_bytes(first[8:16], "little")
            self.assertEqual(first, counter_record(sequence))
            self.assertEqual(receive_exactly(client, 20 * RECORD_BYTES),
                             counter_records(sequence + 1, 20))

    def test_one_client_too_many_is_closed_at_once(self):
        device = self.device("nmea", "--clients", "1")
        client = self.connect(device)
        receive_exactly(client, 1)
        self.assertEqual(receive_all(self.connect(device)), b"")
        self.assertEqual(device.errors.expect("refused")[0], "refused")
        receive_exactly(client, 1)
        device.signal(signal.SIGTERM)
        device.errors.expect("served 1 client, refused 1 client$")

    def test_what_clients_send_is_counted(self):
        device = self.device("counter", "--count", "100")
        client = self.connect(device)
        client.sendall(b"x" * 777)
        self.assertEqual(len(receive_all(client)), 100 * RECORD_BYTES)
        client.close()
        device.errors.expect("received 777 bytes; served 1 client, refused 0 clients$")

    def test_an_nmea_device_sends_sentences_with_right_checksums(self):
        device = self.device("nmea", "--rate", "50", "--count", "4")
        lines = receive_all(self.connect(device)).decode("ascii").split("\r\n")
        self.assertEqual(lines.pop(), "")
        self.assertEqual([line[1:6] for line in lines],
                         ["GPGGA", "GPRMC", "GPGSV", "GPGSV", "GPGSV"] * 4)
        for line in lines:
            content, checksum = line[1:].split("*")
            computed = functools.reduce(lambda a, b: a ^ b, content.encode())
            self.assertEqual(f"{computed:02X}", checksum, line)

    def test_a_lidar_sends_whole_packets(self):
        device = self.device("lidar", "--rate", "0", "--count", "500")
        stream = receive_all(self.connect(device))
        self.assertEqual(len(stream), 500 * 1206)
        for at in range(0, len(stream), 1206):
            self.assertEqual((stream[at:at + 2], stream[at + 1204:at + 1206]),
                             (b"\xff\xee", b"\x37\x22"))


class FramingTest(support.TestCase):
    def test_each_counter_record_is_a_frame(self):
        device = self.device("counter", "--rate", "0", "--count", "10000", "--framing",
                             "length:u16be@2")
        stream = receive_all(self.connect(device))
        self.assertTrue(stream == b"".join(b"\0\0\0\x40" + counter_record(i)
                                           for i in range(10000)), "another stream")
        self.assertEqual(device.wait(), 0)
        device.errors.expect("^sluice: sent 10000 messages, 680000 bytes; lost 0 messages;")

    def test_each_nmea_sentence_is_a_frame_without_its_line_end(self):
        device = self.device("nmea", "--rate", "50", "--count", "2", "--framing", "netstring")
        stream = receive_all(self.connect(device))
        sentences = []
        while stream:
            length, _, rest = stream.partition(b":")
            sentence, stream = rest[:int(length)], rest[int(length):]
            self.assertEqual(stream[:1], b",")
            stream = stream[1:]
            self.assertRegex(sentence, rb"^\$GP.*\*[0-9A-F]{2}$")
            sentences.append(sentence[1:6])
        self.assertEqual(sentences, [b"GPGGA", b"GPRMC", b"GPGSV", b"GPGSV", b"GPGSV"] * 2)

    def test_crlf_as_the_delimiter_is_what_a_receiver_sends_anyway(self):
        device = self.device("nmea", "--rate", "50", "--count", "2", "--framing",
                             "delimiter:0d0a")
        lines = receive_all(self.connect(device)).split(b"\r\n")
        self.assertEqual((len(lines), lines[-1]), (11, b""))

    def test_lidar_packets_are_escaped(self):
        device = self.device("lidar", "--rate", "100000", "--count", "100", "--framing", "slip")
        stream = receive_all(self.connect(device))
        packets = [packet.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
                   for packet in stream.split(b"\xc0") if packet]
        self.assertEqual([len(packet) for packet in packets], [1206] * 100)
        for packet in packets:
            self.assertEqual((packet[:2], packet[-2:]), (b"\xff\xee", b"\x37\x22"))


class EndTest(support.TestCase):
    def test_signals_end_it_with_their_number_and_a_summary(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                device = self.device("counter", "--rate", "0")
                receive_exactly(self.connect(device), RECORD_BYTES)
                device.signal(number)
                self.assertEqual(device.wait(), 128 + number)
                device.errors.expect("gone: ")
                device.errors.expect("; served 1 client, refused 0 clients$")

    def test_duration_ends_it_with_0(self):
        device = self.device("lidar", "--duration", "20ms")
        self.assertEqual(device.wait(), 0)
        device.errors.expect("served 0 clients, refused 0 clients$")


if __name__ == "__main__":
    unittest.main()
