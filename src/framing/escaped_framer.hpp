/// What the framers that escape bytes share.
#pragma once

#include "framing/basic_framer.hpp"

namespace sluice {

template <typename Derived>
class EscapedFramer : public BasicFramer<Derived> {
  public:
    [[nodiscard]] bool is_escaped() const noexcept final { return true; }

    [[nodiscard]] Result<FrameEnvelope> enclose(std::span<const std::byte>, FrameBody) const final {
        return Error(
            Errc::invalid_argument,
            "this framing writes bodies anew, with escapes; nothing can be put around them");
    }
};

}  // namespace sluice
