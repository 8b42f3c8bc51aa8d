// The command of one's own: a pipeline from a file, in which a stage of one's own has a `type` as
// those of Sluice have.
//
//     own_command FILE
//
// For instance with this file; it ends at the fifth line that the device sends:
//
//     stages:
//       device: {type: tcp_client, address: 127.0.0.1:7000}
//       lines:
//         type: line_count
//         subscribe: [{channel: /device/packet_group, policy: lossless}]
//         stop_after: 5

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include "sluice/app/run.hpp"
#include "sluice/messages/tcp_packet_group.hpp"

namespace {

/// The keys of the stage. Reading, checking and `sluice stages` follow from their description.
struct LineCountConfig {
    std::vector<sluice::SubscriptionConfig> subscribe{};
    std::uint64_t stop_after = 0;
};

const sluice::StructDescription& describe(sluice::TypeTag<LineCountConfig>) {
    static const sluice::StructDescription description =
        sluice::Describer<LineCountConfig>("LineCountConfig", "Counts lines.")
            .field("subscribe", &LineCountConfig::subscribe, "The channels of packets.")
            .required()
            .field("stop_after", &LineCountConfig::stop_after,
                   "Ends the pipeline after so many lines; 0 = never.")
            .range(0, 1e6);
    return description;
}

class LineCountStage final : public sluice::Stage {
  public:
    explicit LineCountStage(LineCountConfig config) : config_(std::move(config)) {}

    void initialize(sluice::StageInterface& pipeline) override {
        for (const sluice::SubscriptionConfig& input : config_.subscribe) {
            pipeline.subscribe<sluice::TcpPacketGroup>(
                input.channel, input.options(),
                [this, &pipeline](const sluice::Delivery<sluice::TcpPacketGroup>& delivery) {
                    count(delivery.message());
                    if (config_.stop_after > 0 && lines_ >= config_.stop_after) {
                        pipeline.request_stop();
                    }
                });
        }
    }
    void stop() override { std::printf("lines: %llu\n", static_cast<unsigned long long>(lines_)); }

  private:
    void count(const sluice::TcpPacketGroup& group) {
        for (const sluice::TcpPacket& packet : group.packets) {
            const std::span<const std::byte> bytes = packet.data.bytes();
            lines_ +=
                static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), std::byte{'\n'}));
        }
    }

    const LineCountConfig config_;
    std::uint64_t lines_ = 0;
};

constexpr std::array<sluice::StageChannel, 1> channels{
    {{"<subscribe>", sluice::StageChannel::Direction::subscribes, "TcpPacketGroup",
      "What is counted."}}};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: own_command FILE\n", stderr);
        return 64;
    }
    sluice::app::StageRegistry registry = sluice::app::built_in_stages();
    registry.add<LineCountStage, LineCountConfig>("line_count", "Counts lines.", channels);
    return sluice::app::run_command({.config_path = argv[1], .duration = {}}, registry);
}
