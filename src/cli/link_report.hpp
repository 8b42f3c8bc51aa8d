/// What a link does, in words.
#pragma once

#include <string>

#include "sluice/core/address.hpp"
#include "sluice/net/link.hpp"

namespace sluice::cli {

/// Such as `connected to 127.0.0.1:4001 (connection 1)`.
[[nodiscard]] std::string status_line(const net::LinkStatus& status, const Address& address);

}  // namespace sluice::cli
