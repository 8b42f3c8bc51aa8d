#include "app/console.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <string>

namespace sluice::app {
namespace {

/// A console on a terminal of 40 columns and 10 lines, which passes everything on unchanged.
class ConsoleTest : public testing::Test {
  protected:
    ConsoleTest() {
        int controller = -1;
        int terminal = -1;
        termios raw{};
        ::cfmakeraw(&raw);
        winsize size{.ws_row = 10, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
        EXPECT_EQ(::openpty(&controller, &terminal, nullptr, &raw, &size), 0);
        EXPECT_EQ(::fcntl(controller, F_SETFL, O_NONBLOCK), 0);
        controller_ = sys::Descriptor(controller);
        console_.emplace(sys::Descriptor(terminal));
    }

    void narrow_to(unsigned short columns) {
        winsize size{.ws_row = 10, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        EXPECT_EQ(::ioctl(controller_.number(), TIOCSWINSZ, &size), 0);
    }

    std::string written() {
        std::string text;
        std::array<char, 4096> bytes{};
        ssize_t got = 0;
        while ((got = ::read(controller_.number(), bytes.data(), bytes.size())) > 0) {
            text.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return text;
    }

    sys::Descriptor controller_;
    std::optional<Console> console_;
};

TEST_F(ConsoleTest, KnowsTheSizeOfItsTerminal) {
    EXPECT_EQ(console_->size().columns, 40U);
    EXPECT_EQ(console_->size().lines, 10U);
}

TEST_F(ConsoleTest, ATableIsDrawnInThePlaceOfTheOneBefore) {
    console_->table({"one", "two"});
    EXPECT_EQ(written(), "one\ntwo\n");
    console_->table({"three"});
    EXPECT_EQ(written(), "\r\x1b[2A\x1b[Jthree\n");
    console_->table({});
    EXPECT_EQ(written(), "\r\x1b[1A\x1b[J");
    console_->table({});
    EXPECT_EQ(written(), "");
}

TEST_F(ConsoleTest, ALineStandsAboveTheTable) {
    console_->line("before");
    console_->table({"one", "two"});
    EXPECT_EQ(written(), "before\none\ntwo\n");
    console_->line("hello");
    EXPECT_EQ(written(), "\r\x1b[2A\x1b[Jhello\none\ntwo\n");
}

TEST_F(ConsoleTest, NoLineOfATableIsWiderThanTheTerminal) {
    console_->table({std::string(100, 'x')});
    EXPECT_EQ(written(), std::string(40, 'x') + "\n");
}

TEST_F(ConsoleTest, ATerminalThatBecameNarrowerBrokeTheLines) {
    console_->table({std::string(40, 'x'), "y"});
    static_cast<void>(written());
    narrow_to(15);
    console_->table({});
    EXPECT_EQ(written(), "\r\x1b[4A\x1b[J");
}

TEST_F(ConsoleTest, TheEndLeavesNoTable) {
    console_->table({"one"});
    static_cast<void>(written());
    EXPECT_EQ(console_->finish({}), 0U);
    EXPECT_EQ(written(), "\r\x1b[1A\x1b[J");
}

TEST(ConsoleOnAPipe, LinesThatNobodyReadsAreCountedAndToldLater) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const sys::Descriptor reader(ends[0]);
    Console console{sys::Descriptor(ends[1])};
    const std::string line(1023, 'x');
    constexpr std::size_t lines = 3000;
    for (std::size_t i = 0; i < lines; ++i) {
        console.line(line);  // would wait for ever if it waited
    }
    std::string text;
    std::array<char, 65536> bytes{};
    while (text.find("shown\n") == std::string::npos) {
        const ssize_t got = ::read(reader.number(), bytes.data(), bytes.size());
        ASSERT_GT(got, 0);
        text.append(bytes.data(), static_cast<std::size_t>(got));
        console.line("more");
    }
    const std::size_t told = text.find(" lines were not shown\n");
    ASSERT_NE(told, std::string::npos);
    const std::size_t begin = text.rfind('\n', told) + 1;
    const std::size_t dropped = std::stoul(text.substr(begin, told - begin));
    std::size_t shown = 0;
    for (std::size_t at = 0; (at = text.find(line + "\n", at)) != std::string::npos; ++at) {
        ++shown;
    }
    EXPECT_GE(shown + dropped, lines);  // `more` may have been dropped too
    EXPECT_LT(shown, lines);
}

TEST(ConsoleOnAPipe, CatchesUpAsSoonAsThereIsRoom) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const sys::Descriptor reader(ends[0]);
    const int capacity = ::fcntl(ends[1], F_GETPIPE_SZ);
    const std::string fill(static_cast<std::size_t>(capacity), 'x');
    ASSERT_EQ(::write(ends[1], fill.data(), fill.size()), capacity);
    Console console{sys::Descriptor(ends[1])};
    console.line("behind");
    std::string text(fill.size(), ' ');
    ASSERT_EQ(::read(reader.number(), text.data(), text.size()), capacity);
    EXPECT_EQ(text, fill);
    console.catch_up({});
    ASSERT_EQ(::read(reader.number(), text.data(), text.size()), 7);
    EXPECT_EQ(text.substr(0, 7), "behind\n");
}

TEST(ConsoleOnAPipe, HasNoSize) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const sys::Descriptor reader(ends[0]);
    const sys::Descriptor writer(ends[1]);
    EXPECT_FALSE(terminal_size(writer.number()).has_value());
}

}  // namespace
}  // namespace sluice::app
