"""What the tidy checks share: walking the sources, removing comments, reporting."""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "sim", "tests", "bench", "examples")

NOT_CODE = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"([^(\s]*)\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def files(root, folders=FOLDERS, endings=(".cpp", ".hpp")):
    """Pairs of the path relative to root and the text, in a fixed order."""
    for folder in folders:
        for path in sorted((pathlib.Path(root) / folder).rglob("*")):
            if path.suffix in endings and path.is_file():
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def code_only(text):
    """The text with comments gone and literals emptied; lines keep their numbers."""
    def blank(match):
        newlines = "\n" * match.group().count("\n")
        return newlines if match.group().startswith("/") else '""' + newlines
    return NOT_CODE.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def main(check):
    """Runs check(root), which yields complaints `file:line: what is wrong, what to do`."""
    complaints = list(check(*sys.argv[1:]))
    print("\n".join(complaints) if complaints else "nothing to complain of")
    sys.exit(1 if complaints else 0)
