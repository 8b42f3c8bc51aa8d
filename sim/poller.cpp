#include "sluice/sys/poller.hpp"

#include <cerrno>
#include <iterator>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sys {
namespace {

using Watched = std::map<int, sim::PollerState::Watched>::value_type;

/// What is ready of one descriptor; neither if nothing is.
Readiness look(const sim::State& world, const Watched& watched) {
    const auto number = static_cast<std::size_t>(watched.first);
    const Interest interest = watched.second.interest;
    const sim::End& end = *std::get<sim::End*>(world.descriptors[number]);
    return {.token = watched.second.token,
            .readable = end.is_broken() || (interest.readable && end.is_readable()),
            .writable = end.is_broken() || (interest.writable && end.is_writable())};
}

/// Fills `ready`, beginning behind what was reported last.
std::size_t collect(const sim::State& world, sim::PollerState& poller, std::span<Readiness> ready) {
    std::size_t filled = 0;
    auto next = poller.watched.upper_bound(poller.last_reported);
    for (std::size_t left = poller.watched.size(); left > 0 && filled < ready.size(); --left) {
        if (next == poller.watched.end()) {
            next = poller.watched.begin();
        }
        const Readiness found = look(world, *next);
        if (found.readable || found.writable) {
            ready[filled++] = found;
            poller.last_reported = next->first;
        }
        ++next;
    }
    return filled;
}

/// Reports one descriptor that may not be ready, as a fault.
std::size_t add_spurious(sim::State& world, const sim::PollerState& poller,
                         std::span<Readiness> ready, std::size_t filled) {
    if (filled == ready.size() || poller.watched.empty() ||
        !world.readiness_random.happens(world.faults.spurious_readiness_percent)) {
        return filled;
    }
    const std::uint64_t chosen = world.readiness_random.below(poller.watched.size());
    const auto found = std::next(poller.watched.begin(), static_cast<std::ptrdiff_t>(chosen));
    const auto& [interest, token] = found->second;
    for (const Readiness& reported : ready.first(filled)) {
        if (reported.token == token) {
            return filled;
        }
    }
    if (interest.readable || interest.writable) {
        ready[filled++] = {
            .token = token, .readable = interest.readable, .writable = interest.writable};
    }
    return filled;
}

}  // namespace

Result<Poller> Poller::create() {
    sim::State& world = sim::world();
    Descriptor poll(world.open_object(std::make_shared<sim::PollerState>()));
    if (!poll.is_open()) {
        return Error::from_errno(EMFILE);
    }
    Descriptor wakeup(world.open_object(sim::Wakeup{}));
    if (!wakeup.is_open()) {
        return Error::from_errno(EMFILE);
    }
    return Poller(std::move(poll), std::move(wakeup));
}

Result<void> Poller::add(const Descriptor& target, Interest interest, std::uint64_t token) {
    sim::State& world = sim::world();
    static_cast<void>(world.socket(target));
    const bool is_new =
        world.poller(poll_).watched.insert({target.number(), {interest, token}}).second;
    if (!is_new) {
        return Error::from_errno(EEXIST);
    }
    return {};
}

Result<void> Poller::modify(const Descriptor& target, Interest interest, std::uint64_t token) {
    auto& watched = sim::world().poller(poll_).watched;
    const auto found = watched.find(target.number());
    if (found == watched.end()) {
        return Error::from_errno(ENOENT);
    }
    found->second = {interest, token};
    return {};
}

void Poller::remove(const Descriptor& target) noexcept {
    sim::world().poller(poll_).watched.erase(target.number());
}

std::size_t Poller::wait(std::span<Readiness> ready, SteadyTime deadline) noexcept {
    sim::State& world = sim::world();
    sim::PollerState& poller = world.poller(poll_);
    SLUICE_CHECK(++world.waits_without_time <= world.options.waits_without_time_max,
                 "the program spins: it waits again and again while the clock stands still");
    world.run_due();
    while (true) {
        const std::size_t filled = collect(world, poller, ready);
        if (filled > 0 || poller.woken) {
            world.trace("ready", filled, 0);
            poller.woken = false;
            return add_spurious(world, poller, ready, filled);
        }
        if (!world.wait_step(deadline)) {
            return 0;
        }
    }
}

void Poller::wake() const noexcept {
    sim::world().poller(poll_).woken = true;
}

}  // namespace sluice::sys
