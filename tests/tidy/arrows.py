#!/usr/bin/env python3
"""arrows.py ROOT: files include only what the picture of the rooms allows, without cycles."""

import pathlib
import re

import tree

ARROWS = {
    "core": (),
    "sys": ("core",),
    "sync": ("sys",),
    "buffers": ("sync",),
    "net": ("buffers",),
    "framing": ("buffers",),
    "pipeline": ("buffers",),
    "messages": ("buffers",),
    "messaging": ("framing", "net"),
    "stages": ("pipeline", "messages", "framing", "net"),
    "devices": ("net", "framing", "messages", "record"),
    "record": ("pipeline", "messages"),
    "web": ("pipeline", "messages"),
    "bridges": ("pipeline", "messages"),
    "app": ("stages", "record", "web", "bridges", "devices"),
    "cli": ("app", "net"),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<(sluice/[^>]+)>)', re.MULTILINE)


def reachable(room):
    """The room itself and every room that a chain of arrows leads to."""
    found = {room}
    for target in ARROWS[room]:
        found |= reachable(target)
    return found


def room_of(path):
    parts = pathlib.PurePosixPath(path).parts
    if len(parts) > 3 and parts[:2] == ("include", "sluice"):
        return parts[2]
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def resolve(root, includer, name):
    """The project's own file that an include names, relative to root; or None."""
    beside = pathlib.PurePosixPath(includer).parent / name
    for candidate in (f"include/{name}", f"src/{name}", beside.as_posix(), name):
        if (pathlib.Path(root) / candidate).is_file():
            return candidate
    return None


def fault(includer, target):
    """Why `includer` may not include `target`, or None."""
    room, other = room_of(includer), room_of(target)
    if other is None:
        return f"a room may not include {target}: only rooms, by the arrows"
    if other not in reachable(room):
        return (f"room {room} may not include room {other}; "
                f"it reaches {', '.join(sorted(reachable(room) - {room})) or 'no other'}")
    if target.startswith("src/") and includer.startswith("include/"):
        return f"a public header may not include the private {target}; move it to include/"
    if target.startswith("src/") and other != room:
        return f"{target} is private to room {other}; use a header of include/sluice/{other}"
    return None


def cycles(graph):
    """One complaint for each include that closes a circle."""
    state = {}

    def visit(path, trail):
        state[path] = "open"
        for target, line in graph.get(path, ()):
            if state.get(target) == "open":
                circle = trail[trail.index(target):] + [target]
                yield f"{path}:{line}: includes go in a circle: {' -> '.join(circle)}; break it"
            elif target not in state:
                yield from visit(target, trail + [target])
        state[path] = "done"

    for path in graph:
        if path not in state:
            yield from visit(path, [path])


def check(root):
    graph = {}
    for path, text in tree.files(root, ("include", "src")):
        room = room_of(path)
        if room not in ARROWS:
            yield f"{path}:1: belongs to no known room; move it, or add the room to ARROWS"
            continue
        for match in INCLUDE.finditer(text):
            line, name = tree.line_of(text, match.start()), match.group(1) or match.group(2)
            target = resolve(root, path, name)
            if target is None:
                yield f"{path}:{line}: {name} is no file of include/ or src/; use <> for others"
                continue
            if path != target.replace(".hpp", "_impl.hpp"):  # the second half of its header
                graph.setdefault(path, []).append((target, line))
            why = fault(path, target)
            if why:
                yield f"{path}:{line}: {why}"
    yield from cycles(graph)


if __name__ == "__main__":
    tree.main(check)
