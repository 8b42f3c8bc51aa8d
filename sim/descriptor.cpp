#include "sluice/sys/descriptor.hpp"

#include <algorithm>

#include "sim/state.hpp"
#include "sluice/core/check.hpp"

namespace sluice::sim {
namespace {

constexpr std::size_t first_number = 3;  // 0 to 2 are the standard streams, for ever

}  // namespace

int State::open_object(Object opened) {
    std::size_t number = first_number;
    while (number < descriptors.size() &&
           !std::holds_alternative<std::monostate>(descriptors[number])) {
        ++number;
    }
    if (number >= limits.descriptors_max) {
        return -1;
    }
    if (number == descriptors.size()) {
        descriptors.emplace_back();
    }
    descriptors[number] = std::move(opened);
    trace("open", number, 0);
    return static_cast<int>(number);
}

Object& State::object(const sys::Descriptor& descriptor) {
    const auto number = static_cast<std::size_t>(descriptor.number());
    SLUICE_CHECK(descriptor.is_open() && number < descriptors.size() &&
                     !std::holds_alternative<std::monostate>(descriptors[number]),
                 "EBADF: this descriptor is not open");
    return descriptors[number];
}

End& State::socket(const sys::Descriptor& descriptor) {
    End* const* end = std::get_if<End*>(&object(descriptor));
    SLUICE_CHECK(end != nullptr, "ENOTSOCK: this descriptor is no socket");
    return **end;
}

PollerState& State::poller(const sys::Descriptor& descriptor) {
    auto* poller = std::get_if<std::shared_ptr<PollerState>>(&object(descriptor));
    SLUICE_CHECK(poller != nullptr, "this descriptor is no poller");
    return **poller;
}

std::size_t State::open_descriptors() const {
    return static_cast<std::size_t>(std::count_if(
        descriptors.begin() + first_number, descriptors.end(),
        [](const Object& it) { return !std::holds_alternative<std::monostate>(it); }));
}

}  // namespace sluice::sim

namespace sluice::sys {

void Descriptor::close() noexcept {
    if (number_ < 0) {
        return;
    }
    sim::State& world = sim::world();
    sim::Object& closing = world.object(*this);
    world.trace("close", static_cast<std::uint64_t>(number_), 0);
    for (sim::Object& object : world.descriptors) {
        if (auto* poller = std::get_if<std::shared_ptr<sim::PollerState>>(&object)) {
            (*poller)->watched.erase(number_);  // as epoll forgets what is closed
        }
    }
    if (sim::End** end = std::get_if<sim::End*>(&closing)) {
        (*end)->close();
    }
    closing = std::monostate{};
    number_ = -1;
}

}  // namespace sluice::sys
