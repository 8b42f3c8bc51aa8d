// stage_receiver PORT BYTES GROUP_SIZE queued|inline: a pipeline of TcpClientStage and a stage that
// counts what it is given, without loss. Ends when it has counted BYTES.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "sluice/messages/tcp_packet_group.hpp"
#include "sluice/pipeline/pipeline.hpp"
#include "sluice/stages/tcp_client_stage.hpp"

namespace {

class CountingStage final : public sluice::Stage {
  public:
    CountingStage(std::uint64_t bytes, sluice::DeliveryMode delivery)
        : bytes_left_(bytes), delivery_(delivery) {}

    void initialize(sluice::StageInterface& pipeline) override {
        pipeline.subscribe<sluice::TcpPacketGroup>(
            "/device/packet_group",
            {.policy = sluice::SubscriptionPolicy::lossless, .delivery = delivery_},
            [this, &pipeline](const sluice::Delivery<sluice::TcpPacketGroup>& delivery) {
                const std::uint64_t bytes = delivery.message().payload_b();
                if (bytes_left_ <= bytes) {
                    pipeline.request_stop();
                }
                bytes_left_ -= bytes;
            });
    }

  private:
    std::uint64_t bytes_left_;
    const sluice::DeliveryMode delivery_;
};

int run(char** arguments) {
    sluice::TcpClientStageConfig config;
    config.address = *sluice::Address::parse("127.0.0.1:" + std::string(arguments[1]));
    config.group_size = static_cast<std::uint32_t>(std::strtoul(arguments[3], nullptr, 10));
    const auto delivery = std::strcmp(arguments[4], "inline") == 0
                              ? sluice::DeliveryMode::inline_call
                              : sluice::DeliveryMode::queued;
    sluice::RealTimeExecutor executor({.threads = 1});
    sluice::Pipeline pipeline(executor);
    pipeline.add("device", std::make_unique<sluice::TcpClientStage>(config));
    pipeline.add("count", std::make_unique<CountingStage>(std::strtoull(arguments[2], nullptr, 10),
                                                          delivery));
    if (const sluice::Result<void> started = pipeline.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().message().c_str());
        return 1;
    }
    pipeline.wait();
    pipeline.stop();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: stage_receiver PORT BYTES GROUP_SIZE queued|inline\n");
        return 2;
    }
    return run(argv);
}
