// Two stages of one's own behind a TCP client stage.
//
//     own_stage ADDRESS
//
// Stays connected to ADDRESS, where a device sends lines such as "reading 000042". One stage makes
// a message of every line, another prints the mean so far, and ends the program at the fifth.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/pipeline/pipeline.hpp"
#include "sluice/stages/tcp_client_stage.hpp"

namespace {

constexpr sluice::SubscriptionOptions lossless{.policy = sluice::SubscriptionPolicy::lossless};

/// A message type is any struct with defaults.
struct Reading {
    std::uint64_t connection = 0;
    long value = 0;
};

/// Groups of packets in, readings out.
class LineStage final : public sluice::Stage {
  public:
    void initialize(sluice::StageInterface& pipeline) override {
        readings_ = pipeline.publisher<Reading>("readings");
        pipeline.subscribe<sluice::TcpPacketGroup>(
            "/device/packet_group", lossless,
            [this](const sluice::Delivery<sluice::TcpPacketGroup>& delivery) {
                take(delivery.message());
            });
    }

  private:
    void take(const sluice::TcpPacketGroup& group) {
        if (std::exchange(connection_, group.connection) != group.connection) {
            line_.clear();  // what the connection before left unfinished
        }
        for (const sluice::TcpPacket& packet : group.packets) {
            for (const std::byte byte : packet.data.bytes()) {
                if (byte != std::byte{'\n'}) {
                    line_ += static_cast<char>(byte);
                } else {
                    publish_line();
                }
            }
        }
    }

    void publish_line() {
        const std::string line = std::exchange(line_, {});
        const std::size_t digits = line.find_first_of("0123456789");
        if (digits == std::string::npos) {
            return;
        }
        sluice::Draft<Reading> draft = readings_.draft();
        *draft = {connection_, std::atol(line.c_str() + digits)};
        // In a queued callback there is always credit, so nothing is refused.
        static_cast<void>(readings_.publish(std::move(draft)));
    }

    sluice::Publisher<Reading> readings_;
    std::uint64_t connection_ = 0;
    std::string line_;
};

/// Readings in, their mean to standard output.
class MeanStage final : public sluice::Stage {
  public:
    void initialize(sluice::StageInterface& pipeline) override {
        pipeline.subscribe<Reading>("/lines/readings", lossless,
                                    [this, &pipeline](const sluice::Delivery<Reading>& delivery) {
                                        add(delivery.message(), pipeline);
                                    });
    }

  private:
    void add(const Reading& reading, sluice::StageInterface& pipeline) {
        if (count_ == 5) {
            return;  // asked to stop, and not stopped yet
        }
        sum_ += reading.value;
        std::printf("connection %llu: %ld, mean %.1f\n",
                    static_cast<unsigned long long>(reading.connection), reading.value,
                    static_cast<double>(sum_) / ++count_);
        if (count_ == 5) {
            pipeline.request_stop();
        }
    }

    long sum_ = 0;
    int count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    const auto address = sluice::Address::parse(argc == 2 ? argv[1] : "");
    if (!address) {
        std::fprintf(stderr, "usage: own_stage ADDRESS\n%s\n", address.error().message().c_str());
        return 64;
    }
    sluice::TcpClientStageConfig device;
    device.address = *address;

    sluice::RealTimeExecutor executor;
    sluice::Pipeline pipeline(executor);
    pipeline.add("device", std::make_unique<sluice::TcpClientStage>(device));
    pipeline.add("lines", std::make_unique<LineStage>());
    pipeline.add("mean", std::make_unique<MeanStage>());
    if (sluice::Result<void> started = pipeline.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().message().c_str());
        return 1;
    }
    pipeline.wait();
    pipeline.stop();
    return 0;
}
