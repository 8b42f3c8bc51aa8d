#include "sluice/sys/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "sluice/sys/clock.hpp"

namespace sluice::sys {
namespace {

constexpr std::uint64_t wakeup_token = ~std::uint64_t{0};
constexpr std::size_t batch = 128;

std::uint32_t events_of(Interest interest) {
    return (interest.readable ? EPOLLIN | EPOLLRDHUP : 0U) | (interest.writable ? EPOLLOUT : 0U);
}

Result<void> control(const Descriptor& poll, int operation, const Descriptor& target,
                     Interest interest, std::uint64_t token) {
    epoll_event event{};
    event.events = events_of(interest);
    event.data.u64 = token;
    if (::epoll_ctl(poll.number(), operation, target.number(), &event) != 0) {
        return Error::from_errno(errno);
    }
    return {};
}

/// Waits on epoll until the deadline. Returns the number of events; 0 after a signal.
int wait_events(int poll, std::span<epoll_event> events, SteadyTime deadline) {
    timespec timeout{};
    if (deadline != never) {
        const SteadyTime begin = now();
        const Duration left = std::max(deadline, begin) - begin;
        const auto whole = std::chrono::floor<std::chrono::seconds>(left);
        timeout.tv_sec = whole.count();
        timeout.tv_nsec = (left - whole).count();
    }
    const int count = ::epoll_pwait2(poll, events.data(), static_cast<int>(events.size()),
                                     deadline == never ? nullptr : &timeout, nullptr);
    return std::max(count, 0);
}

}  // namespace

Result<Poller> Poller::create() {
    Descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
    if (!poll.is_open()) {
        return Error::from_errno(errno);
    }
    Descriptor wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup.is_open()) {
        return Error::from_errno(errno);
    }
    Result<void> added = control(poll, EPOLL_CTL_ADD, wakeup, {.readable = true}, wakeup_token);
    if (!added) {
        return added.error();
    }
    return Poller(std::move(poll), std::move(wakeup));
}

Result<void> Poller::add(const Descriptor& target, Interest interest, std::uint64_t token) {
    return control(poll_, EPOLL_CTL_ADD, target, interest, token);
}

Result<void> Poller::modify(const Descriptor& target, Interest interest, std::uint64_t token) {
    return control(poll_, EPOLL_CTL_MOD, target, interest, token);
}

void Poller::remove(const Descriptor& target) noexcept {
    ::epoll_ctl(poll_.number(), EPOLL_CTL_DEL, target.number(), nullptr);
}

std::size_t Poller::wait(std::span<Readiness> ready, SteadyTime deadline) noexcept {
    std::array<epoll_event, batch> events;
    const std::span<epoll_event> room(events.data(), std::min(events.size(), ready.size()));
    const int count = wait_events(poll_.number(), room, deadline);
    std::size_t filled = 0;
    for (const epoll_event& event : room.first(static_cast<std::size_t>(count))) {
        if (event.data.u64 == wakeup_token) {
            std::uint64_t wakes = 0;
            [[maybe_unused]] const ssize_t got = ::read(wakeup_.number(), &wakes, sizeof wakes);
            continue;
        }
        const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
        ready[filled++] = {.token = event.data.u64,
                           .readable = broken || (event.events & (EPOLLIN | EPOLLRDHUP)) != 0,
                           .writable = broken || (event.events & EPOLLOUT) != 0};
    }
    return filled;
}

void Poller::wake() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(wakeup_.number(), &one, sizeof one);
}

}  // namespace sluice::sys
