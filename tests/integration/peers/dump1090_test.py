"""The dump1090 that other tests connect to, asked with plain sockets."""

import socket
import unittest

import dump1090
import harness


class FormatTest(unittest.TestCase):
    def test_a_frame_known_from_the_literature(self):
        self.assertEqual(dump1090.identification(0x4840d6, "KLM1023").hex().upper(),
                         "8D4840D6202CC371C32CE0576098")

    def test_escapes_are_doubled(self):
        self.assertEqual(dump1090.beast(bytes([0x1a, 7]), time=0x1a, signal=0x1a).hex(),
                         "1a31" "0000000000" "1a1a" "1a1a" "1a1a07")


class Dump1090Test(harness.TestCase):
    def setUp(self):
        self.server = dump1090.Dump1090(self)
        # Among them frames with bytes that Beast has to escape.
        self.frames = [dump1090.identification(0x1a0000 + i * 0x1a, f"SLUICE{i:02}")
                       for i in range(100)]

    def test_frames_from_the_raw_input_leave_in_beast_format_in_order(self):
        output = self.server.connect("beast_output")
        self.server.connect("raw_input").sendall(b"".join(map(dump1090.avr, self.frames)))
        received = dump1090.receive_beast(output, len(self.frames))
        self.assertEqual([frame for _, _, frame in received], self.frames)

    def test_beast_comes_through_with_time_and_signal(self):
        output = self.server.connect("beast_output")
        frames = [(0x1a1a1a + i, 0x1a, frame) for i, frame in enumerate(self.frames)]
        self.server.connect("beast_input").sendall(
            b"".join(dump1090.beast(frame, time, signal) for time, signal, frame in frames))
        self.assertEqual(dump1090.receive_beast(output, len(frames)), frames)

    def test_a_frame_with_wrong_parity_is_not_forwarded(self):
        output = self.server.connect("beast_output")
        broken = self.frames[0][:-1] + bytes([self.frames[0][-1] ^ 0xff])
        self.server.connect("raw_input").sendall(dump1090.avr(broken)
                                                 + dump1090.avr(self.frames[1]))
        self.assertEqual(dump1090.receive_beast(output, 1)[0][2], self.frames[1])

    def test_call_signs_leave_as_text(self):
        output = self.server.connect("sbs_output").makefile("rb")
        self.addCleanup(output.close)
        self.server.connect("raw_input").sendall(b"".join(map(dump1090.avr, self.frames)))
        for i in range(len(self.frames)):
            fields = output.readline().decode("ascii").split(",")
            self.assertEqual((fields[0], fields[10]), ("MSG", f"SLUICE{i:02}"))

    def test_a_killed_server_is_gone_and_comes_back_on_its_ports(self):
        self.server.connect("beast_output")
        self.server.kill()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.server.ports["raw_input"]),
                                     harness.DEADLINE_S)
        self.server.restart()
        output = self.server.connect("beast_output")
        self.server.connect("raw_input").sendall(dump1090.avr(self.frames[0]))
        self.assertEqual(dump1090.receive_beast(output, 1)[0][2], self.frames[0])


if __name__ == "__main__":
    unittest.main()
