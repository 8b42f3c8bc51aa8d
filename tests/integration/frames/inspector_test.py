"""What the inspector shows of a stream."""

import base64
import json
import os
import re
import threading
import unittest

import harness
import support
from support import FRAMING, encode


class TextTest(support.TestCase):
    def test_each_frame_has_its_borders(self):
        status, lines, errors = self.frames("--framing", FRAMING,
                                            data=encode(b"hello") + encode(b"0123456789abcdef"))
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(lines, [
            "frame 1 at 0: 9 bytes, header 4, payload 5",
            "00000000  00 00 00 05|68 65 6c 6c  6f                       |....hello|",
            "frame 2 at 9: 20 bytes, header 4, payload 16",
            "00000009  00 00 00 10|30 31 32 33  34 35 36 37 38 39 61 62  |....0123456789ab|",
            "00000019  63 64 65 66                                       |cdef|",
            "2 frames: 21 bytes of payload, 8 of overhead; skipped 0 bytes",
            "payloads: the smallest 5, the median 5, the largest 16 bytes"])

    def test_a_trailer_has_a_border_too(self):
        _, lines, _ = self.frames("--framing", "netstring", data=b"5:hello,")
        self.assertEqual(lines[:2], [
            "frame 1 at 0: 8 bytes, header 2, payload 5, trailer 1",
            "00000000  35 3a|68 65 6c 6c 6f|2c                           |5:hello,|"])

    def test_a_header_that_is_handed_on_is_one_all_the_same(self):
        _, lines, _ = self.frames("--framing", "length:u32be", data=encode(b"hello"))
        self.assertEqual(lines[0], "frame 1 at 0: 9 bytes, header 4 (handed on), payload 9")
        self.assertIn(" 00 00 00 05|68 ", lines[1])

    def test_escaped_frames_are_shown_as_they_came(self):
        _, lines, _ = self.frames("--framing", "slip", data=b"a\xdb\xdcb\xc0c\xc0")
        self.assertEqual(lines[:4], [
            "frame 1 at 0: 5 bytes, header 0, payload 3, trailer 1",
            "00000000  61 db dc 62|c0                                    |a..b.|",
            "frame 2 at 5: 2 bytes, header 0, payload 1, trailer 1",
            "00000005  63|c0                                             |c.|"])

    def test_of_a_long_frame_the_front_is_shown(self):
        _, lines, _ = self.frames("--framing", FRAMING, "--bytes", "16", data=encode(b"x" * 996))
        self.assertEqual(lines[2], "          .. 984 bytes more")
        _, lines, _ = self.frames("--framing", FRAMING, "--bytes", "0", data=encode(b"x" * 996))
        self.assertEqual(len(lines), 3)

    def test_where_sync_is_lost_why_and_where_it_goes_on(self):
        good = encode(b"good")
        status, lines, _ = self.frames("--framing", "delimiter:0a,max:8,bad:resync",
                                       data=b"one\ntoolongtobeone\ntwo\n")
        self.assertEqual(status, 65)
        self.assertRegex(lines[2], r"^no frame: oversize at offset 4")
        self.assertEqual(lines[3], "skipped 15 bytes, resumed at 19")
        self.assertIn("|toolongtobeone.|", lines[4])
        self.assertRegex(lines[5], "^frame 2 at 19: ")
        self.assertRegex(lines[-2], "^2 frames: 6 bytes of payload, 2 of overhead; skipped 15 "
                                    "bytes: oversize 1$")

        status, lines, _ = self.frames("--framing", FRAMING, data=good + b"\xff" * 40 + good)
        self.assertEqual(status, 65)
        self.assertEqual(lines[2:4], [
            "no frame: oversize at offset 8: claims 4294967299 bytes, the maximum is 16777216",
            "skipped 48 bytes, not resumed"])

    def test_garbage_beyond_the_limit_of_hunting_ends_it(self):
        status, lines, _ = self.frames("--framing", "sync:55,length:u8@1,checksum:sum8,hunt:20",
                                       data=b"g" * 21 + b"\x55\x01a\xb7")
        self.assertEqual(status, 65)
        self.assertEqual(lines[0], "no frame: bad_sync at offset 0")
        self.assertIn("no frame: lost_sync at offset 20: no frame within 20 bytes", lines)
        self.assertRegex(lines[-1], "skipped 25 bytes: bad_sync 1, lost_sync 1$")

    def test_a_rest_that_is_no_frame_is_skipped(self):
        status, lines, _ = self.frames("--framing", FRAMING, data=encode(b"good")
                                       + encode(b"cut")[:6])
        self.assertEqual(status, 65)
        self.assertEqual(lines[2:4], ["no frame: truncated at offset 8: claims 7 bytes",
                                      "skipped 6 bytes, not resumed"])

    def test_an_empty_file_has_no_frames(self):
        self.assertEqual(self.frames("--framing", "lines", data=b""),
                         (0, ["0 frames: 0 bytes of payload, 0 of overhead; skipped 0 bytes"], ""))

    def test_max_frames_ends_it(self):
        status, lines, _ = self.frames("--framing", "lines", "--max-frames", "2",
                                       data=b"1\n2\n3\n4\n")
        self.assertEqual(status, 0)
        self.assertEqual([line for line in lines if line.startswith("frame ")],
                         ["frame 1 at 0: 2 bytes, header 0, payload 1, trailer 1",
                          "frame 2 at 2: 2 bytes, header 0, payload 1, trailer 1"])
        self.assertRegex(lines[-2], "^2 frames: 2 bytes of payload, 2 of overhead")

    def test_colour_is_for_terminals_only(self):
        main, terminal = os.openpty()
        self.addCleanup(os.close, main)
        path = self.capture(encode(b"hello") + b"\xff" * 4)
        process = self.start(support.SLUICE, "frames", path, "--framing", FRAMING, stdout=terminal)
        os.close(terminal)
        shown = harness.Reader(os.fdopen(os.dup(main), "rb", buffering=0), "terminal")
        self.addCleanup(shown.pipe.close)
        shown.expect("^frame 1 at 0")
        line = shown.line()
        self.assertIn("\x1b[36m", line)
        plain = re.sub(r"\x1b\[\d+m", "", line).rstrip("\r")
        self.assertEqual(plain, "00000000  00 00 00 05|68 65 6c 6c  6f" + 23 * " " + "|....hello|")
        shown.expect("\x1b\\[31mno frame: oversize")
        self.assertEqual(process.wait(), 65)
        _, lines, _ = self.frames("--framing", FRAMING, data=encode(b"hello"))
        self.assertNotIn("\x1b", "".join(lines))


