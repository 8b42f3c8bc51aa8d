/// One thread waits until another has done something once.
#pragma once

#include <atomic>
#include <memory>

#include "sluice/sync/parker.hpp"

namespace sluice::net {

/// Copies share one state, which outlives both sides: the one that completes may still be inside
/// `complete` when the one that waited is gone.
class Completion final {
  public:
    void complete() const noexcept {
        state_->done.store(true, std::memory_order_release);
        state_->parker.unpark_all();
    }

    void wait() const noexcept {
        while (true) {
            const sync::Parker::Ticket ticket = state_->parker.prepare();
            if (state_->done.load(std::memory_order_acquire)) {
                state_->parker.cancel();
                return;
            }
            state_->parker.park(ticket);
        }
    }

  private:
    struct State {
        std::atomic<bool> done{false};
        sync::Parker parker;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace sluice::net
