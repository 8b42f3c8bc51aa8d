"""`--framing`: whole frames on standard output, and what happens to bytes that are none."""

import base64
import json
import random
import socket
import struct
import unittest

import support
from support import MIB


def encode(message):
    """The default of Tokio's LengthDelimitedCodec, and of Netty's length field with strip 4."""
    return struct.pack(">I", len(message)) + message


def messages(count, seed=1, size_max=3000):
    source = random.Random(seed)
    return [source.randbytes(source.choice((0, 1, source.randrange(size_max))))
            for _ in range(count)]


def pieces(stream, seed=1, size_max=5000):
    source = random.Random(seed)
    at = 0
    while at < len(stream):
        size = source.randrange(1, size_max)
        yield stream[at:at + size]
        at += size


class FramesTest(support.TestCase):
    def objects(self, cat):
        return [json.loads(line) for line in cat.output.rest().splitlines()]

    def assert_frames(self, cat, wanted, header_bytes=4):
        offset = 0
        found = self.objects(cat)
        for frame, message in zip(found, wanted):
            self.assertEqual(list(frame), ["time_ns", "offset", "length", "data"])
            self.assertEqual((frame["offset"], frame["length"]), (offset, len(message)))
            self.assertEqual(base64.b64decode(frame["data"], validate=True), message)
            offset += header_bytes + len(message)
        self.assertEqual(len(found), len(wanted))

    def test_a_stream_in_random_pieces_gives_its_messages(self):
        wanted = messages(2000)
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--json",
                                   "--no-reconnect")
        for piece in pieces(b"".join(map(encode, wanted))):
            peer.sendall(piece)
        peer.close()
        self.assert_frames(cat, wanted)
        self.assertEqual(cat.wait(), 0)

    def test_a_frame_of_single_bytes(self):
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--json")
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in encode(b"message") + encode(b""):
            peer.sendall(bytes([byte]))
        for length in (7, 0):
            self.assertEqual(json.loads(cat.output.line())["length"], length)

    def test_offset_is_that_of_the_header_and_time_that_of_the_last_byte(self):
        cat, peer = self.connected("--framing", "lines", "--json")
        peer.sendall(b"first\r\nsec")
        first = json.loads(cat.output.line())
        peer.sendall(b"ond\n")
        second = json.loads(cat.output.line())
        self.assertEqual((first["offset"], second["offset"]), (0, 7))
        self.assertEqual(base64.b64decode(second["data"]), b"second")
        self.assertGreater(second["time_ns"], first["time_ns"])

    def test_plain_output_is_the_payloads(self):
        wanted = [support.pattern(size, size) for size in (0, 1, 4095, 4096, 300_000, 5, 70_000)]
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--no-reconnect")
        peer.sendall(b"".join(map(encode, wanted)))
        peer.close()
        self.assertTrue(cat.output.rest() == b"".join(wanted), "other bytes were written")

    def test_hex_shows_one_frame_each(self):
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--hex", "--no-reconnect")
        peer.sendall(encode(b"0123456789abcdefg") + encode(b"") + encode(b"x"))
        peer.close()
        dump = "  |".join(("30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66", "0123456789abcdef|"))
        self.assertEqual(cat.output.rest().decode().splitlines(), [
            "frame at 0: 17 bytes", f"00000000  {dump}",
            f"00000010  67{' ' * 46}  |g|",
            "frame at 21: 0 bytes",
            "frame at 25: 1 bytes", f"00000000  78{' ' * 46}  |x|"])

    def test_escapes_are_undone(self):
        cat, peer = self.connected("--framing", "slip", "--json", "--no-reconnect")
        peer.sendall(b"\xc0a\xdb\xdcb\xc0" + b"\xdb\xdd\xc0")
        peer.close()
        frames = [base64.b64decode(frame["data"]) for frame in self.objects(cat)]
        self.assertEqual(frames, [b"a\xc0b", b"\xdb"])

    def test_frames_larger_than_a_slab(self):
        wanted = [support.pattern(size, size) for size in (9 * MIB, 1, 300_000, 3 * MIB)]
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--json",
                                   "--no-reconnect")
        join = self.in_background(lambda: (peer.sendall(b"".join(map(encode, wanted))),
                                           peer.close()))
        self.assert_frames(cat, wanted)
        join()

    def test_each_connection_begins_with_a_frame(self):
        server = self.listener()
        cat = self.cat("--framing", "length:u32be,strip:4", "--json", support.address_of(server))
        peer = self.accept(server)
        peer.sendall(encode(b"one") + encode(b"half")[:6])
        peer.close()
        self.accept(server).sendall(encode(b"two"))
        for message in (b"one", b"two"):
            frame = json.loads(cat.output.line())
            self.assertEqual((frame["offset"], base64.b64decode(frame["data"])), (0, message))
        cat.errors.expect(r"^sluice: bad frame: truncated at offset 7: claims 8 bytes; begins with "
                          r"00 00 00 04 68 61$")

    def test_standard_input_goes_out_as_it_is(self):
        cat, peer = self.connected("--framing", "length:u32be,strip:4")
        cat.send(b"not framed")
        self.assertEqual(support.receive_exactly(peer, 10), b"not framed")