class JsonTest(support.TestCase):
    def test_an_object_per_frame_and_per_incident(self):
        status, lines, errors = self.frames(
            "--framing", "sync:b562,length:u8@2,checksum:xor8@2,strip:3", "--json",
            data=b"noise" + b"\xb5\x62\x02a\x63" + b"\xb5\x62\x02bX" + b"\xb5\x62\x02c\x61")
        objects = [json.loads(line) for line in lines]
        self.assertEqual([(o["type"], o["offset"]) for o in objects],
                         [("incident", 0), ("frame", 5), ("incident", 10), ("frame", 15)])
        noise, first, wrong, _ = objects
        self.assertEqual(list(first), ["type", "offset", "length", "data", "wire_length",
                                       "payload_offset"])
        self.assertEqual((first["length"], base64.b64decode(first["data"]), first["wire_length"],
                          first["payload_offset"]), (2, b"a\x63", 5, 3))
        self.assertEqual((noise["fault"], noise["skipped"], noise["resumed"], noise["claimed"]),
                         ("bad_sync", 5, 5, None))
        self.assertEqual(base64.b64decode(noise["data"]), b"noise")
        self.assertEqual((wrong["fault"], wrong["skipped"], wrong["resumed"]),
                         ("bad_checksum", 5, 15))
        self.assertEqual(status, 65)
        self.assertRegex(errors, "^sluice: 2 frames: 4 bytes of payload, 6 of overhead; skipped 10 "
                                 "bytes: bad_sync 1, bad_checksum 1\n")

    def test_frames_over_the_pieces_of_a_file(self):
        messages = [harness.pattern(size, size) for size in (1, 262_000, 3_000_000, 70_000, 0, 9)]
        _, lines, _ = self.frames("--framing", FRAMING, "--json",
                                  data=b"".join(map(encode, messages)))
        offset = 0
        for line, message in zip(lines, messages, strict=True):
            frame = json.loads(line)
            self.assertEqual(frame["offset"], offset)
            self.assertTrue(base64.b64decode(frame["data"]) == message, "another message")
            offset += 4 + len(message)

    def test_escaped_frames_over_the_pieces_of_a_file(self):
        messages = [harness.pattern(size, size) for size in (262_130, 100, 300_000, 5)]
        _, lines, _ = self.frames("--framing", "slip", "--json", data=b"".join(
            message.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
            for message in messages))
        for line, message in zip(lines, messages, strict=True):
            self.assertTrue(base64.b64decode(json.loads(line)["data"]) == message, line[:200])


class MemoryTest(support.TestCase):
    def test_a_stream_of_any_length_is_read_in_pieces(self):
        process = self.start(support.SLUICE, "frames", "-", "--framing", FRAMING, "--bytes", "0")
        frame = encode(harness.pattern(60_000))
        count = 4000
        measured = threading.Event()
        join = self.in_background(lambda: (process.send(frame * count),
                                           measured.wait(harness.DEADLINE_S),
                                           process.end_input()))
        process.output.expect(f"^frame {count // 2} at ")
        self.assert_memory_bounded(process)
        measured.set()
        process.output.expect(f"^{count} frames: {60_000 * count} bytes of payload")
        join()
        self.assertEqual(process.wait(), 0)


if __name__ == "__main__":
    unittest.main()
