#include "sluice/stages/text_output.hpp"

namespace sluice {

Result<void> TextOutput::open(sys::StandardStream stream) {
    if (file_.is_open()) {
        return {};
    }
    Result<sys::Descriptor> file = sys::open_standard(stream);
    if (!file) {
        return file.error();
    }
    file_ = *std::move(file);
    return {};
}

bool TextOutput::has_room() const noexcept {
    return text_.size() < waiting_b_max;
}

int TextOutput::flush(Duration patience) {
    const sys::IoResult put =
        sys::try_write(file_, std::as_bytes(std::span<const char>(text_)), patience);
    text_.erase(0, put.status == sys::IoStatus::failed ? std::string::npos : put.bytes);
    return put.error;
}

}  // namespace sluice
