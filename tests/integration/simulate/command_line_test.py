"""Command lines: what is refused, with which words; help; addresses that cannot be had."""

import re
import shlex
import subprocess
import unittest

import support
from harness import DEADLINE_S, address_of

LISTEN = ["--listen", "127.0.0.1:0"]
OPTIONS = ["--help", "--listen", "--rate", "--framing", "--clients", "--count", "--disconnect-every",
           "--allow-remote", "--duration"]
COUNTS = "; allowed are 0 (never) and whole numbers below 2^64"

# What is given, and what the complaint says: the option, the words given, and what is allowed.
BAD_COMMAND_LINES = [
    ([], ["DEVICE is required"]),
    (["counter"], ["--listen is required"]),
    (["radar", *LISTEN], ['DEVICE "radar"; allowed are nmea, lidar and counter']),
    (["counter", "--listen", "here"], ['--listen "here"', "; allowed are HOST:PORT"]),
    (["counter", "--listen", "localhost:0"], ["localhost:0", "give a numeric address"]),
    (["counter", "--listen", "0.0.0.0:0"], ["0.0.0.0:0", "allow_remote"]),
    (["counter", *LISTEN, "--rate", "fast"], ['--rate "fast"; allowed are 0.001 to 1000000']),
    (["counter", *LISTEN, "--rate=-1"], ["rate_hz -1", "; allowed are 0.001 to 1000000, and 0"]),
    (["counter", *LISTEN, "--rate", "nan"], ["rate_hz", "; allowed are 0.001 to 1000000"]),
    (["nmea", *LISTEN, "--rate", "0"], ["rate_hz 0", "; allowed are 0.001 to 1000000"]),
    (["counter", *LISTEN, "--framing", "line"], ['--framing "line"', "allowed are length,"]),
    (["lidar", *LISTEN, "--framing", "lines"],
     ["framing lines cannot carry what lidar sends: the delimiter may be in it"]),
    (["nmea", *LISTEN, "--framing", "delimiter:2a"], ["the delimiter may be in it"]),
    (["nmea", *LISTEN, "--framing", "fixed:82"], ["its sentences differ in length"]),
    (["counter", *LISTEN, "--framing", "fixed:63"], ["fixed:63 cannot carry what counter sends"]),
    (["lidar", *LISTEN, "--framing", "length:u8"], ["length:u8 cannot carry what lidar sends"]),
    (["counter", *LISTEN, "--framing", "dle:1a"], ["a type decides the length there"]),
    (["lidar", *LISTEN, "--framing", "slip,max:1000"], ["cannot carry what lidar sends"]),
    (["counter", *LISTEN, "--framing", "slip", "--rate", "0"],
     ["rate_hz 0; with framing slip allowed are 0.001 to 1000000"]),
    (["counter", *LISTEN, "--clients", "0"], ["clients_max 0; allowed are 1 to 1024"]),
    (["counter", *LISTEN, "--clients", "x"], ['--clients "x"; allowed are 1 to 1024']),
    (["counter", *LISTEN, "--count=-1"], ['--count "-1"' + COUNTS]),
    (["counter", *LISTEN, "--disconnect-every", "1.5"], ['--disconnect-every "1.5"' + COUNTS]),
    (["counter", *LISTEN, "--duration", "5"], ['--duration "5"; allowed are a number and ms, s']),
    (["counter", *LISTEN, "--cuont", "5"], ['unknown option "--cuont"; did you mean "--count"?']),
]


def run(*arguments, prefix=()):
    return subprocess.run([*prefix, support.SLUICE, "simulate", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE_S, check=False)


class CommandLineTest(support.TestCase):
    def test_wrong_ones_are_refused_with_what_is_allowed(self):
        for arguments, words in BAD_COMMAND_LINES:
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
                for word in words:
                    self.assertIn(word, done.stderr)

    def test_every_option_is_explained(self):
        text = run("--help").stdout
        for option in OPTIONS:
            self.assertRegex(text, rf"(?m)^  (-h,)?{option}\b")

    def test_every_example_is_a_valid_command_line(self):
        text = run("--help").stdout
        examples = re.search(r"(?ms)^Examples:\n(.*?)\n\n", text)[1].splitlines()
        self.assertGreaterEqual(len(examples), 5)
        for example in examples:
            with self.subTest(example=example):
                words = shlex.split(example.split("sluice simulate ", 1)[1].split("   ")[0])
                # With too few descriptors it ends as soon as the command line is accepted.
                done = run(*words, prefix=("prlimit", "--nofile=10:10"))
                self.assertEqual(done.returncode, 71, done.stderr)


class AddressTest(support.TestCase):
    def test_an_address_in_use_is_named(self):
        address = address_of(self.listener())
        done = run("counter", "--listen", address)
        self.assertEqual((done.returncode, done.stdout), (69, ""))
        self.assertIn(address, done.stderr)
        self.assertIn("in use", done.stderr)

    def test_an_address_of_another_machine_is_named(self):
        done = run("counter", "--listen", "192.0.2.1:0", "--allow-remote")
        self.assertEqual((done.returncode, done.stdout), (69, ""))
        self.assertIn("192.0.2.1:0", done.stderr)


if __name__ == "__main__":
    unittest.main()
