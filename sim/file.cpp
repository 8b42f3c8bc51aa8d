#include "sluice/sys/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sys {
namespace {

StandardStream stream_of(const Descriptor& file) {
    const auto* stream = std::get_if<StandardStream>(&sim::world().object(file));
    SLUICE_CHECK(stream != nullptr, "this descriptor is no standard stream");
    return *stream;
}

}  // namespace

Result<Descriptor> open_standard(StandardStream stream) {
    const int number = sim::world().open_object(stream);
    if (number < 0) {
        return Error::from_errno(EMFILE);
    }
    return Descriptor(number);
}

Result<Descriptor> open_file(const std::string&) {
    return Error::from_errno(ENOENT);
}

IoResult read(const Descriptor& file, std::span<std::byte> target) noexcept {
    if (stream_of(file) != StandardStream::input) {
        return {IoStatus::failed, 0, EBADF};
    }
    sim::State& world = sim::world();
    world.run_due();
    while (!world.streams.is_readable()) {
        static_cast<void>(world.wait_step(never));  // aborts if nothing will ever come
    }
    sim::StandardStreams& streams = world.streams;
    const std::size_t left = streams.input.size() - streams.input_read;
    const std::size_t size = std::min(target.size(), left);
    if (left == 0) {
        return {IoStatus::end, 0, 0};
    }
    std::memcpy(target.data(), streams.input.data() + streams.input_read, size);
    streams.input_read += size;
    world.trace("read", 0, size);
    return {IoStatus::done, size, 0};
}

IoResult write_all(const Descriptor& file, std::span<iovec> pieces) noexcept {
    const StandardStream stream = stream_of(file);
    if (stream == StandardStream::input) {
        return {IoStatus::failed, 0, EBADF};
    }
    sim::StandardStreams& streams = sim::world().streams;
    const bool is_output = stream == StandardStream::output;
    std::string& target = is_output ? streams.output : streams.error_output;
    std::size_t written = 0;
    for (const iovec& piece : pieces) {
        const std::size_t room =
            is_output ? streams.output_b_max - std::min(streams.output_b_max, target.size())
                      : piece.iov_len;
        const std::size_t size = std::min(piece.iov_len, room);
        target.append(static_cast<const char*>(piece.iov_base), size);
        written += size;
        if (size < piece.iov_len) {
            sim::world().trace("write failed", static_cast<std::uint64_t>(stream), written);
            return {IoStatus::failed, written, streams.output_error};
        }
    }
    sim::world().trace("write", static_cast<std::uint64_t>(stream), written);
    return {IoStatus::done, written, 0};
}

// Its output has room, or fails.
IoResult try_write(const Descriptor& file, std::span<const std::byte> bytes, Duration) noexcept {
    // writev does not write to what it is given.
    iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
    return write_all(file, {&piece, 1});
}

}  // namespace sluice::sys
