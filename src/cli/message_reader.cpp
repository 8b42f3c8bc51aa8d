#include "cli/message_reader.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::cli {
namespace {

constexpr std::size_t piece_b = std::size_t{64} * 1024;

Error too_long(std::size_t bytes_max) {
    return Error(Errc::too_large, "allowed are " + std::to_string(bytes_max) + " bytes");
}

/// Reads once, behind what is there.
Result<bool> read_more(const sys::Descriptor& file, std::vector<std::byte>& bytes) {
    const std::size_t size = bytes.size();
    bytes.resize(size + piece_b);
    const sys::IoResult got = sys::read(file, std::span(bytes).subspan(size));
    bytes.resize(size + got.bytes);
    if (got.status == sys::IoStatus::failed) {
        return Error::from_errno(got.error);
    }
    return got.status != sys::IoStatus::end;
}

}  // namespace

std::string file_error_text(const Error& error) {
    return error.system_error() != 0 ? ::strerrordesc_np(error.system_error()) : error.message();
}

Result<std::vector<std::byte>> read_message(const std::string& path, std::size_t bytes_max) {
    const Result<sys::Descriptor> file = sys::open_file(path);
    if (!file) {
        return file.error();
    }
    std::vector<std::byte> bytes;
    while (true) {
        const Result<bool> more = read_more(*file, bytes);
        if (!more) {
            return more.error();
        }
        if (bytes.size() > bytes_max) {
            return too_long(bytes_max);
        }
        if (!*more) {
            return bytes;
        }
    }
}

bool LineReader::wait() const {
    std::array<pollfd, 2> sources{{{input_.number(), POLLIN, 0}, {quit_.number(), POLLIN, 0}}};
    while (::poll(sources.data(), sources.size(), -1) < 0 && errno == EINTR) {
    }
    return sources[1].revents == 0;
}

Result<bool> LineReader::fill() {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
    if (!wait()) {
        bytes_.clear();
        return false;
    }
    return read_more(input_, bytes_);
}

Result<bool> LineReader::next(std::vector<std::byte>& line) {
    std::size_t seen = 0;
    while (true) {
        const auto front = bytes_.begin() + static_cast<std::ptrdiff_t>(begin_);
        auto end =
            std::find(front + static_cast<std::ptrdiff_t>(seen), bytes_.end(), std::byte{'\n'});
        const bool is_whole = end != bytes_.end() || (is_at_end_ && front != end);
        if (static_cast<std::size_t>(end - front) > bytes_max_) {
            ++lines_;
            return too_long(bytes_max_);
        }
        if (is_whole) {
            ++lines_;
            begin_ = static_cast<std::size_t>(end - bytes_.begin()) + (end != bytes_.end() ? 1 : 0);
            const bool has_return = end != front && *(end - 1) == std::byte{'\r'};
            line.assign(front, has_return ? end - 1 : end);
            return true;
        }
        if (is_at_end_) {
            return false;
        }
        seen = static_cast<std::size_t>(end - front);
        const Result<bool> more = fill();
        if (!more) {
            return more.error();
        }
        is_at_end_ = !*more;
    }
}

}  // namespace sluice::cli
