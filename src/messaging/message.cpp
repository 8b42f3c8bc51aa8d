#include "sluice/messaging/message.hpp"

namespace sluice {

Message MessageView::keep() const {
    const auto offset = bytes.empty() ? 0 : static_cast<std::size_t>(bytes.data() - memory->data());
    return Message(memory->slice(offset, bytes.size()), peer, stream_offset);
}

}  // namespace sluice
