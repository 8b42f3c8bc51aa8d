/// The seam: names to addresses, without waiting for the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/core/address.hpp"
#include "sluice/core/result.hpp"

namespace sluice::sys {

/// All addresses of a name in the order to try them (never empty), or `resolve_failed`.
using ResolveAnswer = Result<std::vector<SocketAddress>>;

/// A question under way. Destroying it abandons the answer: when the destructor has returned, the
/// callback is not running and never will.
class ResolveRequest {
  public:
    struct State;

    ResolveRequest() = default;
    explicit ResolveRequest(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    ResolveRequest(ResolveRequest&&) noexcept = default;
    ResolveRequest& operator=(ResolveRequest&& other) noexcept {
        cancel();
        state_ = std::move(other.state_);
        return *this;
    }
    ~ResolveRequest() { cancel(); }

    void cancel() noexcept;

  private:
    std::shared_ptr<State> state_;
};

/// Asks for the addresses of `host`, as the system does (nsswitch: hosts file, mDNS, DNS), on a
/// helper thread. `done` is called once, on that thread, and only hands the answer on; it must not
/// cancel its own request. A name that nobody answers occupies one of a few helpers until the
/// system's own time-out.
[[nodiscard]] ResolveRequest resolve(std::string host, std::uint16_t port,
                                     std::function<void(ResolveAnswer)> done);

}  // namespace sluice::sys
