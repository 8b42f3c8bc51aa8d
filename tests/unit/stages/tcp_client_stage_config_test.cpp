#include "sluice/stages/tcp_client_stage.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "sluice/buffers/buffer_pool.hpp"
#include "sluice/sys/thread.hpp"
#include "stages/config_error.hpp"
#include "stages/tcp_client_options.hpp"

namespace sluice {
namespace {

using Config = TcpClientStageConfig;
using Severity = Complaint::Severity;

const StructDescription& description() {
    return describe(TypeTag<Config>{});
}

Config valid_config() {
    Config config;
    config.address = *Address::parse("device.local:7502");
    return config;
}

std::vector<Complaint> complaints_of(const Config& config) {
    std::vector<Complaint> complaints;
    description().check(&config, complaints);
    return complaints;
}

/// "key: message" of the only complaint.
std::string only_complaint(const Config& config, Severity severity = Severity::error) {
    const std::vector<Complaint> complaints = complaints_of(config);
    if (complaints.size() != 1) {
        return std::to_string(complaints.size()) + " complaints";
    }
    EXPECT_EQ(complaints[0].severity, severity);
    return complaints[0].key + ": " + complaints[0].message;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(TcpClientStageConfig, DefaultsAreThoseDocumented) {
    const Config config;
    EXPECT_TRUE(config.reuse_address);
    EXPECT_EQ(config.group_size, 1U);
    EXPECT_EQ(config.group_timeout_ms, 100U);
    EXPECT_EQ(config.thread_priority, 0);
    EXPECT_TRUE(config.thread_processor_affinity.empty());
    EXPECT_TRUE(config.enable_nodelay);
    EXPECT_EQ(config.data_receive_timeout_ms, 0U);
    EXPECT_EQ(config.egress_buffer_size_b, 1'048'576U);
    EXPECT_EQ(config.kernel_receive_buffer_size_b, 0U);
    EXPECT_EQ(config.kernel_transmit_buffer_size_b, 0U);
    EXPECT_EQ(config.reconnect_initial_ms, 100U);
    EXPECT_EQ(config.reconnect_max_ms, 5000U);
    EXPECT_EQ(config.healthy_after_ms, 5000U);
    EXPECT_EQ(config.connect_timeout_ms, 5000U);
    EXPECT_EQ(config.dead_peer_timeout_ms, 20'000U);
    EXPECT_EQ(config.send_stall_timeout_ms, 0U);
    EXPECT_EQ(receive_pool_size_b(config), 16U * 1024 * 1024);
    EXPECT_FALSE(config.framing);
    EXPECT_EQ(config.frame_timeout_ms, 30'000U);
    EXPECT_EQ(config.receive_slab_size_b, 256U * 1024);
    EXPECT_TRUE(complaints_of(valid_config()).empty());
}

TEST(TcpClientStageConfig, OnlyTheAddressIsRequired) {
    for (const Field& field : description().fields()) {
        EXPECT_EQ(field.is_required, field.key == "address") << field.key;
        EXPECT_FALSE(field.text.empty()) << field.key;
    }
}

TEST(TcpClientStageConfig, LimitsRefuseZeroAndTimesThatCanBeOffDoNot) {
    for (const char* key : {"group_size", "egress_buffer_size_b", "receive_pool_size_b",
                            "receive_slab_size_b", "connect_timeout_ms", "frame_timeout_ms",
                            "reconnect_initial_ms", "reconnect_max_ms", "healthy_after_ms"}) {
        EXPECT_GT(description().find(key)->minimum, 0) << key;
    }
    for (const char* key : {"group_timeout_ms", "thread_priority", "data_receive_timeout_ms",
                            "dead_peer_timeout_ms", "send_stall_timeout_ms",
                            "kernel_receive_buffer_size_b", "kernel_transmit_buffer_size_b"}) {
        EXPECT_EQ(description().find(key)->minimum, 0) << key;
    }
}

TEST(TcpClientStageConfig, AddressesMustBeReachable) {
    Config config = valid_config();
    config.address = *Address::parse("device.local:0");
    EXPECT_TRUE(has(only_complaint(config), "address: has port 0"));
    config = valid_config();
    config.local_address = *Address::parse("eth0.local:0");
    EXPECT_TRUE(has(only_complaint(config), "local_address: is eth0.local:0"));
    config.local_address = *Address::parse("127.0.0.1:0");
    EXPECT_TRUE(complaints_of(config).empty());
    config.address = *Address::parse("unix:/run/device.sock");
    EXPECT_TRUE(has(only_complaint(config), "local_address"));
}

TEST(TcpClientStageConfig, OnConnectIsATextOrHexadecimal) {
    Config config = valid_config();
    config.on_connect = "text";
    EXPECT_TRUE(complaints_of(config).empty());
    config.on_connect_hex = "7e";
    EXPECT_TRUE(has(only_complaint(config), "on_connect_hex: is given together with on_connect"));
    config = valid_config();
    config.on_connect_hex = "7e 0q";
    EXPECT_TRUE(has(only_complaint(config), "on_connect_hex: has 'q' as character 5"));
    config.on_connect_hex.clear();
    config.on_connect.assign(65'537, 'x');
    EXPECT_TRUE(has(only_complaint(config), "on_connect: has 65537 bytes"));
    config.on_connect.clear();
    config.on_connect_hex.assign(2 * 65'537, '0');
    EXPECT_TRUE(has(only_complaint(config), "on_connect_hex: has 65537 bytes"));
}

TEST(TcpClientStageConfig, ASharedLoopHasThreadAndPoolAlready) {
    Config config = valid_config();
    config.event_loop = "shared";
    EXPECT_TRUE(complaints_of(config).empty());
    config.thread_priority = 10;
    config.thread_processor_affinity = sys::allowed_cpus();
    config.receive_pool_size_b = 2 * receive_pool_size_b(config);
    config.receive_slab_size_b *= 2;
    const std::vector<Complaint> complaints = complaints_of(config);
    ASSERT_EQ(complaints.size(), 4U);
    for (const Complaint& complaint : complaints) {
        EXPECT_TRUE(has(complaint.message, "event loop shared")) << complaint.key;
    }
}

TEST(TcpClientStageConfig, TimesMustFitTogether) {
    Config config = valid_config();
    config.reconnect_initial_ms = 5001;
    EXPECT_TRUE(has(only_complaint(config), "reconnect_initial_ms: is 5001"));
    config = valid_config();
    config.dead_peer_timeout_ms = 1999;
    EXPECT_TRUE(has(only_complaint(config), "dead_peer_timeout_ms: is 1999"));
    config.dead_peer_timeout_ms = 0;
    EXPECT_TRUE(complaints_of(config).empty());
}

TEST(TcpClientStageConfig, PoolSlabAndGroupMustFitTogether) {
    Config config = valid_config();
    config.receive_slab_size_b = 100'000;
    EXPECT_TRUE(has(only_complaint(config), "receive_slab_size_b: is 100000"));
    config.receive_slab_size_b = 8'388'608;
    EXPECT_TRUE(has(only_complaint(config), "a quarter of receive_pool_size_b"));
    config.receive_slab_size_b = 16'384;
    config.receive_pool_size_b = 65'536;
    config.group_size = 16'384;
    EXPECT_TRUE(complaints_of(config).empty());
    config.group_size = 16'385;
    EXPECT_TRUE(has(only_complaint(config), "group_size: is 16385"));
}

Config framed_config(std::string_view framing) {
    Config config = valid_config();
    config.framing = *Framing::parse(framing);
    return config;
}

TEST(TcpClientStageConfig, ThePoolHoldsTheLongestFrameUnlessToldOtherwise) {
    for (const char* framing : {"lines", "length:u32be", "length:u32be,max:1GiB", "slip", "raw",
                                "cobs,max:100", "dle:1a", "netstring,max:3MiB", "fixed:188"}) {
        EXPECT_TRUE(complaints_of(framed_config(framing)).empty()) << framing;
    }
    constexpr std::uint64_t mebibyte = 1'048'576;
    EXPECT_EQ(receive_pool_size_b(framed_config("length:u32be")), 64 * mebibyte);
    EXPECT_EQ(receive_pool_size_b(framed_config("slip")), 128 * mebibyte);
    EXPECT_EQ(receive_pool_size_b(framed_config("lines,max:1KiB")), 16 * mebibyte);
    Config config = framed_config("length:u32be");
    config.receive_pool_size_b = 17 * mebibyte;
    EXPECT_EQ(receive_pool_size_b(config), 17 * mebibyte);
}

TEST(TcpClientStageConfig, APoolThatCannotHoldOneFrameBesideTwoSlabsIsRefused) {
    Config config = framed_config("length:u32be,max:3MiB");
    config.receive_pool_size_b = 8'388'608;
    EXPECT_TRUE(complaints_of(config).empty()) << "two blocks of 4 MiB";
    config.receive_pool_size_b = 8'388'607;
    EXPECT_EQ(only_complaint(config),
              "receive_pool_size_b: is 8388607; a frame of up to 3145728 bytes takes a block of "
              "4194304, no more than half the pool each, beside two slabs of 262144: allowed are "
              "8388608 bytes and more, or a smaller max_frame_length");
    config = framed_config("slip,max:3MiB");
    config.receive_pool_size_b = 2 * 4'194'304 + 2 * 262'144;
    EXPECT_TRUE(complaints_of(config).empty()) << "as it came, and without its escapes";
    --*config.receive_pool_size_b;
    EXPECT_TRUE(has(only_complaint(config), "two blocks of 4194304"));
}

TEST(TcpClientStageConfig, AFramingThatCannotBeIsRefused) {
    Config config = framed_config("length:u16be");
    config.framing->length_field_length = 9;
    const Result<void> valid = validate(description(), &config);
    ASSERT_FALSE(valid);
    EXPECT_TRUE(has(valid.error().detail(), "framing ")) << valid.error().detail();
    EXPECT_TRUE(has(valid.error().detail(), "length_field_length")) << valid.error().detail();
}

TEST(TcpClientStageConfig, WhatMayBeAMistakeIsAWarning) {
    Config config = valid_config();
    config.thread_processor_affinity.add(1023);
    EXPECT_TRUE(has(only_complaint(config, Severity::warning), "thread_processor_affinity"));
    config = valid_config();
    config.kernel_receive_buffer_size_b = 65'536;
    EXPECT_TRUE(has(only_complaint(config, Severity::warning), "net.core.rmem_max"));
    config = valid_config();
    config.kernel_transmit_buffer_size_b = 65'536;
    EXPECT_TRUE(has(only_complaint(config, Severity::warning), "net.core.wmem_max"));
}

TEST(TcpClientStageConfig, EverythingIsSaidAtOnce) {
    Config config;
    config.on_connect = "a";
    config.on_connect_hex = "b";
    config.reconnect_initial_ms = 6000;
    config.dead_peer_timeout_ms = 1;
    config.receive_slab_size_b = 3;
    EXPECT_EQ(complaints_of(config).size(), 6U);
    config.group_size = 0;
    const Result<void> valid = validate(description(), &config);
    ASSERT_FALSE(valid);
    for (const char* key : {"address", "on_connect_hex", "reconnect_initial_ms",
                            "dead_peer_timeout_ms", "receive_slab_size_b", "group_size is 0"}) {
        EXPECT_TRUE(has(valid.error().detail(), key)) << key;
    }
}

/// A number of the field's range, its ends more often than others.
std::int64_t arbitrary_number(const Field& field, int bits) {
    const double largest = std::ldexp(1.0, std::min(bits, 62)) - 1;
    const auto minimum = static_cast<std::int64_t>(field.minimum);
    const auto maximum = static_cast<std::int64_t>(std::min(field.maximum, largest));
    return *rc::gen::oneOf(rc::gen::element(minimum, maximum),
                           rc::gen::inRange<std::int64_t>(minimum, maximum),
                           rc::gen::map(rc::gen::inRange(0, 32), [minimum, maximum](int bit) {
                               return std::clamp(std::int64_t{1} << bit, minimum, maximum);
                           }));
}

Config arbitrary_config() {
    Config config = valid_config();
    config.address = *Address::parse(*rc::gen::element<std::string>(
        "device:1", "device:0", "127.0.0.1:7502", "[::1]:65535", "unix:/tmp/device"));
    if (*rc::gen::arbitrary<bool>()) {
        config.local_address = *Address::parse(
            *rc::gen::element<std::string>("127.0.0.1:0", "[::1]:5", "name:1", "unix:/tmp/x"));
    }
    config.on_connect = *rc::gen::element<std::string>("", "", "text");
    config.on_connect_hex = *rc::gen::element<std::string>("", "", "7e", "7");
    for (const Field& field : description().fields()) {
        const auto* integer = std::get_if<IntegerType>(&field.type->kind);
        if (integer != nullptr && *rc::gen::inRange(0, 3) == 0) {
            integer->store(field.locate(&config), arbitrary_number(field, integer->bits));
        }
    }
    return config;
}

TEST(TcpClientStageConfig, WhatItsCheckAcceptsTheRoomsBelowAccept) {
    EXPECT_TRUE(rc::check([] {
        const Config config = arbitrary_config();
        RC_PRE(static_cast<bool>(validate(description(), &config)));
        RC_ASSERT(static_cast<bool>(net::validate(link_options(config))));
        RC_ASSERT(static_cast<bool>(net::validate(loop_options(config, nullptr))));
        RC_ASSERT(static_cast<bool>(sys::validate(thread_options(config, "device"))));
    }));
}

}  // namespace
}  // namespace sluice
