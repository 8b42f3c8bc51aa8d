/// A message in pieces, on its way out.
#pragma once

#include <cstddef>
#include <span>

#include "sluice/buffers/buffer.hpp"

namespace sluice::net {

/// One message, in the order in which it is sent.
struct OutgoingMessage {
    std::span<const std::byte> before{};  ///< Copied.
    std::span<const std::byte> body{};    ///< Copied.
    /// The short ones are copied, the others moved; if the message is not accepted, none is.
    std::span<Buffer> fragments{};
    std::span<const std::byte> after{};  ///< Copied.
};

}  // namespace sluice::net
