"""redis-server as the device: commands in on standard input, replies out."""

import base64
import json
import re
import signal
import unittest

import support


def set_command(key, value):
    return b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(key), key, len(value), value)


def bulk(value):
    return b"$%d\r\n%s\r\n" % (len(value), value)


class RedisTest(support.TestCase):
    def start_redis(self, port=None):
        """(process, port), once it takes connections; without a port, one that is free."""
        while True:
            wished = port or support.free_port()
            redis = self.start(support.peer_program("redis-server"), "--port", str(wished),
                               "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                               "--dir", support.temporary_directory(self), "--daemonize", "no")
            found = redis.output.expect("Ready to accept connections|Address already in use")
            if found[0].startswith("Ready"):
                return redis, wished
            self.assertIsNone(port, "somebody else took the port of the server that was killed")

    def setUp(self):
        self.redis, self.port = self.start_redis()
        self.address = f"127.0.0.1:{self.port}"

    def test_a_large_reply_arrives_byte_for_byte(self):
        value = support.pattern(100_000)
        cat = self.cat(self.address)
        cat.send(set_command(b"big", value))
        self.assertEqual(cat.output.exactly(5), b"+OK\r\n")
        cat.send(b"GET big\r\n")
        reply = bulk(value)
        self.assertEqual(cat.output.exactly(len(reply)), reply)

    def test_pipelined_commands_are_answered_in_order(self):
        count = 20_000
        cat = self.cat("-N", "--no-reconnect", self.address)
        commands = b"".join(b"ECHO %d\r\n" % i for i in range(count)) + b"QUIT\r\n"
        join = self.in_background(lambda: (cat.send(commands), cat.end_input()))
        replies = b"".join(bulk(b"%d" % i) for i in range(count)) + b"+OK\r\n"
        self.assertEqual(cat.output.rest(), replies)
        join()
        self.assertEqual(cat.wait(), 0)

    def test_json_objects_hold_the_whole_stream(self):
        value = support.pattern(300_000)
        cat = self.cat("--json", "-N", "--no-reconnect", self.address)
        cat.send(set_command(b"big", value) + b"GET big\r\nQUIT\r\n")
        cat.end_input()
        stream = b""
        time_ns = 0
        for line in cat.output.rest().splitlines():
            packet = json.loads(line)
            self.assertEqual(set(packet), {"time_ns", "offset", "length", "data", "connection"})
            data = base64.b64decode(packet["data"], validate=True)
            self.assertEqual(packet["offset"], len(stream))
            self.assertEqual(packet["length"], len(data))
            self.assertEqual(packet["connection"], 1)
            self.assertGreaterEqual(packet["time_ns"], time_ns)
            time_ns = packet["time_ns"]
            stream += data
        self.assertEqual(stream, b"+OK\r\n" + bulk(value) + b"+OK\r\n")
        self.assertGreater(time_ns, 1_700_000_000 * 10**9)

    def test_hex_lines_hold_the_whole_stream(self):
        value = support.pattern(5_000)
        cat = self.cat("--hex", "-N", "--no-reconnect", self.address)
        cat.send(set_command(b"big", value) + b"GET big\r\nQUIT\r\n")
        cat.end_input()
        stream = b""
        for line in cat.output.rest().decode("ascii").splitlines():
            offset, data, text = re.fullmatch(
                r"([0-9a-f]{8})  ((?:[0-9a-f]{2}| |  )*)  \|(.*)\|", line).groups()
            data = bytes.fromhex(data)
            self.assertEqual(int(offset, 16), len(stream))
            shown = "".join(chr(b) if 0x20 <= b < 0x7f else "." for b in data)
            self.assertEqual(text, shown)
            stream += data
        self.assertEqual(stream, b"+OK\r\n" + bulk(value) + b"+OK\r\n")

    def test_hex_looks_like_hexdump(self):
        cat = self.cat("--hex", self.address)
        cat.send(b"ECHO 0123456789\r\n")
        self.assertEqual(cat.output.line(), "00000000  24 31 30 0d 0a 30 31 32  33 34 35 36 37 38 39"
                                            " 0d  |$10..0123456789.|")
        self.assertEqual(cat.output.line(), "00000010  0a" + 46 * " " + "  |.|")

    def test_commands_sent_while_the_server_is_down_arrive_after_it_is_back(self):
        cat = self.cat("--json", self.address)
        cat.send(b"PING\r\n")
        first = json.loads(cat.output.line())
        self.assertEqual((first["connection"], first["offset"]), (1, 0))

        self.redis.signal(signal.SIGKILL)
        self.redis.wait()
        address = re.escape(self.address)
        self.assertEqual(cat.errors.line(), f"sluice: connecting to {self.address}")
        self.assertEqual(cat.errors.line(), f"sluice: connected to {self.address} (connection 1)")
        self.assertRegex(cat.errors.line(), f"^sluice: {address}: (closed by the peer|connection "
                                            r"reset); trying again in \d+ ms$")
        count = 30_000  # more than pipe and buffers of the command would hide
        commands = b"".join(b"RPUSH list %d\r\n" % i for i in range(count))
        commands += b"LRANGE list 0 -1\r\nPING\r\n"
        join = self.in_background(lambda: cat.send(commands))
        self.assertEqual(cat.errors.line(), f"sluice: connecting to {self.address}")
        self.assertRegex(cat.errors.line(), f"^sluice: {address}: connection refused; trying again "
                                            r"in \d+ ms$")
        self.start_redis(self.port)
        self.assertEqual(cat.wait_connected(), 2)

        wanted = b"".join(b":%d\r\n" % (i + 1) for i in range(count))
        wanted += b"*%d\r\n" % count + b"".join(bulk(b"%d" % i) for i in range(count))
        wanted += b"+PONG\r\n"
        stream = b""
        while len(stream) < len(wanted):
            packet = json.loads(cat.output.line())
            self.assertEqual((packet["connection"], packet["offset"]), (2, len(stream)))
            stream += base64.b64decode(packet["data"])
        self.assertEqual(stream, wanted)
        join()


if __name__ == "__main__":
    unittest.main()
