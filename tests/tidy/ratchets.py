#!/usr/bin/env python3
"""ratchets.py ROOT: limits on the width of lines and the length of functions and files.

What was over a limit when the limit came stands in the exceptions with its number then; the
number may only shrink.
"""

import re

import tree

WIDTH_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500

FILE_EXCEPTIONS = {}      # path: lines
FUNCTION_EXCEPTIONS = {}  # "path name": lines

PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
LABELS = re.compile(r"(?:\s|(?:public|private|protected)\s*:)*")
ATTRIBUTES = re.compile(r"\[\[.*?\]\]")
SCOPE = re.compile(r"(?:inline\s+|typedef\s+)?(?:namespace|class|struct|union|enum|extern)\b")
NAME = re.compile(r"([~\w:]+(?:\s*[^\s\w(]+)?)\s*\(")


def declaration(head):
    """`head` less attributes and a leading template<...>."""
    head = ATTRIBUTES.sub(" ", head).strip()
    while head.startswith("template"):
        depth = 0
        for i, char in enumerate(head):
            depth += {"<": 1, ">": -1}.get(char, 0)
            if char == ">" and depth == 0:
                head = head[i + 1:].strip()
                break
        else:
            return head
    return head


def is_function(head):
    head = declaration(head)
    if SCOPE.match(head) or "(" not in head:
        return False
    before_parameters = head.split("(", 1)[0]
    return "=" not in before_parameters or "operator" in before_parameters


def functions(text):
    """(first line, name, lines) of each function body, from its first line to its last brace."""
    code = PREPROCESSOR.sub(lambda m: "\n" * m.group().count("\n"), tree.code_only(text))
    opened, head_start, body = [], 0, None
    for match in re.finditer(r"[{};]", code):
        offset, char = match.start(), match.group()
        if char == "{":
            start = LABELS.match(code, head_start).end()
            head = code[start:offset]
            if body is None and is_function(head):
                name = NAME.search(declaration(head))
                body = (len(opened), start, name.group(1) if name else "?")
            opened.append(offset)
        elif char == "}" and opened:
            opened.pop()
            if body is not None and len(opened) == body[0]:
                first = tree.line_of(code, body[1])
                yield first, body[2], tree.line_of(code, offset) - first + 1
                body = None
        head_start = offset + 1


def held(where, what, lines, limit, exceptions, key):
    """The complaint about one number, or None."""
    allowed = exceptions.get(key, limit)
    if lines > allowed:
        return f"{where}: {what} has {lines} lines, {allowed} are allowed; split it by idea"
    if key in exceptions and lines < allowed:
        advice = f"lower it to {lines}" if lines > limit else "remove it"
        return f"{where}: the exception of {what} is {allowed}, it has {lines} lines: {advice}"
    return None


def check(root):
    seen = set()
    for path, text in tree.files(root):
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if len(line) > WIDTH_MAX:
                yield f"{path}:{number}: {len(line)} columns, {WIDTH_MAX} are allowed; wrap it"
        found = [(path, held(f"{path}:1", path, len(lines), FILE_LINES_MAX,
                             FILE_EXCEPTIONS, path))]
        for first, name, length in functions(text):
            key = f"{path} {name}"
            found.append((key, held(f"{path}:{first}", name, length, FUNCTION_LINES_MAX,
                                    FUNCTION_EXCEPTIONS, key)))
        seen.update(key for key, _ in found)
        yield from (complaint for _, complaint in found if complaint)
    for key in sorted((FILE_EXCEPTIONS.keys() | FUNCTION_EXCEPTIONS.keys()) - seen):
        yield f"{key}:1: has an exception but does not exist; remove the exception"


if __name__ == "__main__":
    tree.main(check)
