"""Command lines of `sluice frames`: what is refused, with which words; files that are none."""

import re
import shlex
import unittest

import harness
import support

OPTIONS = ["--help", "--framing", "--bytes", "--max-frames", "--json"]
BAD_COMMAND_LINES = [
    ([], ["FILE is required"]),
    (["capture.bin"], ["--framing is required"]),
    (["capture.bin", "--framing", "line"], ['--framing "line"', "allowed are length, varint"]),
    (["capture.bin", "--framing", "fixed:0"], ["--framing "]),
    (["a", "b", "--framing", "lines"], ['"b" is one argument too many']),
    (["a", "--framing", "lines", "--bytes=-1"], ['--bytes "-1"; allowed are whole numbers']),
    (["a", "--framing", "lines", "--max-frames", "x"], ['--max-frames "x"; allowed are whole']),
    (["a", "--framing", "lines", "--json", "--bytes", "1"], ["--bytes excludes --json"]),
    (["a", "--framing", "lines", "--jsno"], ['unknown option "--jsno"; did you mean "--json"?']),
]


class CommandLineTest(support.TestCase):
    def test_wrong_ones_are_refused_with_what_is_allowed(self):
        for arguments, words in BAD_COMMAND_LINES:
            with self.subTest(arguments=arguments):
                status, lines, errors = self.frames(*arguments)
                self.assertEqual((status, lines), (64, []), errors)
                for word in words:
                    self.assertIn(word, errors)

    def test_every_option_is_explained(self):
        text = "\n".join(self.frames("--help")[1])
        for option in OPTIONS:
            self.assertRegex(text, rf"(?m)^  (-h,)?{option}\b")

    def test_every_example_is_a_valid_command_line(self):
        text = "\n".join(self.frames("--help")[1])
        examples = re.search(r"(?ms)^Examples:\n(.*?)\n\n", text)[1].splitlines()
        self.assertGreaterEqual(len(examples), 5)
        for example in examples:
            with self.subTest(example=example):
                words = shlex.split(example.split("sluice frames ", 1)[1].split("   ")[0])
                status, _, errors = self.frames(
                    *words, cwd=harness.temporary_directory(self), input=b"")
                self.assertEqual(status, 0 if words[0] == "-" else 66, errors)

    def test_a_file_that_is_not_there_is_named(self):
        status, _, errors = self.frames("/nowhere/capture.bin", "--framing", "lines")
        self.assertEqual((status, errors),
                         (66, "sluice: /nowhere/capture.bin: No such file or directory\n"))

    def test_a_directory_cannot_be_read(self):
        status, _, errors = self.frames("/", "--framing", "lines")
        self.assertEqual(status, 74)
        self.assertIn("Is a directory", errors)

    def test_a_full_disk_ends_it_with_74(self):
        with open("/dev/full", "wb") as full:
            process = self.start(support.SLUICE, "frames", self.capture(b"line\n"), "--framing",
                                 "lines", stdout=full)
            self.assertEqual(process.wait(), 74)
            process.errors.expect("^sluice: writing standard output: .*No space left on device")


if __name__ == "__main__":
    unittest.main()
