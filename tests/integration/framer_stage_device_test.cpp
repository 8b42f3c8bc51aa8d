// A FramerStage between a device and those who talk with it in messages.
#include "sluice/stages/framer_stage.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/client_pipeline.hpp"
#include "support/loopback_device.hpp"

namespace sluice::test {
namespace {

TEST(FramerStageWithADevice, MessagesGoOutAndComeBackAsFrames) {
    LoopbackDevice device([](DeviceConnection& connection, std::size_t /*number*/) {
        std::byte bytes[64];
        for (std::size_t got = connection.receive(bytes); got > 0;
             got = connection.receive(bytes)) {
            connection.send(std::span(bytes).first(got));  // an echo, split anywhere
        }
    });
    ClientPipeline clients;
    clients.add_client(client_config(device.address()));
    FramerStageConfig config;
    config.framing = *Framing::parse("length:u16be,strip:2");
    config.input.channel = "/device/packet_group";
    config.egress = "/device/egress_packets";
    clients.pipeline.add("messages", std::make_unique<FramerStage>(config));

    constexpr std::size_t count = 500;
    const auto message_of = [](std::size_t i) {
        return std::string(i % 97, static_cast<char>('a' + i % 26)) + std::to_string(i);
    };
    Publisher<EgressPacket> messages;
    std::size_t answers = 0;
    bool is_right = true;
    Event done;
    const auto ask = [&] {
        Draft<EgressPacket> draft = messages.draft();
        draft->assign(message_of(answers));
        EXPECT_TRUE(messages.publish(std::move(draft)));
    };
    clients.pipeline.add(
        "asker", std::make_unique<LambdaStage>([&](StageInterface& interface) {
            messages = interface.publisher<EgressPacket>("/messages/egress_messages");
            interface.subscribe<ConnectionState>(
                "/device/connection_state", {}, [&](const Delivery<ConnectionState>& delivery) {
                    if (delivery.message().state == ConnectionStatus::up) {
                        ask();
                    }
                });
            interface.subscribe<FrameGroup>(
                "/messages/frames", {.policy = SubscriptionPolicy::lossless},
                [&](const Delivery<FrameGroup>& delivery) {
                    for (const TcpFrame& frame : delivery.message().frames) {
                        const std::string text(reinterpret_cast<const char*>(frame.data.data()),
                                               frame.data.size());
                        is_right = is_right && text == message_of(answers);
                        if (++answers < count) {
                            ask();
                        } else {
                            done.set();
                        }
                    }
                });
        }));
    FramerStats last;
    clients.pipeline.add(
        "stats", std::make_unique<LambdaStage>([&](StageInterface& interface) {
            interface.subscribe<FramerStats>(
                "/messages/framer_stats", {.policy = SubscriptionPolicy::lossless},
                [&](const Delivery<FramerStats>& delivery) { last = delivery.message(); });
        }));
    clients.start();
    EXPECT_TRUE(done.wait());
    clients.pipeline.stop();
    EXPECT_TRUE(is_right);
    EXPECT_EQ(last.framing.frames, count);
    EXPECT_EQ(last.egress.published, count);
    EXPECT_EQ(last.holes, 0U);
    EXPECT_EQ(last.framing.received, last.framing.payload + last.framing.overhead);
}

}  // namespace
}  // namespace sluice::test
