// A TcpClientStage allocates nothing per packet, group and message, once it has done its work for a
// moment.
#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace {

thread_local std::uint64_t allocations = 0;  // of this thread

void* allocate(std::size_t bytes, std::size_t alignment) {
    ++allocations;
    void* memory = nullptr;
    if (::posix_memalign(&memory, std::max(alignment, sizeof(void*)), bytes) != 0) {
        throw std::bad_alloc();
    }
    return memory;
}

}  // namespace

// Not inlined, or g++ would see memory of posix_memalign meet a delete, and warn.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    return allocate(bytes, 0);
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return allocate(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

namespace sluice::test {
namespace {

/// Counts what its thread allocates between two numbers of packets.
class AllocationCounter {
  public:
    AllocationCounter(std::uint64_t warm_up, std::uint64_t packets)
        : begin_(warm_up), end_(warm_up + packets) {}

    void add(std::uint64_t packets) {
        packets_ += packets;
        if (!is_counting_ && packets_ >= begin_) {
            is_counting_ = true;
            before_ = allocations;
        } else if (is_counting_ && packets_ >= end_ && !done_.is_set()) {
            counted_ = allocations - before_;
            done_.set();
        }
    }
    [[nodiscard]] bool wait() { return done_.wait(4 * patience); }
    [[nodiscard]] std::uint64_t counted() const { return counted_; }

  private:
    const std::uint64_t begin_;
    const std::uint64_t end_;
    std::uint64_t packets_ = 0;
    bool is_counting_ = false;
    std::uint64_t before_ = 0;
    std::uint64_t counted_ = ~std::uint64_t{0};
    Event done_;
};

constexpr SubscriptionOptions on_reading_thread{.delivery = DeliveryMode::inline_call};

TEST(TcpClientStageAllocation, NoneForPacketsThatAreAnsweredOneByOne) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        std::array<std::byte, 64> message{};
        while (connection.send(message) == message.size() && connection.receive(message) > 0) {
        }
    });
    AllocationCounter counter(1'000, 100'000);
    ClientPipeline clients;
    clients.add_client(client_config(device.address()));
    clients.add_commander();
    clients.add_listener("answerer", on_reading_thread,
                         [&](const Delivery<TcpPacketGroup>& delivery) {
                             counter.add(delivery.message().packets.size());
                             clients.send("k");
                         });
    clients.start();
    ASSERT_TRUE(counter.wait());
    EXPECT_EQ(counter.counted(), 0U);
    clients.pipeline.stop();
}

TEST(TcpClientStageAllocation, NoneForGroupsOfManyThatAreQueuedForOthers) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        const std::string data(100'000, 'x');
        while (connection.send(data) == data.size()) {
        }
    });
    AllocationCounter counter(20'000, 100'000);
    ClientPipeline clients;
    TcpClientStageConfig config = client_config(device.address());
    config.group_size = 16;
    config.receive_slab_size_b = 16'384;
    config.receive_pool_size_b = 1'048'576;
    clients.add_client(config);
    clients.add_listener("counter", on_reading_thread,
                         [&](const Delivery<TcpPacketGroup>& delivery) {
                             counter.add(delivery.message().packets.size());
                         });
    clients.add_listener("lossless", {.policy = SubscriptionPolicy::lossless, .queue_depth = 4},
                         [](const Delivery<TcpPacketGroup>& /*delivery*/) {});
    clients.start();
    ASSERT_TRUE(counter.wait());
    EXPECT_EQ(counter.counted(), 0U);
    clients.pipeline.stop();
}

}  // namespace
}  // namespace sluice::test
