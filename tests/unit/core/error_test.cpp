#include "sluice/core/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <utility>

namespace sluice {
namespace {

TEST(Errc, EveryCodeHasItsOwnSnakeCaseName) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < errc_count; ++i) {
        const std::string_view code_name = name(static_cast<Errc>(i));
        EXPECT_FALSE(code_name.empty()) << i;
        EXPECT_TRUE(std::all_of(code_name.begin(), code_name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || c == '_';
        })) << code_name;
        EXPECT_TRUE(names.insert(code_name).second) << code_name << " twice";
    }
}

TEST(Errc, NamesStandBesideTheirOwnCodes) {
    EXPECT_EQ(name(Errc::invalid_argument), "invalid_argument");
    EXPECT_EQ(name(Errc::no_interface), "no_interface");
    EXPECT_EQ(name(Errc::permission_denied), "permission_denied");
    EXPECT_EQ(name(Errc::peer_closed), "peer_closed");
    EXPECT_EQ(name(Errc::stopped), "stopped");
    EXPECT_EQ(name(Errc::would_block), "would_block");
    EXPECT_EQ(name(Errc::closed), "closed");
    EXPECT_EQ(name(Errc::limit_reached), "limit_reached");
    EXPECT_EQ(name(Errc::system), "system");
}

TEST(Errc, ErrnoBecomesTheCodeThatDescribesIt) {
    for (const auto& [number, code] :
         {std::pair{ECONNREFUSED, Errc::connection_refused},
          std::pair{EHOSTUNREACH, Errc::unreachable}, std::pair{ENETUNREACH, Errc::unreachable},
          std::pair{EADDRINUSE, Errc::address_in_use},
          std::pair{EADDRNOTAVAIL, Errc::address_unavailable},
          std::pair{EACCES, Errc::permission_denied}, std::pair{EPERM, Errc::permission_denied},
          std::pair{ECONNRESET, Errc::connection_reset}, std::pair{EPIPE, Errc::connection_reset},
          std::pair{ETIMEDOUT, Errc::peer_dead}, std::pair{EAGAIN, Errc::would_block},
          std::pair{EMFILE, Errc::limit_reached}, std::pair{ENOMEM, Errc::out_of_memory},
          std::pair{EIO, Errc::system}}) {
        EXPECT_EQ(name(errc_from_errno(number)), name(code)) << number;
        EXPECT_EQ(Error::from_errno(number).system_error(), number);
    }
}

TEST(Error, MessageGivesMeaningDetailAndTheKernelsWordsWhereTheyAddSomething) {
    EXPECT_EQ(Error(Errc::closed).message(), "closed");
    EXPECT_EQ(Error(Errc::too_large, "17 of 16 bytes").message(), "too large: 17 of 16 bytes");
    EXPECT_EQ(Error::from_errno(ECONNREFUSED).message(), "connection refused");
    EXPECT_EQ(Error::from_errno(EIO).message(), "system error (errno 5: Input/output error)");
    EXPECT_EQ(Error(Errc::system, 123456).message(), "system error (errno 123456: unknown)");
}

}  // namespace
}  // namespace sluice
