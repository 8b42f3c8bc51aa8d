#include "sluice/messages/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sluice {
namespace {

using nlohmann::json;

enum class Colour : std::uint8_t { red, green };

std::span<const std::string_view> enumerators(TypeTag<Colour>) {
    static constexpr std::array<std::string_view, 2> words{"red", "green"};
    return words;
}

struct Blob {
    std::vector<std::byte> content;
    [[nodiscard]] std::span<const std::byte> bytes() const { return content; }
};

struct Nothing {};
const StructDescription& describe(TypeTag<Nothing>) {
    static const StructDescription description = Describer<Nothing>("Nothing", "");
    return description;
}

struct Point {
    std::int64_t x = 0;
    std::uint64_t y = 0;
};
const StructDescription& describe(TypeTag<Point>) {
    static const StructDescription description =
        Describer<Point>("Point", "").field("x", &Point::x, "").field("y", &Point::y, "");
    return description;
}

struct Everything {
    bool flag = true;
    std::int8_t small = -5;
    double number = 0.1;
    float ratio = 0.1F;
    std::string text = "t";
    CpuSet processors;
    SystemTime time{Duration(1'700'000'000'123'456'789)};
    Colour colour = Colour::green;
    Blob blob;
    std::vector<Point> points;
    std::optional<int> limit;
    Nothing nothing;
};
const StructDescription& describe(TypeTag<Everything>) {
    static const StructDescription description =
        Describer<Everything>("Everything", "")
            .field("flag", &Everything::flag, "")
            .field("small", &Everything::small, "")
            .field("number", &Everything::number, "")
            .field("ratio", &Everything::ratio, "")
            .field("text", &Everything::text, "")
            .field("processors", &Everything::processors, "")
            .field("time", &Everything::time, "")
            .field("colour", &Everything::colour, "")
            .field("blob", &Everything::blob, "")
            .field("points", &Everything::points, "")
            .field("limit", &Everything::limit, "")
            .field("nothing", &Everything::nothing, "");
    return description;
}

template <typename T>
std::string value_json(const T& value) {
    std::string out;
    append_json(out, value_type<T>(), &value);
    return out;
}

std::string base64(std::string_view text) {
    Blob blob;
    for (const char c : text) {
        blob.content.push_back(static_cast<std::byte>(c));
    }
    return value_json(blob);
}

TEST(Json, KeysStandInTheOrderOfTheFields) {
    Everything object;
    object.points = {{-1, 2}, {}};
    object.blob.content = {std::byte{0xff}};
    std::string out = "> ";
    append_json(out, object);
    EXPECT_EQ(out,
              R"(> {"flag":true,"small":-5,"number":0.1,"ratio":0.1,"text":"t","processors":"",)"
              R"("time":1700000000123456789,"colour":"green","blob":"/w==",)"
              R"("points":[{"x":-1,"y":2},{"x":0,"y":0}],"limit":null,"nothing":{}})");
}

TEST(Json, IntegersKeepAllTheirDigits) {
    EXPECT_EQ(value_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(value_json(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    EXPECT_EQ(value_json(std::uint8_t{255}), "255");
}

TEST(Json, NumbersHaveTheFewestDigits) {
    EXPECT_EQ(value_json(1.0 / 3), "0.3333333333333333");
    EXPECT_EQ(value_json(1.0F / 3), "0.33333334");
    EXPECT_EQ(value_json(1e300), "1e+300");
    EXPECT_EQ(value_json(-0.0), "-0");
}

TEST(Json, WhatIsNotFiniteIsNull) {
    EXPECT_EQ(value_json(std::nan("")), "null");
    EXPECT_EQ(value_json(-std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(value_json(std::numeric_limits<float>::infinity()), "null");
}

TEST(Json, OptionalsAreTheirValueOrNull) {
    EXPECT_EQ(value_json(std::optional<bool>()), "null");
    EXPECT_EQ(value_json(std::optional(false)), "false");
}

TEST(Json, TextsAreEscaped) {
    const std::string text("q\" b\\ /\b\f\n\r\t\x01\x1f\x7f\0z \xC3\xBC\xF0\x9F\x98\x80", 24);
    EXPECT_EQ(value_json(text),
              "\"q\\\" b\\\\ /\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000z "
              "\xC3\xBC\xF0\x9F\x98\x80\"");
}

TEST(Json, EachInvalidPieceOfUtf8IsOneReplacement) {
    const std::string sign = "\xEF\xBF\xBD";
    EXPECT_EQ(value_json(std::string("a\xFFz")), "\"a" + sign + "z\"");
    EXPECT_EQ(value_json(std::string("\xF0\x9F\x98")), "\"" + sign + "\"");
    EXPECT_EQ(value_json(std::string("\xC0\xAF\"")), "\"" + sign + sign + "\\\"\"");
}

TEST(Json, BytesAreBase64) {
    // The test vectors of RFC 4648, 10.
    EXPECT_EQ(base64(""), "\"\"");
    EXPECT_EQ(base64("f"), "\"Zg==\"");
    EXPECT_EQ(base64("fo"), "\"Zm8=\"");
    EXPECT_EQ(base64("foo"), "\"Zm9v\"");
    EXPECT_EQ(base64("foob"), "\"Zm9vYg==\"");
    EXPECT_EQ(base64("fooba"), "\"Zm9vYmE=\"");
    EXPECT_EQ(base64("foobar"), "\"Zm9vYmFy\"");
    EXPECT_EQ(base64("\xFB\xFF\xBF"), "\"+/+/\"");
}

TEST(JsonProperty, ReadsBackAsTheSameValues) {
    EXPECT_TRUE(rc::check([](bool flag, double number, float ratio, std::int64_t x, std::uint64_t y,
                             const std::vector<std::uint8_t>& raw) {
        Everything object;
        object.flag = flag;
        object.number = number;
        object.ratio = ratio;
        object.points = {{x, y}};
        for (const std::uint8_t byte : raw) {
            object.blob.content.push_back(std::byte{byte});
        }
        std::string out;
        append_json(out, object);
        const json read = json::parse(out);
        RC_ASSERT(read["flag"].get<bool>() == flag);
        RC_ASSERT(!std::isfinite(number) || read["number"].get<double>() == number);
        RC_ASSERT(!std::isfinite(ratio) || read["ratio"].get<float>() == ratio);
        RC_ASSERT(read["points"][0]["x"].get<std::int64_t>() == x);
        RC_ASSERT(read["points"][0]["y"].get<std::uint64_t>() == y);
        RC_ASSERT(read["blob"].get<std::string>().size() == (raw.size() + 2) / 3 * 4);
    }));
}

TEST(JsonProperty, TextsReadAsNlohmannJsonReadsThem) {
    EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& raw) {
        const std::string text(raw.begin(), raw.end());
        const std::string theirs = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
        RC_ASSERT(json::parse(value_json(text)) == json::parse(theirs));
    }));
}

}  // namespace
}  // namespace sluice
