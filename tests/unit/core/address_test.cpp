#include "sluice/core/address.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

namespace sluice {
namespace {

using namespace std::literals;

Address parsed(std::string_view text) {
    const Result<Address> address = Address::parse(text);
    EXPECT_TRUE(address) << text << ": " << (address ? "" : address.error().message());
    return address.value_or(Address());
}

TEST(Address, PrintsWhatItParsed) {
    for (const char* text :
         {"sensor.local:7502", "sensor.local.:7502", "a_b-c:1", "7.example:1", "1.2.3.4.example:1",
          "192.168.1.201:7502", "0.0.0.0:0", "127.0.0.1:65535", "[2001:db8::1]:80", "[::]:0",
          "[fe80::1%eth0]:7502", "[fe80::1%4294967295]:7502", "[febf::1%br0.100]:1",
          "unix:/run/device.sock", "unix:relative.sock", "unix:/with:colon"}) {
        EXPECT_EQ(parsed(text).to_string(), text);
    }
}

TEST(Address, TakesEachFormApart) {
    struct Case {
        std::string_view text;
        Address::Kind kind;
        std::string_view host;
        std::string_view scope;
        std::uint16_t port;
        std::string_view path;
    };
    for (const Case& c : {
             Case{"sensor.local:7502", Address::Kind::name, "sensor.local", "", 7502, ""},
             Case{"192.0.2.1:1", Address::Kind::ipv4, "192.0.2.1", "", 1, ""},
             Case{"[2001:DB8:0::1]:80", Address::Kind::ipv6, "2001:db8::1", "", 80, ""},
             Case{"[fe80::1%eth0]:80", Address::Kind::ipv6, "fe80::1", "eth0", 80, ""},
             Case{"[fe80::1%2]:80", Address::Kind::ipv6, "fe80::1", "2", 80, ""},
             Case{"unix:/run/x", Address::Kind::unix_path, "", "", 0, "/run/x"},
         }) {
        const Address address = parsed(c.text);
        EXPECT_EQ(address.kind(), c.kind) << c.text;
        EXPECT_EQ(address.host(), c.host) << c.text;
        EXPECT_EQ(address.scope(), c.scope) << c.text;
        EXPECT_EQ(address.port(), c.port) << c.text;
        EXPECT_EQ(address.path(), c.path) << c.text;
    }
}

TEST(Address, MappedAddressBecomesTheIpv4AddressItStandsFor) {
    EXPECT_EQ(parsed("[::ffff:1.2.3.4]:80"), parsed("1.2.3.4:80"));
    EXPECT_EQ(parsed("[::ffff:102:304]:80"), parsed("1.2.3.4:80"));
}

TEST(Address, PortZeroParsesForListeners) {
    EXPECT_EQ(parsed("[::1]:0").port(), 0);
}

TEST(Address, LongestNamesAndPathsAreAccepted) {
    const std::string label(63, 'a');
    const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
    ASSERT_EQ(name.size(), 253U);
    EXPECT_EQ(parsed(name + ":1").host(), name);
    EXPECT_EQ(parsed(name + ".:1").host(), name + ".");
    const std::string path = "/" + std::string(106, 'p');
    EXPECT_EQ(parsed("unix:" + path).path(), path);
}

TEST(Address, RefusesWithTheReason) {
    struct Case {
        std::string text;
        std::string_view reason;
    };
    const std::vector<Case> cases{
        {"", "the port is missing"},
        {"sensor.local", "the port is missing"},
        {"192.0.2.1", "the port is missing"},
        {"[::1]", "the port is missing"},
        {"sensor.local:", "the port is a number"},
        {"sensor.local:65536", "the port is a number from 0 to 65535"},
        {"sensor.local:-1", "the port is a number"},
        {"sensor.local:+1", "the port is a number"},
        {"sensor.local:80x", "the port is a number"},
        {"sensor.local: 80", "the port is a number"},
        {"sensor.local:http", "the port is a number"},
        {":80", "the host is missing"},
        {".:80", "the host is missing"},
        {std::string(300, 'a') + ":80", "at most 253 bytes, this one has 300"},
        {std::string(64, 'a') + ".local:80", "at most 63 bytes"},
        {"sensor..local:80", "no empty labels"},
        {".local:80", "no empty labels"},
        {"local..:80", "no empty labels"},
        {"m\xc3\xbcnchen.example:80", "xn-- form"},
        {"sensor local:80", "letters, digits"},
        {"sensor/a:80", "letters, digits"},
        {"%eth9:80", "letters, digits"},
        {"sensor\0:80"s, "letters, digits"},
        {"1.2.3:80", "four numbers from 0 to 255"},
        {"1.2.3.256:80", "four numbers from 0 to 255"},
        {"1.2.3.4.:80", "four numbers from 0 to 255"},
        {"2130706433:80", "four numbers from 0 to 255"},
        {"255.255.255.255:80", "broadcast"},
        {"[::ffff:255.255.255.255]:80", "broadcast"},
        {"224.0.0.1:80", "multicast"},
        {"239.255.255.255:80", "multicast"},
        {"[::ffff:224.0.0.1]:80", "multicast"},
        {"[ff02::1]:80", "multicast"},
        {"::1:80", "stands in brackets"},
        {"fe80::1%eth0:80", "stands in brackets"},
        {"[::1:80", "stands in brackets"},
        {"[]:80", "no IPv6 address between the brackets"},
        {"[%eth9]:80", "no IPv6 address between the brackets"},
        {"[1.2.3.4]:80", "no IPv6 address between the brackets"},
        {"[::1\0]:80"s, "no IPv6 address between the brackets"},
        {"[fe80::1]:80", "a link-local address needs its interface"},
        {"[febf::1]:80", "a link-local address needs its interface"},
        {"[fe80::1%]:80", "the number of an interface"},
        {"[fe80::1%0]:80", "from 1 to 4294967295"},
        {"[fe80::1%4294967296]:80", "from 1 to 4294967295"},
        {"[fe80::1%interface_name_x]:80", "1 to 15 printable characters"},
        {"[fe80::1%a b]:80", "1 to 15 printable characters"},
        {"[fe80::1%a%b]:80", "1 to 15 printable characters"},
        {"[2001:db8::1%eth0]:80", "only a link-local address"},
        {"[::1%1]:80", "only a link-local address"},
        {"[::ffff:1.2.3.4%eth0]:80", "only a link-local address"},
        {"unix:", "1 to 107 bytes"},
        {"unix:/" + std::string(107, 'p'), "1 to 107 bytes"},
        {"unix:/run\0/x"s, "no NUL"},
    };
    for (const Case& c : cases) {
        const Result<Address> address = Address::parse(c.text);
        ASSERT_FALSE(address) << c.text;
        EXPECT_EQ(address.error().code(), Errc::invalid_address) << c.text;
        const std::string& detail = address.error().detail();
        EXPECT_NE(detail.find(c.reason), std::string::npos) << detail;
        EXPECT_NE(detail.find(address_forms), std::string::npos) << detail;
    }
}

TEST(Address, RefusalShowsWhatWasGivenWithoutControlBytes) {
    EXPECT_TRUE(Address::parse("a\x1b[31m:80").error().detail().starts_with("\"a\\x1b[31m:80\": "));
    const std::string longest = std::string(300, 'a') + ":80";
    const std::string detail = Address::parse(longest).error().detail();
    EXPECT_TRUE(detail.starts_with("\"" + std::string(80, 'a') + "...\": ")) << detail;
}

TEST(Address, NumericCarriesEverythingThatASocketNeeds) {
    const SocketAddress ipv4 = parsed("1.2.3.4:80").numeric();
    EXPECT_EQ(ipv4.family, SocketAddress::Family::ipv4);
    EXPECT_EQ(ipv4.ip, (std::array<std::uint8_t, 16>{1, 2, 3, 4}));
    EXPECT_EQ(ipv4.port, 80);

    const SocketAddress ipv6 = parsed("[fe80::102%eth0]:80").numeric(7);
    EXPECT_EQ(ipv6.family, SocketAddress::Family::ipv6);
    EXPECT_EQ(ipv6.ip,
              (std::array<std::uint8_t, 16>{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2}));
    EXPECT_EQ(ipv6.port, 80);
    EXPECT_EQ(ipv6.scope_id, 7U);

    const SocketAddress path = parsed("unix:/run/x").numeric();
    EXPECT_EQ(path.family, SocketAddress::Family::unix_path);
    EXPECT_EQ(path.path, "/run/x");
}

TEST(AddressDeathTest, NumericOfANameIsABug) {
    EXPECT_DEATH(static_cast<void>(parsed("sensor.local:1").numeric()), "must be resolved first");
}

TEST(SocketAddress, PrintsTheFormThatAddressParses) {
    for (const char* text : {"127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80", "unix:/path"}) {
        const Address address = parsed(text);
        EXPECT_EQ(address.numeric(address.scope().empty() ? 0 : 2).to_string(), text);
    }
}

TEST(SocketAddress, KnowsLoopback) {
    for (const char* text : {"127.0.0.1:80", "127.255.255.254:80", "[::1]:80", "unix:/path"}) {
        EXPECT_TRUE(parsed(text).numeric().is_loopback()) << text;
    }
    for (const char* text : {"128.0.0.1:80", "0.0.0.0:80", "[::]:80", "[2001:db8::1]:80"}) {
        EXPECT_FALSE(parsed(text).numeric().is_loopback()) << text;
    }
}

/// A socket address that TCP can connect to, of any family.
rc::Gen<SocketAddress> any_socket_address() {
    return rc::gen::exec([] {
        SocketAddress address;
        address.port = *rc::gen::arbitrary<std::uint16_t>();
        for (std::uint8_t& byte : address.ip) {
            // Zeros are frequent, as `::` is where printing and parsing can part.
            byte = *rc::gen::element<std::uint8_t>(0, 0, 1, *rc::gen::arbitrary<std::uint8_t>());
        }
        if (*rc::gen::arbitrary<bool>()) {
            address.ip[0] = *rc::gen::inRange<std::uint8_t>(0, 224);
            std::fill(address.ip.begin() + 4, address.ip.end(), std::uint8_t{0});
            return address;
        }
        address.family = SocketAddress::Family::ipv6;
        if (*rc::gen::arbitrary<bool>()) {
            address.ip[0] = 0xfe;
            address.ip[1] = 0x80;
            address.scope_id = *rc::gen::inRange<std::uint32_t>(1, 0xffffffff);
        } else {
            address.ip[0] = *rc::gen::inRange<std::uint8_t>(1, 0xfe);
        }
        return address;
    });
}

TEST(SocketAddressProperty, SurvivesPrintingAndParsing) {
    EXPECT_TRUE(rc::check([] {
        const SocketAddress address = *any_socket_address();
        const Result<Address> again = Address::parse(address.to_string());
        RC_ASSERT(again.has_value());
        RC_ASSERT(again->to_string() == address.to_string());
        RC_ASSERT(again->numeric(address.scope_id).to_string() == address.to_string());
    }));
}

TEST(AddressProperty, WhatParsesPrintsATextThatParsesToTheSame) {
    const auto character = rc::gen::element<char>('a', 'Z', '0', '9', '-', '_', '.', ':', '[', ']',
                                                  '%', 'f', 'e', '8', '\0', '\x80');
    EXPECT_TRUE(rc::check([&] {
        const auto text = *rc::gen::container<std::string>(character) +
                          *rc::gen::element<std::string>("", ":80", "]:1", ".x:65535");
        const Result<Address> address = Address::parse(text);
        if (address) {
            const Result<Address> again = Address::parse(address->to_string());
            RC_ASSERT(again.has_value());
            RC_ASSERT(*again == *address);
        }
    }));
}

}  // namespace
}  // namespace sluice
