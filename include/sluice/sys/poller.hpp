/// The seam: waiting until one of many descriptors is ready (epoll with an eventfd, on Linux).
#pragma once

#include <cstdint>
#include <span>

#include "sluice/core/result.hpp"
#include "sluice/core/time.hpp"
#include "sluice/sys/descriptor.hpp"

namespace sluice::sys {

/// What to wait for. Errors and hang-ups are reported whenever anything is; to hear nothing at all
/// of a descriptor, remove it.
struct Interest {
    bool readable = false;
    bool writable = false;
    friend bool operator==(const Interest&, const Interest&) = default;
};

struct Readiness {
    std::uint64_t token = 0;  ///< As given to `add`.
    bool readable = false;    ///< Also at an error or a hang-up: reading tells which.
    bool writable = false;    ///< Likewise.
};

/// Level-triggered readiness. One thread uses it; `wake` may be called from any.
class Poller {
  public:
    /// Fails with `limit_reached` when no descriptors are left.
    [[nodiscard]] static Result<Poller> create();

    [[nodiscard]] Result<void> add(const Descriptor& target, Interest interest,
                                   std::uint64_t token);
    [[nodiscard]] Result<void> modify(const Descriptor& target, Interest interest,
                                      std::uint64_t token);
    void remove(const Descriptor& target) noexcept;

    /// Waits until something is ready, `wake` was called, or the deadline; fills `ready` from its
    /// front and returns how many. A deadline that is over means: only look.
    [[nodiscard]] std::size_t wait(std::span<Readiness> ready, SteadyTime deadline) noexcept;

    /// Makes the current `wait`, or else the next one, return. Any thread.
    void wake() const noexcept;

    /// Readable whenever `wait` would return at once: for embedding in another event loop. The
    /// deadlines of timers are not part of it.
    [[nodiscard]] int descriptor() const noexcept { return poll_.number(); }

  private:
    Poller(Descriptor poll, Descriptor wakeup) noexcept
        : poll_(std::move(poll)), wakeup_(std::move(wakeup)) {}

    Descriptor poll_;
    Descriptor wakeup_;
};

}  // namespace sluice::sys
