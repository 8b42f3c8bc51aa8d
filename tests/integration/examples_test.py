"""The examples do what their first lines say."""

import os
import socket
import subprocess
import tempfile
import unittest

EXAMPLES = os.environ["SLUICE_EXAMPLES"]
DEADLINE_S = 40


class ExamplesTest(unittest.TestCase):
    def setUp(self):
        self.source = subprocess.Popen(
            [os.path.join(EXAMPLES, "counter_source"), "127.0.0.1:0", "3", "10"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self._end_source)
        self.address = self.source.stdout.readline().strip()

    def _end_source(self):
        self.source.stdin.close()  # it ends when its standard input ends
        self.assertEqual(self.source.wait(DEADLINE_S), 0)
        self.source.stdout.close()

    def test_a_link_in_the_programs_own_loop_prints_what_the_device_sends(self):
        for first in (1, 4):  # a device that goes on counting for the next client
            run = subprocess.run([os.path.join(EXAMPLES, "link"), self.address],
                                 capture_output=True, text=True, timeout=DEADLINE_S, check=True)
            self.assertEqual(run.stdout, "".join(f"reading {first + i:06}\n" for i in range(3)))
            self.assertEqual(run.stderr.splitlines(),
                             ["[connecting]", "[up]", "[stopped: closed by the peer]"])

    def test_stages_of_ones_own_get_what_the_device_sends_over_reconnects(self):
        run = subprocess.run([os.path.join(EXAMPLES, "own_stage"), self.address],
                             capture_output=True, text=True, timeout=DEADLINE_S, check=True)
        self.assertEqual(run.stdout,
                         "connection 1: 1, mean 1.0\nconnection 1: 2, mean 1.5\n"
                         "connection 1: 3, mean 2.0\nconnection 2: 4, mean 2.5\n"
                         "connection 2: 5, mean 3.0\n")

    def run_own_command(self, more=""):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(f"""
stages:
  device: {{type: tcp_client, address: "{self.address}", reconnect_initial_ms: 1}}
  lines:
    type: line_count
    subscribe: [{{channel: /device/packet_group, policy: lossless}}]
    {more}
""")
            file.flush()
            return subprocess.run([os.path.join(EXAMPLES, "own_command"), file.name],
                                  capture_output=True, text=True, timeout=DEADLINE_S)

    def test_a_file_may_name_stages_of_ones_own(self):
        run = self.run_own_command("stop_after: 6")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout, r"^lines: [6-9]\n$")
        self.assertRegex(run.stderr, r"(?m)^lines\n  /device/packet_group: ")

    def test_keys_of_a_stage_of_ones_own_are_judged_as_all_others(self):
        for more, words in (("stop_aftr: 6", 'unknown key "stop_aftr"; did you mean "stop_after"?'),
                            ("stop_after: 2000000", "is 2000000; allowed are 0 to 1000000")):
            run = self.run_own_command(more)
            self.assertEqual((run.returncode, run.stdout), (78, ""))
            self.assertIn(words, run.stderr)

    def test_a_wrong_address_is_explained(self):
        for example in ("link", "own_stage"):
            run = subprocess.run([os.path.join(EXAMPLES, example), "nowhere"],
                                 capture_output=True, text=True, timeout=DEADLINE_S)
            self.assertEqual(run.returncode, 64)
            self.assertIn("the port is missing", run.stderr)


class MessagingTest(unittest.TestCase):
    def start(self, *arguments):
        program = subprocess.Popen([os.path.join(EXAMPLES, arguments[0]), *arguments[1:]],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.stdin.close)
        self.addCleanup(program.kill)
        return program, program.stdout.readline().strip()

    def test_echoes_come_back_to_who_sent(self):
        server, address = self.start("echo_server", "127.0.0.1:0")
        for text in ("hello\n\ngood morning\n", "x" * 100_000 + "\n"):
            client = subprocess.run([os.path.join(EXAMPLES, "echo_client"), address], input=text,
                                    capture_output=True, text=True, timeout=DEADLINE_S, check=True)
            self.assertEqual(client.stdout, text)
        server.stdin.close()
        self.assertEqual(server.wait(DEADLINE_S), 0)

    def test_files_arrive_as_they_are(self):
        for content in (b"", b"short", os.urandom(5_000_000)):
            with tempfile.TemporaryDirectory() as folder:
                source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
                with open(source, "wb") as file:
                    file.write(content)
                receiver, address = self.start("file_transfer", "receive", "127.0.0.1:0", target)
                subprocess.run([os.path.join(EXAMPLES, "file_transfer"), "send", address, source],
                               timeout=DEADLINE_S, check=True)
                self.assertEqual(receiver.wait(DEADLINE_S), 0)
                with open(target, "rb") as file:
                    self.assertEqual(file.read(), content)

    def test_the_readmes_client_and_server_talk(self):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([os.path.join(EXAMPLES, "readme_messaging")], cwd=folder,
                                 capture_output=True, text=True, timeout=DEADLINE_S, check=True)
            self.assertEqual(run.stdout, "hello\n")


class ReadmeTest(unittest.TestCase):
    """The program in the README, whose device is the Unix socket `device.sock`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.device = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.device.close)
        self.device.settimeout(DEADLINE_S)
        self.device.bind(os.path.join(self.folder, "device.sock"))
        self.device.listen()

    def test_it_prints_the_size_of_every_group_until_return_is_pressed(self):
        program = subprocess.Popen([os.path.join(EXAMPLES, "readme")], cwd=self.folder, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(program.kill)
        for data in (b"hello", b"good morning"):
            connection, _ = self.device.accept()
            connection.sendall(data)
            connection.close()
        self.device.accept()[0].close()  # both are published before it is dialed again
        output, _ = program.communicate("\n", DEADLINE_S)
        self.assertEqual(program.returncode, 0)
        self.assertEqual(output, "5 bytes, lost before: 0\n12 bytes, lost before: 0\n")


if __name__ == "__main__":
    unittest.main()
