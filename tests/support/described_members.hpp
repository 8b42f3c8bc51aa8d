/// Whether the keys of a described struct stand for the members that they should.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

#include "sluice/core/describe.hpp"

namespace sluice::test {

/// A key, and the address of a member.
using DescribedMember = std::pair<std::string_view, const void*>;

/// Expects the description of T to have these keys, in this order and no others, for these members
/// of `object`. Keys are a contract: they are configuration files and JSON.
template <typename T>
void expect_members(const T& object, const std::vector<DescribedMember>& members) {
    const StructDescription& description = describe(TypeTag<T>{});
    ASSERT_EQ(description.fields().size(), members.size()) << description.name();
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Field& field = description.fields()[i];
        EXPECT_EQ(field.key, members[i].first) << description.name();
        EXPECT_EQ(field.in(&object), members[i].second)
            << description.name() << "." << field.key << " is another member";
    }
}

}  // namespace sluice::test
