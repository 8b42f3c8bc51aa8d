/// Remembers what a link told, and lets a test wait for it.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/net/link.hpp"
#include "support/event.hpp"

namespace sluice::test {

class RecordingHandler final : public net::LinkHandler {
  public:
    /// What every connection brought, in the order of connections.
    struct Connection {
        std::uint64_t number = 0;
        std::string bytes;
        bool offsets_are_right = true;
    };
    struct Record {
        std::vector<net::LinkStatus> statuses;
        std::vector<Connection> connections;
        std::uint64_t packets = 0;

        [[nodiscard]] std::size_t count(net::LinkState state) const {
            return static_cast<std::size_t>(
                std::count_if(statuses.begin(), statuses.end(),
                              [state](const net::LinkStatus& s) { return s.state == state; }));
        }
        [[nodiscard]] std::size_t count_ends(Errc reason) const {
            return static_cast<std::size_t>(
                std::count_if(statuses.begin(), statuses.end(), [reason](const net::LinkStatus& s) {
                    return s.reason && s.reason->code() == reason;
                }));
        }
        [[nodiscard]] std::string received() const {
            std::string all;
            for (const Connection& connection : connections) {
                all += connection.bytes;
            }
            return all;
        }
    };

    /// Called on the loop's thread after the call was recorded. Set before the link starts.
    std::function<void(const net::LinkStatus&)> also_on_state;
    std::function<void(const net::Packet&)> also_on_packet;

    void on_packet(net::Packet&& packet) override {
        {
            const std::lock_guard lock(mutex_);
            Connection& connection = record_.connections.back();
            connection.offsets_are_right &= packet.stream_offset == connection.bytes.size();
            connection.bytes.append(reinterpret_cast<const char*>(packet.data.data()),
                                    packet.data.size());
            ++record_.packets;
            changed_.notify_all();
        }
        if (also_on_packet) {
            also_on_packet(packet);
        }
    }

    void on_state(const net::LinkStatus& status) override {
        {
            const std::lock_guard lock(mutex_);
            record_.statuses.push_back(status);
            if (status.state == net::LinkState::up) {
                record_.connections.push_back(
                    {.number = status.connection, .bytes = {}, .offsets_are_right = true});
            }
            changed_.notify_all();
        }
        if (also_on_state) {
            also_on_state(status);
        }
    }

    /// Waits until `holds(record)`; false if it takes too long.
    template <typename Predicate>
    [[nodiscard]] bool wait(Predicate holds) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return holds(record_); });
    }
    [[nodiscard]] bool wait_state(net::LinkState state, std::size_t times = 1) {
        return wait([&](const Record& record) { return record.count(state) >= times; });
    }
    [[nodiscard]] bool wait_end(Errc reason, std::size_t times = 1) {
        return wait([&](const Record& record) { return record.count_ends(reason) >= times; });
    }
    [[nodiscard]] bool wait_received(std::string_view text) {
        return wait([&](const Record& record) {
            return record.received().find(text) != std::string::npos;
        });
    }
    [[nodiscard]] bool wait_bytes(std::size_t bytes) {
        return wait([&](const Record& record) { return record.received().size() >= bytes; });
    }

    [[nodiscard]] Record record() const {
        const std::lock_guard lock(mutex_);
        return record_;
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Record record_;
};

}  // namespace sluice::test
