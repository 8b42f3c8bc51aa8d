"""Command lines of `sluice send`: what is refused, with which words."""

import re
import shlex
import subprocess
import unittest

import harness
import support

ADDRESS = "127.0.0.1:9"
OPTIONS = ["--help", "--framing", "--head", "--flush-timeout", "--connect-timeout",
           "--no-reconnect"]
BAD_COMMAND_LINES = [
    ([], ["ADDRESS is required"]),
    ([ADDRESS], ["--framing is required"]),
    (["here", "--framing", "lines"], ['"here": the port is missing']),
    ([ADDRESS, "--framing", "line"], ['--framing "line"', "allowed are length, varint"]),
    ([ADDRESS, "--framing", "length:u32be@2"],
     ["--head has 0 bytes; before the length field of length:u32be@2 stand 2"]),
    ([ADDRESS, "--framing", "lines", "--head", "00"], ["--head has 1 bytes;", "stand 0"]),
    ([ADDRESS, "--framing", "length:u8@1", "--head", "0"], ['--head "0"; allowed are pairs']),
    ([ADDRESS, "--framing", "length:u8@1", "--head", "0g"], ['--head "0g"; allowed are pairs']),
    ([ADDRESS, "--framing", "lines", "--flush-timeout", "5"], ['--flush-timeout "5"']),
    ([ADDRESS, "--framing", "lines", "--connect-timeout", "5"], ['--connect-timeout "5"']),
    ([ADDRESS, "--framing", "lines", "--haed", "00"], ['did you mean "--head"?']),
]


def run(*arguments, prefix=()):
    return subprocess.run([*prefix, support.SLUICE, "send", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=harness.DEADLINE_S, check=False)


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
        examples = re.search(r"(?ms)^Examples:\n(.*?)\n\n", text)[1].replace("\\\n", "")
        found = examples.splitlines()
        self.assertGreaterEqual(len(found), 4)
        for example in found:
            with self.subTest(example=example):
                words = shlex.split(re.split(r"<|   +\w+ messages", example.split(
                    "sluice send ", 1)[1])[0])
                # With too few descriptors it ends as soon as the command line is accepted.
                done = run(*words, prefix=("prlimit", "--nofile=10:10"))
                self.assertEqual(done.returncode, 71, done.stderr)


if __name__ == "__main__":
    unittest.main()
