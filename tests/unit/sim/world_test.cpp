#include "sim/world.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>

#include "sluice/sys/clock.hpp"
#include "sluice/sys/file.hpp"
#include "sluice/sys/futex.hpp"
#include "sluice/sys/memory.hpp"
#include "sluice/sys/random.hpp"
#include "sluice/sys/resolver.hpp"
#include "sluice/sys/thread.hpp"
#include "unit/sim/program.hpp"

namespace sluice::sim {
namespace {

TEST(World, TimeStandsStillUntilTheProgramWaits) {
    World world({.steady_start = SteadyTime(5s), .system_start = SystemTime(100s)});
    EXPECT_EQ(sys::now(), SteadyTime(5s));
    Program program;
    EXPECT_FALSE(program.wait(SteadyTime(8s)).writable);
    EXPECT_EQ(sys::now(), SteadyTime(8s));
    EXPECT_EQ(sys::system_now(), SystemTime(103s));
}

TEST(World, JumpOfTheSystemClockLeavesTheSteadyOne) {
    World world({.steady_start = SteadyTime(5s), .system_start = SystemTime(100s)});
    world.jump_system_clock(-40s);
    EXPECT_EQ(sys::now(), SteadyTime(5s));
    EXPECT_EQ(sys::system_now(), SystemTime(60s));
}

TEST(World, EventsRunInOrderOfTimeThenOfScheduling) {
    World world;
    std::string order;
    world.after(2s, [&] { order += 'c'; });
    world.after(1s, [&] { order += 'a'; });
    world.after(1s, [&] { order += 'b'; });
    world.run_for(1s);
    EXPECT_EQ(order, "ab");
    world.run_for(1s);
    EXPECT_EQ(order, "abc");
}

TEST(World, StalledMachineMeetsItsEventsLate) {
    World world;
    const SteadyTime start = world.now();
    SteadyTime seen{};
    world.after(1s, [&] { seen = sys::now(); });
    world.stall(10s);
    EXPECT_EQ(seen, SteadyTime{});
    world.run_for(0s);
    EXPECT_EQ(seen, start + 10s);
}

TEST(WorldDeathTest, WaitingForNothingAborts) {
    World world;
    Program program;
    EXPECT_DEATH(static_cast<void>(program.poller.wait({}, never)), "would wait for ever");
    const std::atomic<std::uint32_t> word{1};
    EXPECT_DEATH(sys::futex_wait(word, 1, never), "would wait for ever");
}

TEST(WorldDeathTest, SpinningAborts) {
    World world({.waits_without_time_max = 100});
    Program program;
    program.watch({});  // a socket that is not connected hangs up, whatever one asks for
    EXPECT_DEATH(
        {
            while (program.wait().writable) {
            }
        },
        "the program spins");
}

TEST(World, WaitingOftenIsNoSpinningWhileTimePasses) {
    World world({.waits_without_time_max = 10});
    Program program;
    for (int round = 0; round < 100; ++round) {
        program.wait(sys::now() + 1ms);
    }
}

TEST(WorldDeathTest, RunawayEventsAbort) {
    World world({.events_max = 100});
    std::function<void()> again = [&] { world.after(1s, again); };
    again();
    EXPECT_DEATH(world.run_for(1000s), "events_max");
}

TEST(WorldDeathTest, LeakedDescriptorAborts) {
    EXPECT_DEATH(
        {
            std::optional<World> world(std::in_place);
            const sys::Descriptor leaked = *sys::open_socket(SocketAddress::Family::ipv4);
            world.reset();
        },
        "descriptor 3 left open: socket");
}

TEST(WorldDeathTest, SeamWithoutAWorldAborts) {
    EXPECT_DEATH(static_cast<void>(sys::now()), "needs a sim::World");
}

TEST(WorldDeathTest, ThreadsAbort) {
    World world;
    EXPECT_DEATH(static_cast<void>(sys::Thread::start({}, [] {})), "there are no threads");
}

TEST(Descriptors, LowestFreeNumberIsReused) {
    World world;
    sys::Descriptor first = *sys::open_socket(SocketAddress::Family::ipv4);
    const sys::Descriptor second = *sys::open_socket(SocketAddress::Family::ipv4);
    EXPECT_EQ(first.number(), 3);
    EXPECT_EQ(second.number(), 4);
    first.close();
    EXPECT_EQ(world.open_descriptors(), 1U);
    const sys::Descriptor third = *sys::open_socket(SocketAddress::Family::ipv4);
    EXPECT_EQ(third.number(), 3);
}

TEST(Descriptors, LimitIsReported) {
    World world;
    world.limits().descriptors_max = 5;
    const sys::Descriptor socket = *sys::open_socket(SocketAddress::Family::ipv4);
    EXPECT_EQ(sys::Poller::create().error().code(), Errc::limit_reached);  // needs two
    EXPECT_EQ(world.open_descriptors(), 1U);
    const sys::Descriptor input = *sys::open_standard(sys::StandardStream::input);
    EXPECT_EQ(sys::open_socket(SocketAddress::Family::ipv4).error().system_error(), EMFILE);
    EXPECT_EQ(sys::raise_descriptor_limit(), 5U);
}

TEST(Poller, WakeEndsThisWaitOrTheNext) {
    World world;
    Program program;
    program.poller.wake();
    EXPECT_EQ(program.poller.wait({}, never), 0U);
    world.after(3s, [&] { program.poller.wake(); });
    const SteadyTime start = sys::now();
    EXPECT_EQ(program.poller.wait({}, never), 0U);
    EXPECT_EQ(sys::now(), start + 3s);
}

TEST(Poller, NobodyStarvesWhenTheRoomIsSmall) {
    World world;
    Program program;
    const sys::Descriptor second = *sys::open_socket(SocketAddress::Family::ipv4);
    const sys::Descriptor third = *sys::open_socket(SocketAddress::Family::ipv4);
    ASSERT_TRUE(program.poller.add(second, {.writable = true}, 2));
    ASSERT_TRUE(program.poller.add(third, {.writable = true}, 3));
    program.watch({.writable = true});
    std::vector<std::uint64_t> tokens;
    for (int round = 0; round < 4; ++round) {
        tokens.push_back(program.wait().token);
    }
    EXPECT_EQ(tokens, (std::vector<std::uint64_t>{1, 2, 3, 1}));
    program.poller.remove(second);
    EXPECT_EQ(program.wait().token, 3U);
}

TEST(Poller, ForgetsWhatIsClosed) {
    World world;
    Program program;
    program.watch({.writable = true});
    program.socket.close();
    program.socket = *sys::open_socket(SocketAddress::Family::ipv4);  // the same number again
    EXPECT_FALSE(program.wait(sys::now() + 1s).writable);
    EXPECT_EQ(program.poller.modify(program.socket, {}, 1).error().system_error(), ENOENT);
}

TEST(Resolver, AnswersWithinTheWaitInTheOrderGiven) {
    World world;
    Program program;
    const SocketAddress second = socket_address("[2001:db8::7]:1");
    world.script_name("lidar.local", {.addresses = {device, second}, .delay = 40ms});
    const SteadyTime start = sys::now();
    std::optional<sys::ResolveAnswer> answer;
    const sys::ResolveRequest request = sys::resolve("lidar.local", 99, [&](auto got) {
        answer = std::move(got);
        program.poller.wake();
    });
    EXPECT_FALSE(answer);
    EXPECT_EQ(program.poller.wait({}, never), 0U);
    EXPECT_EQ(sys::now(), start + 40ms);
    ASSERT_TRUE(answer && *answer);
    ASSERT_EQ((*answer)->size(), 2U);
    EXPECT_EQ((*answer)->at(0), socket_address("192.0.2.10:99"));
    EXPECT_EQ((*answer)->at(1), socket_address("[2001:db8::7]:99"));
}

TEST(Resolver, UnknownNameFailsAndSilentOneNeverAnswers) {
    World world;
    world.script_name("silent", {.addresses = {device}, .answers = false});
    std::optional<Errc> failure;
    int answers = 0;
    const auto unknown =
        sys::resolve("unknown", 1, [&](auto answer) { failure = answer.error().code(); });
    const auto silent = sys::resolve("silent", 1, [&](auto) { ++answers; });
    world.run_for(24h);
    EXPECT_EQ(failure, Errc::resolve_failed);
    EXPECT_EQ(answers, 0);
}

TEST(Resolver, CancelledRequestIsNotAnswered) {
    World world;
    world.script_name("device", {.addresses = {device}});
    int answers = 0;
    {
        const auto request = sys::resolve("device", 1, [&](auto) { ++answers; });
    }
    world.run_for(1s);
    EXPECT_EQ(answers, 0);
}

TEST(Futex, WaitsForTheDeadlineOrTheWord) {
    World world;
    std::atomic<std::uint32_t> word{1};
    const SteadyTime start = sys::now();
    EXPECT_FALSE(sys::futex_wait(word, 1, start + 2s));
    EXPECT_EQ(sys::now(), start + 2s);
    world.after(1s, [&] { word = 2; });
    EXPECT_TRUE(sys::futex_wait(word, 1, never));
    EXPECT_EQ(sys::now(), start + 3s);
    EXPECT_TRUE(sys::futex_wait(word, 1, never));
}

TEST(Memory, IsZeroedAlignedAndBudgeted) {
    World world;
    world.limits().memory_b_max = 100'000;
    auto* const pages = static_cast<unsigned char*>(sys::map_pages(70'000));
    ASSERT_NE(pages, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pages) % 4096, 0U);
    EXPECT_EQ(pages[69'999], 0);
    EXPECT_EQ(world.mapped_bytes(), 70'000U);
    EXPECT_EQ(sys::map_pages(30'001), nullptr);
    sys::unmap_pages(pages, 70'000);
    EXPECT_EQ(world.mapped_bytes(), 0U);
}

TEST(StandardStreams, InputIsWaitedForAndEnds) {
    World world;
    const sys::Descriptor input = *sys::open_standard(sys::StandardStream::input);
    std::array<std::byte, 3> target{};
    world.after(1s, [&] { world.append_input("abcd"); });
    world.after(2s, [&] { world.end_input(); });
    EXPECT_EQ(sys::read(input, target).bytes, 3U);
    EXPECT_EQ(std::memcmp(target.data(), "abc", 3), 0);
    EXPECT_EQ(sys::read(input, target).bytes, 1U);
    EXPECT_EQ(sys::read(input, target).status, sys::IoStatus::end);
}

TEST(StandardStreams, OutputIsCapturedAndCanFail) {
    World world;
    const sys::Descriptor output = *sys::open_standard(sys::StandardStream::output);
    const sys::Descriptor errors = *sys::open_standard(sys::StandardStream::error);
    std::string text = "abcd";
    std::array<iovec, 2> pieces{iovec{text.data(), 4}, iovec{text.data(), 2}};
    EXPECT_EQ(sys::write_all(output, pieces).bytes, 6U);
    EXPECT_EQ(sys::write_all(errors, pieces).bytes, 6U);
    world.fail_output_after(11, ENOSPC);
    const sys::IoResult failed = sys::write_all(output, pieces);
    EXPECT_EQ(failed.status, sys::IoStatus::failed);
    EXPECT_EQ(failed.bytes, 5U);
    EXPECT_EQ(failed.error, ENOSPC);
    EXPECT_EQ(world.output(), "abcdababcda");
    EXPECT_EQ(world.error_output(), "abcdab");
}

TEST(Interfaces, AreNamedOrNumbered) {
    World world;
    EXPECT_EQ(sys::interface_index("eth0").error().code(), Errc::no_interface);
    world.set_interface("eth0", 4);
    EXPECT_EQ(*sys::interface_index("eth0"), 4U);
    EXPECT_EQ(*sys::interface_index("7"), 7U);
    world.set_interface("eth0", 0);
    EXPECT_FALSE(sys::interface_index("eth0"));
}

TEST(Threads, OptionsAreValidatedAsOnLinux) {
    World world;
    EXPECT_TRUE(sys::validate({.priority = 99}));
    EXPECT_FALSE(sys::validate({.priority = 100}));
    EXPECT_FALSE(sys::validate({.affinity = *CpuSet::parse("2")}));
    EXPECT_EQ(sys::this_thread_id(), sys::this_thread_id());
}

/// A conversation with jitter and faults, and its hash.
std::uint64_t history(std::uint64_t seed) {
    World world({.seed = seed});
    world.network().jitter = 3ms;
    world.faults() = {.short_read_percent = 50, .short_read_b_max = 9};
    world.script(device, {.on_connect = [](Peer peer) {
                     for (int part = 0; part < 20; ++part) {
                         peer.send("twenty bytes of data");
                     }
                     peer.finish();
                 }});
    Program program;
    EXPECT_EQ(program.connect(device), 0);
    EXPECT_EQ(program.receive_until(1000).size(), 400U);
    return world.trace_hash();
}

TEST(Trace, SameSeedSameHistory) {
    EXPECT_EQ(history(17), history(17));
    EXPECT_NE(history(17), history(18));
}

TEST(Random, SeedsAndConcernsDrawApart) {
    const auto bits = [](std::uint64_t seed) {
        World world({.seed = seed});
        const std::uint64_t of_program = sys::random_bits();
        EXPECT_NE(of_program, world.random());
        return of_program;
    };
    EXPECT_EQ(bits(1), bits(1));
    EXPECT_NE(bits(1), bits(2));
}

TEST(Random, BitsDoNotDependOnFaults) {
    const auto bits = [](unsigned percent) {
        World world;
        world.faults().no_descriptor_percent = percent;
        static_cast<void>(sys::open_socket(SocketAddress::Family::ipv4));
        static_cast<void>(world.random());
        return sys::random_bits();
    };
    EXPECT_EQ(bits(0), bits(100));
}

}  // namespace
}  // namespace sluice::sim
