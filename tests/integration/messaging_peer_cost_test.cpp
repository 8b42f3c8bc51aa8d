// What a peer makes a server hold and copy, measured.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <tuple>

#include "support/raw_connection.hpp"
#include "tests/unit/messaging/messaging_verbs.hpp"

namespace sluice::test {
namespace {

/// Of this process, now.
std::size_t resident_b() {
    std::ifstream file("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string big_endian(std::uint64_t value, int bytes) {
    std::string text;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        text += static_cast<char>(value >> static_cast<unsigned>(shift));
    }
    return text;
}

/// Whether the peers that there were are gone.
bool is_closed(const MessageServer& server) {
    const MessageServerStatistics statistics = server.statistics();
    return statistics.connects == 4 && statistics.peers == 0;
}

constexpr std::size_t slab_b = std::size_t{256} * 1024;
constexpr std::size_t constant_b = std::size_t{128} * 1024;

/// How much more the process holds when a peer has sent this and the server has read it. Messages
/// and connections before have made warm what all share.
std::size_t held_for(std::string_view framing, const std::string& claim) {
    MessageServerOptions options = server_options();
    options.messaging.framing = *Framing::parse(framing);
    auto server = MessageServer::start(options);
    const std::string prefix(claim.size() - 1, '\0');
    std::uint64_t sent_b = 0;
    for (int i = 0; i < 3; ++i) {
        DeviceConnection warming(connect_raw((*server)->local_address()));
        sent_b += warming.send(prefix + "\1x");
        EXPECT_EQ(text_of(*(*server)->receive()), "x");
    }
    DeviceConnection peer(connect_raw((*server)->local_address()));
    const std::size_t before_b = resident_b();
    // In two pieces: what comes behind a known length goes to the frame's own place.
    for (const std::string& piece :
         {claim + std::string(50 - claim.size(), 'x'), std::string(50, 'x')}) {
        sent_b += peer.send(piece);
        while (!is_closed(**server) && (*server)->statistics().received.received_b < sent_b) {
            std::this_thread::yield();
        }
    }
    const std::size_t after_b = resident_b();
    return after_b > before_b ? after_b - before_b : 0;
}

TEST(MessagingMemory, AClaimOfTwoToThe63HoldsASlabAtMost) {
    EXPECT_LE(held_for("length:u64be,strip:8", big_endian(std::uint64_t{1} << 63U, 8)),
              slab_b + constant_b);
    EXPECT_LE(held_for("length:u64be,strip:8", big_endian((std::uint64_t{1} << 63U) - 1, 8)),
              slab_b + constant_b);
}

TEST(MessagingMemory, AClaimOfTheMaximumHoldsASlabAtMost) {
    constexpr std::uint64_t largest_b = std::uint64_t{16} * 1024 * 1024;
    EXPECT_LE(held_for("length:u32be,strip:4", big_endian(largest_b - 4, 4)), slab_b + constant_b);
}

/// The size of messages, and how many of 1,000 bytes of payload may be copied.
using Copies = std::tuple<std::size_t, std::uint64_t>;

class MessagingCopies : public ::testing::TestWithParam<Copies> {};

TEST_P(MessagingCopies, OnlyWhatTheEndsOfSlabsCutIsCopied) {
    const auto [size, permille] = GetParam();
    const std::size_t count = std::size_t{100} * 1024 * 1024 / size;
    auto server = MessageServer::start(server_options());
    auto client = connect(**server);
    std::thread sending([&, size = size] {
        MessageSender sender = client->sender();
        const std::string text(size, 't');
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_TRUE(sender.send(bytes_of(text)));
        }
    });
    for (std::size_t i = 0; i < count; ++i) {
        const Result<Message> message = (*server)->receive();
        ASSERT_TRUE(message);
        ASSERT_EQ(message->size(), size);
    }
    sending.join();
    MessageCounts counts = (*server)->statistics().received;
    while (counts.payload_b < size * count) {  // as of the last packet
        counts = (*server)->statistics().received;
    }
    EXPECT_LE(counts.copied_b * 1000, counts.payload_b * permille)
        << 1000 * counts.copied_b / counts.payload_b << " of 1,000";
}

INSTANTIATE_TEST_SUITE_P(Sizes, MessagingCopies,
                         ::testing::Values(Copies{1024, 5}, Copies{65'536, 130},
                                           Copies{1'048'576, 5}));

}  // namespace
}  // namespace sluice::test
