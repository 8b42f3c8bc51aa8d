"""bash completes what the command's help shows: its completion function, asked without a terminal."""

import os
import re
import subprocess
import unittest

import harness

SLUICE = os.environ["SLUICE"]
COMPLETION = os.path.join(os.environ["SLUICE_SOURCE"], "packaging", "completions", "sluice")
ASK = """
source "$1"
program=$2
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_sluice "$program" "${@: -1}" "${@: -2:1}"
((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
"""
HELP_OF_FILES = """\
Usage: sluice eat [OPTIONS] FILE

Positionals:
  FILE REQUIRED               What to eat

Options:
  -h,--help                   Print this help
  -o,--output FILE            Where to
  --times N=1                 How often
  --fast Excludes: --times    Without chewing
"""


def help_of(*command):
    return subprocess.run([SLUICE, *command, "--help"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def options_in(text):
    return {name for names in re.findall(r"^  (-\S+)", text, re.MULTILINE)
            for name in names.split(",")}


def commands():
    section = help_of().split("Subcommands:\n")[1].split("\n\n")[0]
    return {line.split()[0] for line in section.splitlines()}


class CompletionTest(harness.TestCase):
    def complete(self, *words, program=SLUICE, cwd=None):
        """What is offered for the last of the words on the line."""
        run = subprocess.run(["bash", "-c", ASK, "bash", COMPLETION, program, "sluice", *words],
                             check=True, text=True, stdout=subprocess.PIPE, cwd=cwd)
        return set(run.stdout.split())

    def test_commands(self):
        self.assertIn("cat", commands())
        self.assertEqual(self.complete(""), commands() | options_in(help_of()))
        self.assertEqual(self.complete("ca"), {"cat"})

    def test_every_option_of_every_command(self):
        for command in commands():
            with self.subTest(command):
                self.assertIn("--help", options_in(help_of(command)))
                self.assertEqual(self.complete(command, "-"), options_in(help_of(command)))

    def test_the_beginning_of_an_option(self):
        self.assertEqual(self.complete("cat", "--receive"), {"--receive-timeout"})
        self.assertEqual(self.complete("cat", "--none"), set())

    def test_values_are_left_to_the_user(self):
        self.assertEqual(self.complete("cat", "--receive-timeout", ""), set())

    def test_files(self):
        folder = harness.temporary_directory(self)
        program = os.path.join(folder, "program")
        with open(program, "w") as script:
            script.write(f"#!/bin/sh\ncat <<'END'\n{HELP_OF_FILES}END\n")
        os.chmod(program, 0o755)

        def complete(*words):
            return self.complete("eat", *words, program=program, cwd=folder)

        self.assertEqual(complete(""), {"program"})
        self.assertEqual(complete("-o", "pro"), {"program"})
        self.assertEqual(complete("--output", "pro"), {"program"})
        self.assertEqual(complete("--fast", ""), {"program"})
        self.assertEqual(complete("--times", ""), set())
        self.assertEqual(complete("-"), options_in(HELP_OF_FILES))


if __name__ == "__main__":
    unittest.main()
