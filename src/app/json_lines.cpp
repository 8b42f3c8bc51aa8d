#include "app/json_lines.hpp"

#include <utility>

#include "sluice/messages/json.hpp"

namespace sluice::app {

Result<void> JsonLines::open(sys::Descriptor file) {
    const sync::MutexLock lock(mutex_);
    output_ = TextOutput(std::move(file));
    return output_.open(sys::StandardStream::output);
}

bool JsonLines::write(const SocketStats& stats) {
    const sync::MutexLock lock(mutex_);
    if (error_ == 0 && output_.has_room()) {
        append_json(output_.text(), stats);
        output_.text() += '\n';
    } else {
        ++dropped_;
    }
    return flush_locked({});
}

bool JsonLines::flush(Duration patience) {
    const sync::MutexLock lock(mutex_);
    return flush_locked(patience);
}

bool JsonLines::flush_locked(Duration patience) {
    if (error_ == 0) {
        error_ = output_.flush(patience);
    }
    return error_ == 0;
}

int JsonLines::error() const {
    const sync::MutexLock lock(mutex_);
    return error_;
}

std::uint64_t JsonLines::dropped() const {
    const sync::MutexLock lock(mutex_);
    return dropped_;
}

}  // namespace sluice::app
