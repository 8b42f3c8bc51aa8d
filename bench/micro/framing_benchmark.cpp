/// Finding frames: scan_run of each framing over a slab, beside the same with a virtual call of
/// scan per frame.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "sluice/framing/framing.hpp"

namespace {

using sluice::Framer;
using sluice::Framing;

constexpr std::size_t slab_b = 256 * 1024;

/// A slab full of frames, each of a body of so many bytes.
std::vector<std::byte> slab(const Framer& framer, std::size_t body_b) {
    const std::vector<std::byte> body(body_b, std::byte{0x31});  // a type of Beast too
    const std::span<const std::byte> piece = body;
    std::vector<std::byte> frame;
    if (framer.is_escaped()) {
        frame.resize(framer.escaped_b_max(body_b));
        frame.resize(*framer.escape({&piece, 1}, frame));
    } else {
        const sluice::FrameEnvelope envelope = *framer.enclose({}, {&piece, 1});
        frame.insert(frame.end(), envelope.before().begin(), envelope.before().end());
        frame.insert(frame.end(), body.begin(), body.end());
        frame.insert(frame.end(), envelope.after().begin(), envelope.after().end());
    }
    std::vector<std::byte> bytes;
    while (bytes.size() + frame.size() <= slab_b) {
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    return bytes;
}

void report(benchmark::State& state, std::size_t frames) {
    state.SetItemsProcessed(static_cast<std::int64_t>(frames));
    state.counters["ns_per_frame"] =
        benchmark::Counter(static_cast<double>(frames) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void run(benchmark::State& state, const std::string& text) {
    const auto framer = make_framer(*Framing::parse(text));
    const std::vector<std::byte> bytes = slab(*framer, static_cast<std::size_t>(state.range(0)));
    std::array<sluice::FrameExtent, 64> extents;
    std::size_t frames = 0;
    for (auto _ : state) {
        std::span<const std::byte> rest = bytes;
        for (;;) {
            const sluice::FrameRun found = framer->scan_run(rest, {}, extents);
            benchmark::DoNotOptimize(extents.data());
            benchmark::ClobberMemory();
            if (found.frames == 0) {
                break;
            }
            frames += found.frames;
            rest = rest.subspan(found.bytes);
        }
    }
    report(state, frames);
}

void one_by_one(benchmark::State& state, const std::string& text) {
    const auto framer = make_framer(*Framing::parse(text));
    const std::vector<std::byte> bytes = slab(*framer, static_cast<std::size_t>(state.range(0)));
    std::size_t frames = 0;
    for (auto _ : state) {
        std::span<const std::byte> rest = bytes;
        for (;;) {
            sluice::Scan found = framer->scan(rest, {});
            benchmark::DoNotOptimize(found);
            if (found.kind != sluice::Scan::Kind::frame) {
                break;
            }
            ++frames;
            rest = rest.subspan(found.bytes);
        }
    }
    report(state, frames);
}

BENCHMARK_CAPTURE(run, length, "length:u32be")->Arg(16)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(one_by_one, length, "length:u32be")->Arg(16)->Arg(64)->Arg(1024);
BENCHMARK_CAPTURE(run, length_u16le, "length:u16le")->Arg(16);
BENCHMARK_CAPTURE(run, varint, "varint")->Arg(64);
BENCHMARK_CAPTURE(run, lines, "lines")->Arg(64);
BENCHMARK_CAPTURE(run, delimiter, "delimiter:0d0a")->Arg(64);
BENCHMARK_CAPTURE(run, fixed, "fixed:64")->Arg(64);
BENCHMARK_CAPTURE(run, octet_counting, "octet-counting")->Arg(64);
BENCHMARK_CAPTURE(run, netstring, "netstring")->Arg(64);
BENCHMARK_CAPTURE(run, slip, "slip")->Arg(64);
BENCHMARK_CAPTURE(run, cobs, "cobs")->Arg(64);
BENCHMARK_CAPTURE(run, dle, "dle:1a")->Arg(10);
BENCHMARK_CAPTURE(run, sync, "sync:55aa,length:u16le@2")->Arg(64);
BENCHMARK_CAPTURE(run, sync_fletcher8, "sync:55aa,length:u16le@2,adjust:2,checksum:fletcher8@2")
    ->Arg(64);
BENCHMARK_CAPTURE(run, sync_crc24q, "sync:d3,length:u16be@1,adjust:3,checksum:crc24q")->Arg(64);

}  // namespace