class BadFramesTest(support.TestCase):
    def test_a_bad_frame_is_told_and_ends_the_connection(self):
        server = self.listener()
        cat = self.cat("--framing", "length:u32be,strip:4,max:1KiB", support.address_of(server))
        peer = self.accept(server)
        peer.sendall(encode(b"good") + struct.pack(">I", 0xffffffff) + b"ab")
        self.assertEqual(cat.output.exactly(4), b"good")
        cat.errors.expect(r"^sluice: bad frame: oversize at offset 8: claims 4294967299 bytes, the "
                          r"maximum is 1024; begins with ff ff ff ff 61 62$")
        self.assertRegex(cat.errors.line(), r"what is no frame; trying again in \d+ ms$")
        support.receive_all(peer)
        self.accept(server).sendall(encode(b"again"))
        self.assertEqual(cat.output.exactly(5), b"again")

    def test_who_speaks_another_protocol_is_named(self):
        cat, peer = self.connected("--framing", "length:u32be")
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        cat.errors.expect("^sluice: bad frame: oversize at offset 0: .*; looks like HTTP$")

    def test_without_reconnect_it_ends_with_76(self):
        cat, peer = self.connected("--framing", "netstring", "--no-reconnect")
        peer.sendall(b"3:abc,xyz")
        self.assertEqual(cat.output.rest(), b"abc")
        self.assertEqual(cat.wait(), 76)
        cat.errors.expect("^sluice: received 1 frame; skipped 3 bytes: bad_length 1$")

    def test_an_end_within_a_frame_is_76_too(self):
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--no-reconnect")
        peer.sendall(encode(b"whole") + b"\0\0\0\5abc")
        peer.close()
        self.assertEqual(cat.output.rest(), b"whole")
        self.assertEqual(cat.wait(), 76)
        cat.errors.expect("^sluice: received 1 frame; skipped 7 bytes: truncated 1$")

    def test_an_end_at_the_border_of_a_frame_is_clean(self):
        cat, peer = self.connected("--framing", "length:u32be,strip:4", "--no-reconnect")
        peer.sendall(encode(b"whole"))
        peer.close()
        self.assertEqual(cat.output.rest(), b"whole")
        self.assertEqual(cat.wait(), 0)
        self.assertNotIn(b"skipped", cat.errors.rest())

    def test_what_can_be_found_again_goes_on(self):
        cat, peer = self.connected("--framing", "sync:b562,length:u8@2,checksum:xor8@2", "--json",
                                   "--no-reconnect")

        def record(body):
            checked = bytes([len(body) + 1]) + body
            checksum = 0
            for byte in checked:
                checksum ^= byte
            return b"\xb5\x62" + checked + bytes([checksum])

        peer.sendall(b"noise" + record(b"first") + b"\xb5\x62\x03zzz" + record(b"second"))
        peer.close()
        offsets = [json.loads(line)["offset"] for line in cat.output.rest().splitlines()]
        self.assertEqual(offsets, [5, 5 + 9 + 6])
        self.assertEqual(cat.wait(), 0)
        cat.errors.expect("^sluice: bad frame: bad_sync at offset 0")
        cat.errors.expect("^sluice: bad frame: bad_checksum at offset 14")

    def test_a_frame_that_does_not_come_ends_the_connection(self):
        server = self.listener()
        cat = self.cat("--framing", "length:u32be,strip:4", "--frame-timeout", "50ms",
                       support.address_of(server))
        peer = self.accept(server)
        peer.sendall(encode(b"rest is missing")[:9])
        cat.errors.expect("^sluice: bad frame: timeout at offset 0: claims 19 bytes; begins with ")
        cat.errors.expect("trying again in")
        support.receive_all(peer)
        self.accept(server).sendall(encode(b"again"))
        self.assertEqual(cat.output.exactly(5), b"again")

    def test_a_quiet_device_between_frames_is_not_late(self):
        cat, peer = self.connected("--framing", "lines", "--frame-timeout", "10ms",
                                   "--receive-timeout", "300ms")
        peer.sendall(b"line\n")
        self.assertEqual(cat.output.exactly(4), b"line")
        self.assertRegex(cat.errors.line(), "no data in time")

    def test_garbage_beyond_the_limit_of_hunting_ends_the_connection(self):
        cat, peer = self.connected("--framing", "sync:55,length:u8@1,checksum:sum8,hunt:20")
        peer.sendall(b"g" * 21)
        cat.errors.expect("^sluice: bad frame: lost_sync at offset 20: no frame within 20 bytes")
        cat.errors.expect("trying again in")

    def test_a_flood_of_bad_frames_is_summed_up_and_loses_no_good_one(self):
        count = 20_000
        cat, peer = self.connected("--framing", "slip,bad:resync", "--no-reconnect")
        join = self.in_background(lambda: (peer.sendall(b"good\xc0\xdb!\xc0" * count),
                                           peer.close()))
        self.assertEqual(len(cat.output.rest()), 4 * count)
        join()
        lines = cat.errors.rest().decode().splitlines()
        self.assertRegex(lines[-1], rf"^sluice: received {count} frames; skipped \d+ bytes: "
                                    rf"bad_escape {count}$")
        self.assertLess(len(lines), count / 10)
        self.assertEqual(cat.wait(), 0)


