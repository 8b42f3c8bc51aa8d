// The keys of the stages' configurations, and what they stand for.
#include <gtest/gtest.h>

#include "sluice/stages/counter_check_stage.hpp"
#include "sluice/stages/print_stage.hpp"
#include "sluice/stages/publish_stage.hpp"
#include "sluice/stages/tcp_client_stage.hpp"
#include "support/described_members.hpp"

namespace sluice::test {
namespace {

TEST(ConfigKeys, OfTheTcpClient) {
    const TcpClientStageConfig config;
    expect_members(config,
                   {{"address", &config.address},
                    {"local_address", &config.local_address},
                    {"allow_local", &config.allow_local},
                    {"group_size", &config.group_size},
                    {"group_timeout_ms", &config.group_timeout_ms},
                    {"thread_priority", &config.thread_priority},
                    {"thread_processor_affinity", &config.thread_processor_affinity},
                    {"event_loop", &config.event_loop},
                    {"framing", &config.framing},
                    {"frame_timeout_ms", &config.frame_timeout_ms},
                    {"reuse_address", &config.reuse_address},
                    {"enable_nodelay", &config.enable_nodelay},
                    {"kernel_receive_buffer_size_b", &config.kernel_receive_buffer_size_b},
                    {"kernel_transmit_buffer_size_b", &config.kernel_transmit_buffer_size_b},
                    {"kernel_receive_time", &config.kernel_receive_time},
                    {"egress_buffer_size_b", &config.egress_buffer_size_b},
                    {"on_connect", &config.on_connect},
                    {"on_connect_hex", &config.on_connect_hex},
                    {"connect_timeout_ms", &config.connect_timeout_ms},
                    {"reconnect_initial_ms", &config.reconnect_initial_ms},
                    {"reconnect_max_ms", &config.reconnect_max_ms},
                    {"healthy_after_ms", &config.healthy_after_ms},
                    {"data_receive_timeout_ms", &config.data_receive_timeout_ms},
                    {"dead_peer_timeout_ms", &config.dead_peer_timeout_ms},
                    {"send_stall_timeout_ms", &config.send_stall_timeout_ms},
                    {"receive_pool_size_b", &config.receive_pool_size_b},
                    {"receive_slab_size_b", &config.receive_slab_size_b}});
}

TEST(ConfigKeys, OfASubscription) {
    const SubscriptionConfig config;
    expect_members(config, {{"channel", &config.channel},
                            {"policy", &config.policy},
                            {"queue_depth", &config.queue_depth},
                            {"queue_size_b", &config.queue_size_b}});
    const SubscriptionOptions options =
        SubscriptionConfig{"/a", SubscriptionPolicy::lossless, 7, 8}.options();
    EXPECT_EQ(options.policy, SubscriptionPolicy::lossless);
    EXPECT_EQ(options.queue_depth, 7U);
    EXPECT_EQ(options.queue_size_b, 8U);
}

TEST(ConfigKeys, OfTheStagesAroundIt) {
    const PrintStageConfig print;
    expect_members(print, {{"subscribe", &print.subscribe},
                           {"format", &print.format},
                           {"rate_limit_hz", &print.rate_limit_hz},
                           {"max_bytes", &print.max_bytes},
                           {"output", &print.output}});
    const PublishStageConfig publish;
    expect_members(publish, {{"channel", &publish.channel},
                             {"text", &publish.text},
                             {"hex", &publish.hex},
                             {"file", &publish.file},
                             {"standard_input", &publish.standard_input},
                             {"lines", &publish.lines},
                             {"delay_ms", &publish.delay_ms},
                             {"every_ms", &publish.every_ms},
                             {"count", &publish.count},
                             {"when_up", &publish.when_up}});
    const CounterCheckStageConfig check;
    expect_members(check, {{"subscribe", &check.subscribe},
                           {"log_gaps", &check.log_gaps},
                           {"stop_after_records", &check.stop_after_records}});
}

}  // namespace
}  // namespace sluice::test
