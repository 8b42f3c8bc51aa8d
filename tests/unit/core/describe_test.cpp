#include "sluice/core/describe.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

namespace sluice {
namespace {

enum class Colour : std::uint8_t { red, green };

std::span<const std::string_view> enumerators(TypeTag<Colour>) {
    static constexpr std::array<std::string_view, 2> words{"red", "green"};
    return words;
}

struct Blob {
    std::array<std::byte, 2> content{std::byte{1}, std::byte{2}};
    [[nodiscard]] std::span<const std::byte> bytes() const { return content; }
};

struct Point {
    int x = 3;
    std::uint8_t y = 4;
};

const StructDescription& describe(TypeTag<Point>) {
    static const StructDescription description = Describer<Point>("Point", "A place.")
                                                     .field("x", &Point::x, "Right.")
                                                     .required()
                                                     .field("y", &Point::y, "Up.")
                                                     .range(1, 9)
                                                     .unit("metres");
    return description;
}

/// Written as "wide", or with its keys.
struct Size {
    int wide = 1;

    static Result<Size> parse(std::string_view text) {
        return text == "wide" ? Result<Size>(Size{9}) : Error(Errc::invalid_argument, "not wide");
    }
    [[nodiscard]] std::string to_string() const { return wide == 9 ? "wide" : "small"; }
};

const StructDescription& describe(TypeTag<Size>) {
    static const StructDescription description =
        Describer<Size>("Size", "")
            .field("wide", &Size::wide, "")
            .short_text<&Size::parse, &Size::to_string>("wide or small");
    return description;
}

struct Everything {
    bool flag = true;
    std::int8_t small = -5;
    std::uint64_t large = 7;
    float ratio = 0.5F;
    std::string name = "n";
    Address address;
    CpuSet processors;
    SystemTime time{Duration(12)};
    Colour colour = Colour::green;
    Blob blob;
    std::vector<Point> points;
    std::optional<double> limit;
};

void check_everything(const Everything& object, std::vector<Complaint>& complaints) {
    if (!object.flag) {
        complaints.push_back({Complaint::Severity::warning, "flag", "is false"});
    }
}

const StructDescription& describe(TypeTag<Everything>) {
    static const StructDescription description =
        Describer<Everything>("Everything", "One of each.")
            .field("flag", &Everything::flag, "")
            .field("small", &Everything::small, "")
            .field("large", &Everything::large, "")
            .field("ratio", &Everything::ratio, "")
            .field("name", &Everything::name, "")
            .field("address", &Everything::address, "")
            .field("processors", &Everything::processors, "")
            .field("time", &Everything::time, "")
            .field("colour", &Everything::colour, "")
            .field("blob", &Everything::blob, "")
            .field("points", &Everything::points, "")
            .field("limit", &Everything::limit, "")
            .range(0, 1)
            .check(&check_everything);
    return description;
}

const Field& field(std::string_view key) {
    return *describe(TypeTag<Everything>{}).find(key);
}

template <typename Kind>
const Kind& kind(std::string_view key) {
    return std::get<Kind>(field(key).type->kind);
}

/// Something that neither copies nor has defaults.
struct Handle {
    explicit Handle(int given) : number(given) {}
    int number;
};

TEST(Describe, FieldsKeepTheirOrderAndWhatWasSaidOfThem) {
    const StructDescription& point = describe(TypeTag<Point>{});
    EXPECT_EQ(point.name(), "Point");
    EXPECT_EQ(point.text(), "A place.");
    ASSERT_EQ(point.fields().size(), 2U);
    const Field& x = point.fields()[0];
    const Field& y = point.fields()[1];
    EXPECT_EQ(std::tuple(x.key, x.text, x.unit, x.is_required),
              std::tuple("x", "Right.", "", true));
    EXPECT_EQ(std::tuple(y.key, y.text, y.unit, y.is_required),
              std::tuple("y", "Up.", "metres", false));
    EXPECT_EQ(std::pair(y.minimum, y.maximum), std::pair(1.0, 9.0));
    EXPECT_LT(x.minimum, -1e300);
    EXPECT_GT(x.maximum, 1e300);
}

TEST(Describe, FindsAFieldByItsWholeKey) {
    EXPECT_EQ(field("points").key, "points");
    for (const std::string_view absent : {"", "point", "pointss", "Points"}) {
        EXPECT_EQ(describe(TypeTag<Everything>{}).find(absent), nullptr) << absent;
    }
}

TEST(Describe, ReachesIntoTheGivenObject) {
    Point first;
    Point second;
    const Field& x = *describe(TypeTag<Point>{}).find("x");
    EXPECT_EQ(x.locate(&first), &first.x);
    EXPECT_EQ(x.in(&second), &second.x);
}

TEST(Describe, BooleansLoadAndStore) {
    bool value = false;
    kind<BooleanType>("flag").store(&value, true);
    EXPECT_TRUE(value);
    EXPECT_TRUE(kind<BooleanType>("flag").load(&value));
}

TEST(Describe, IntegersKnowTheirBitsAndSign) {
    std::int8_t small = 0;
    kind<IntegerType>("small").store(&small, -128);
    EXPECT_EQ(small, -128);
    EXPECT_EQ(kind<IntegerType>("small").load(&small), -128);
    EXPECT_EQ(kind<IntegerType>("small").bits, 8);
    EXPECT_TRUE(kind<IntegerType>("small").is_signed);
    EXPECT_EQ(kind<IntegerType>("large").bits, 64);
    EXPECT_FALSE(kind<IntegerType>("large").is_signed);
}

TEST(Describe, TimesAreIntegersOfNanoseconds) {
    SystemTime time;
    kind<IntegerType>("time").store(&time, 99);
    EXPECT_EQ(time, SystemTime(Duration(99)));
    EXPECT_EQ(kind<IntegerType>("time").load(&time), 99);
}

TEST(Describe, RealsLoadAndStore) {
    float ratio = 0;
    kind<RealType>("ratio").store(&ratio, 0.25);
    EXPECT_EQ(ratio, 0.25F);
    EXPECT_EQ(kind<RealType>("ratio").load(&ratio), 0.25);
    EXPECT_EQ(kind<RealType>("ratio").bits, 32);
}

TEST(Describe, TextsAppendWhenPrintedAndReplaceWhenParsed) {
    std::string name = "old";
    ASSERT_TRUE(kind<TextType>("name").parse(&name, "new"));
    std::string out = "> ";
    kind<TextType>("name").print(&name, out);
    EXPECT_EQ(out, "> new");
    EXPECT_FALSE(kind<TextType>("name").accepts_numbers);
}

TEST(Describe, AddressesParseOrSayWhatIsAllowed) {
    Address address;
    const TextType& type = kind<TextType>("address");
    ASSERT_TRUE(type.parse(&address, "sensor:7502"));
    std::string out;
    type.print(&address, out);
    EXPECT_EQ(out, "sensor:7502");
    const Result<void> refused = type.parse(&address, "sensor");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_address);
    EXPECT_EQ(address.host(), "sensor") << "a refusal changes nothing";
}

TEST(Describe, ProcessorsParseAndTheEmptyTextMeansAll) {
    CpuSet processors;
    const TextType& type = kind<TextType>("processors");
    EXPECT_TRUE(type.accepts_numbers);
    ASSERT_TRUE(type.parse(&processors, "0,2-3"));
    EXPECT_EQ(processors.to_string(), "0,2-3");
    EXPECT_FALSE(type.parse(&processors, "1024"));
    ASSERT_TRUE(type.parse(&processors, ""));
    EXPECT_TRUE(processors.empty());
}

TEST(Describe, EnumerationsCountTheirWordsFromZero) {
    Colour colour = Colour::red;
    const EnumerationType& type = kind<EnumerationType>("colour");
    ASSERT_EQ(type.names.size(), 2U);
    EXPECT_EQ(type.names[1], "green");
    type.store(&colour, 1);
    EXPECT_EQ(colour, Colour::green);
    EXPECT_EQ(type.load(&colour), 1U);
}

TEST(Describe, BytesAreBorrowed) {
    const Blob blob;
    const std::span<const std::byte> bytes = kind<BytesType>("blob").load(&blob);
    EXPECT_EQ(bytes.data(), blob.content.data());
    EXPECT_EQ(bytes.size(), 2U);
}

TEST(Describe, ListsGrowByDefaultElements) {
    std::vector<Point> points;
    const ListType& type = kind<ListType>("points");
    void* first = type.append(&points);
    EXPECT_EQ(first, points.data());
    static_cast<Point*>(type.append(&points))->x = 8;
    ASSERT_EQ(type.size(&points), 2U);
    EXPECT_EQ(points[0].x, 3);
    EXPECT_EQ(type.at(&points, 1), &points[1]);
    EXPECT_EQ(points[1].x, 8);
    type.clear(&points);
    EXPECT_TRUE(points.empty());
}

TEST(Describe, OptionalsAreEmptyUntilEmplaced) {
    std::optional<double> limit;
    const OptionalType& type = kind<OptionalType>("limit");
    EXPECT_EQ(type.load(&limit), nullptr);
    void* value = type.emplace(&limit);
    ASSERT_TRUE(limit);
    EXPECT_EQ(value, &*limit);
    EXPECT_EQ(type.load(&limit), &*limit);
}

TEST(Describe, StructsNest) {
    const ValueType& element = *kind<ListType>("points").element;
    EXPECT_EQ(std::get<StructType>(element.kind).description, &describe(TypeTag<Point>{}));
}

TEST(Describe, TypesHaveNamesForPeople) {
    const std::vector<std::pair<std::string_view, std::string>> names{
        {"flag", "boolean"},    {"small", "integer"},
        {"ratio", "number"},    {"name", "text"},
        {"address", "address"}, {"processors", "processors"},
        {"time", "integer"},    {"colour", "word"},
        {"blob", "bytes"},      {"points", "list of Point"},
        {"limit", "number"},
    };
    for (const auto& [key, name] : names) {
        EXPECT_EQ(field(key).type->name, name) << key;
    }
}

TEST(Describe, OneTypeHasOneObject) {
    EXPECT_EQ(&value_type<Point>(), kind<ListType>("points").element);
    EXPECT_NE(&value_type<int>(), &value_type<unsigned>());
}

TEST(Describe, DefaultsAreThoseOfADefaultObject) {
    const StructDescription& point = describe(TypeTag<Point>{});
    ASSERT_NE(point.defaults(), nullptr);
    EXPECT_EQ(static_cast<const Point*>(point.defaults())->x, 3);
    const StructDescription handle =
        Describer<Handle>("Handle", "").field("number", &Handle::number, "");
    EXPECT_EQ(handle.defaults(), nullptr);
}

TEST(Describe, AStructMayHaveAShortText) {
    EXPECT_EQ(describe(TypeTag<Point>{}).short_text(), nullptr);
    const TextType* const text = describe(TypeTag<Size>{}).short_text();
    ASSERT_NE(text, nullptr);
    EXPECT_EQ(text->form, "wide or small");
    Size size;
    std::string out = "> ";
    text->print(&size, out);
    EXPECT_EQ(out, "> small");
    EXPECT_EQ(text->parse(&size, "huge").error().detail(), "not wide");
    EXPECT_EQ(size.wide, 1) << "a refusal changes nothing";
    ASSERT_TRUE(text->parse(&size, "wide"));
    EXPECT_EQ(size.wide, 9);
}

TEST(Describe, CheckAddsItsComplaints) {
    Everything object;
    std::vector<Complaint> complaints;
    describe(TypeTag<Everything>{}).check(&object, complaints);
    describe(TypeTag<Point>{}).check(&object.points, complaints);
    EXPECT_TRUE(complaints.empty());
    object.flag = false;
    describe(TypeTag<Everything>{}).check(&object, complaints);
    ASSERT_EQ(complaints.size(), 1U);
    EXPECT_EQ(complaints[0].severity, Complaint::Severity::warning);
    EXPECT_EQ(complaints[0].key, "flag");
}

TEST(DescribeDeathTest, AKeyTwiceIsABug) {
    EXPECT_DEATH(Describer<Point>("", "").field("x", &Point::x, "").field("x", &Point::y, ""),
                 "each key once");
}

TEST(DescribeDeathTest, ARangeIsOfNumbersAndHasAnInside) {
    EXPECT_DEATH(Describer<Everything>("", "").field("name", &Everything::name, "").range(0, 1),
                 "a range is of numbers");
    EXPECT_DEATH(Describer<Point>("", "").field("x", &Point::x, "").range(1, 0), "an inside");
    EXPECT_DEATH(Describer<Point>("", "").required(), "field comes first");
}

}  // namespace
}  // namespace sluice
