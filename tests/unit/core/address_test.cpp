#include "sluice/core/address.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Address, PrintsWhatItParsed) {
    for (const char* text : {"sensor.local:7502", "192.168.1.201:7502", "[2001:db8::1]:80",
                             "[fe80::1%eth0]:7502", "unix:/run/device.sock"}) {
        const Result<Address> address = Address::parse(text);
        ASSERT_TRUE(address) << address.error().message();
        EXPECT_EQ(address->to_string(), text);
    }
}

}  // namespace
}  // namespace sluice
