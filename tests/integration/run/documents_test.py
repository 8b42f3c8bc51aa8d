"""What the documents say about configurations is true."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SLUICE = os.environ["SLUICE"]


def run(*arguments):
    return subprocess.run([SLUICE, *arguments], capture_output=True, text=True)


class DocumentsTest(unittest.TestCase):
    def assert_is_valid(self, path):
        check = run("check", str(path))
        self.assertEqual(check.returncode, 0, check.stderr)
        for line in check.stderr.splitlines():
            self.assertIn("thread_processor_affinity", line)  # a warning of other machines

    def test_the_example_configurations_are_valid(self):
        paths = sorted((ROOT / "examples" / "configs").glob("*.yaml"))
        self.assertGreaterEqual(len(paths), 4)
        for path in paths:
            with self.subTest(path=path.name):
                self.assert_is_valid(path)

    def test_the_configuration_in_the_readme_is_valid(self):
        block = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(block.group(1))
            file.flush()
            self.assert_is_valid(file.name)

    def test_the_reference_of_keys_is_what_the_command_prints(self):
        self.assertEqual((ROOT / "docs" / "configuration.md").read_text(),
                         run("stages", "--markdown").stdout,
                         "refresh it: build/release/sluice stages --markdown"
                         " > docs/configuration.md")


if __name__ == "__main__":
    unittest.main()
