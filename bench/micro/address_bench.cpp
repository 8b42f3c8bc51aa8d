/// Parsing an address beside its rival: the system's inet_pton on the bare numbers.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>

#include "sluice/core/address.hpp"

namespace {

void parse_address(benchmark::State& state, const char* text) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(sluice::Address::parse(text));
    }
}
BENCHMARK_CAPTURE(parse_address, name, "sensor.example.org:7502");
BENCHMARK_CAPTURE(parse_address, ipv4, "192.168.1.201:7502");
BENCHMARK_CAPTURE(parse_address, ipv6, "[2001:db8::1]:7502");

void inet_pton_alone(benchmark::State& state, int family, const char* text) {
    in6_addr address{};
    for (auto _ : state) {
        benchmark::DoNotOptimize(::inet_pton(family, text, &address));
    }
}
BENCHMARK_CAPTURE(inet_pton_alone, ipv4, AF_INET, "192.168.1.201");
BENCHMARK_CAPTURE(inet_pton_alone, ipv6, AF_INET6, "2001:db8::1");

}  // namespace