class BackpressureTest(support.TestCase):
    def assert_slowed(self, framing, stream, payload):
        """A device that sends `stream` waits for whoever reads, who then gets all of `payload`."""
        cat, peer = self.connected("--framing", framing, "--no-reconnect")
        written = support.write_until_stalled(peer.fileno(), stream)
        self.assertLess(written, len(stream))
        peer.setblocking(True)
        join = self.in_background(lambda: (peer.sendall(stream[written:]), peer.close()))
        half = len(payload) // 2
        self.assertTrue(cat.output.exactly(half) == payload[:half], "other bytes came")
        self.assert_memory_bounded(cat)
        self.assertTrue(cat.output.rest() == payload[half:], "other bytes came")
        join()
        self.assertEqual(cat.wait(), 0)

    def test_large_frames_wait_for_who_reads(self):
        message = support.pattern(50_000)
        self.assert_slowed("length:u32be,strip:4", encode(message) * 2000, message * 2000)

    def test_small_frames_wait_for_who_reads(self):
        self.assert_slowed("lines", b"0123456789\n" * 3_000_000, b"0123456789" * 3_000_000)

    def test_frames_without_their_escapes_wait_for_who_reads(self):
        self.assert_slowed("slip", b"0123456789\xdb\xdc\xc0" * 2_000_000,
                           b"0123456789\xc0" * 2_000_000)

    def test_frames_between_bad_ones_wait_for_who_reads(self):
        # Each good one is handed on alone: they are more than the command's queue takes.
        count = 2_000_000
        self.assert_slowed("slip,bad:resync", b"good\xc0\xdb!\xc0" * count, b"good" * count)


if __name__ == "__main__":
    unittest.main()
