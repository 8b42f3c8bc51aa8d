"""nats-server as the device: it speaks first."""

import json
import unittest

import support


class NatsTest(support.TestCase):
    def setUp(self):
        nats = self.start(support.peer_program("nats-server"), "-a", "127.0.0.1", "-p", "-1")
        port = nats.errors.expect(r"Listening for client connections on 127\.0\.0\.1:(\d+)")[1]
        self.address = f"127.0.0.1:{port}"

    def test_the_greeting_of_the_server_arrives_before_anything_is_sent(self):
        cat = self.cat(self.address)
        line = cat.output.line()
        self.assertTrue(line.startswith("INFO {"), line)
        self.assertIn("server_id", json.loads(line[len("INFO "):]))

    def test_ping_is_answered(self):
        cat = self.cat(self.address)
        cat.output.expect("^INFO ")
        cat.send(b'CONNECT {"verbose":false}\r\nPING\r\n')
        self.assertEqual(cat.output.line(), "PONG\r")

    def test_a_published_message_reaches_the_subscriber(self):
        subscriber = self.cat(self.address)
        subscriber.output.expect("^INFO ")
        subscriber.send(b'CONNECT {"verbose":false}\r\nSUB lidar.* 7\r\nPING\r\n')
        subscriber.output.expect("^PONG")  # the subscription is known now
        publisher = self.cat("-N", "--no-reconnect", self.address)
        publisher.send(b'CONNECT {"verbose":false}\r\nPUB lidar.front 5\r\nhello\r\n')
        publisher.end_input()
        self.assertEqual(subscriber.output.line(), "MSG lidar.front 7 5\r")
        self.assertEqual(subscriber.output.line(), "hello\r")


if __name__ == "__main__":
    unittest.main()
