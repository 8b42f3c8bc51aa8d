#!/usr/bin/env bash
# Unpacks the foreign servers that tests talk to under build/peers, from Debian's packages: nothing
# is installed and no service is started. Tests run build/peers/bin/NAME.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

servers=(redis-server nats-server gpsd gpsfake dump1090-mutability nsd dig rsyslogd memcached)
# With what they need and a minimal Debian 12 lacks.
packages=(redis-server redis-tools nats-server
    libatomic1 libhiredis0.14 libjemalloc2 liblua5.1-0 liblzf1 libssl3 lua-bitop lua-cjson
    gpsd gpsd-clients libbluetooth3 libdbus-1-3 libgps28 libusb-1.0-0 python3-distutils python3-gps
    dump1090-mutability librtlsdr0
    nsd libevent-2.1-7 libfstrm0 libprotobuf-c1
    bind9-dnsutils bind9-libs libcom-err2 libedit2 libbsd0 libgssapi-krb5-2 libicu72 libidn2-0
    libjson-c5 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 liblmdb0 libmaxminddb0 libmd0
    libnghttp2-14 libunistring2 libuv1 libxml2
    rsyslog libestr0 libfastjson4 liblognorm5 libsystemd0 libuuid1
    memcached libsasl2-2)
peers=$PWD/build/peers
stamp="${servers[*]} ${packages[*]}"
[[ $(cat "$peers/complete" 2>/dev/null) != "$stamp" ]] || exit 0

work=$PWD/build/peers.new
rm -rf "$work"
mkdir -p "$work/archives" "$work/apt/lists/partial" "$work/apt/cache/archives/partial"

download() { (cd "$work/archives" && apt-get -qq "$@" download "${packages[@]}"); }

# Lists and cache of its own: a user who is not root can refresh them, and the machine's stay as
# they are.
own=(-o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache"
    -o "APT::Sandbox::User=root")
if ! download -o APT::Sandbox::User=root; then
    echo "The machine's package lists are absent or stale: fetching a copy of the current ones."
    if ! apt-get -qq "${own[@]}" update || ! download "${own[@]}"; then
        echo "fetch_peers: cannot download ${packages[*]}." >&2
        echo "Tests need these Debian packages as peers; connect this machine to a Debian mirror" \
            "(check with: apt-get download redis-tools), then try again." >&2
        exit 1
    fi
fi

for archive in "$work"/archives/*.deb; do
    dpkg -x "$archive" "$work"
done
rm -rf "$work/archives" "$work/apt"
rm -rf "$peers"
mv "$work" "$peers"

modules=$(printf '%s:' "$peers"/usr/lib/python3/dist-packages "$peers"/usr/lib/python3.*)
# Its package file is a part of Python itself, which lies elsewhere.
for package in "$peers"/usr/lib/python3.*/distutils; do touch "$package/__init__.py"; done
# gpsfake looks for its library beside its modules, or installed.
ln -s -t "$peers/usr/lib/python3/dist-packages" "$peers"/usr/lib/*-linux-gnu/libgpsdpacket.so.*
libraries=$(printf '%s:' "$peers"/usr/lib/*-linux-gnu "$peers"/lib/*-linux-gnu)

mkdir "$peers/bin"
for server in "${servers[@]}"; do
    program=$(ls "$peers"/usr/{bin,sbin}/"$server" 2>/dev/null || true)
    cat >"$peers/bin/$server" <<WRAPPER
#!/bin/sh
export LD_LIBRARY_PATH='${libraries%:}' PYTHONPATH='${modules%:}' GPSD_HOME='$peers/bin'
exec '$program' "\$@"
WRAPPER
    chmod +x "$peers/bin/$server"
    "$peers/bin/$server" --version || "$peers/bin/$server" -v || "$peers/bin/$server" --help
done
echo "$stamp" >"$peers/complete"
