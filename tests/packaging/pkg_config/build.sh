#!/usr/bin/env bash
# build.sh SOURCE PROGRAM MODULE: without CMake.
set -euo pipefail

read -ra flags <<<"$(pkg-config --cflags --libs "$3")"
"${CXX:-c++}" -std=c++20 -Wall -Wextra -Wconversion -Werror "$1" -o "$2" "${flags[@]}"
