/// Whatever bytes a configuration has: it is read, or its problems are told on one line each, with
/// a position; and what was read without error obeys its description.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/app/read_struct.hpp"
#include "sluice/app/yaml.hpp"
#include "sluice/core/check.hpp"
#include "unit/app/sample_config.hpp"

namespace {

using sluice::app::ConfigDocument;
using sluice::app::ConfigNode;
using sluice::app::ConfigPosition;
using sluice::app::ConfigProblem;
using sluice::app::ConfigProblems;

std::size_t check_tree(const ConfigNode& node, std::size_t depth) {
    SLUICE_CHECK(depth <= ConfigDocument::depth_max, "nesting is limited");
    SLUICE_CHECK(node.value_position.line >= 1 && node.value_position.column >= 1,
                 "a value stands somewhere");
    std::size_t values = 1;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const ConfigNode& child = *node.children[i];
        SLUICE_CHECK(child.parent == &node && child.index == i, "children know their place");
        SLUICE_CHECK(node.kind == ConfigNode::Kind::sequence || node.find(child.key) == &child,
                     "each key is there once");
        values += check_tree(child, depth + 1);
    }
    return values;
}

void check_problem(const ConfigProblem& problem, ConfigPosition last) {
    SLUICE_CHECK(problem.position.line >= 1 && problem.position.column >= 1, "with a position");
    SLUICE_CHECK(!(problem.position < last), "in order");
    SLUICE_CHECK(!problem.message.empty(), "in words");
    const std::string line = to_string(problem);
    SLUICE_CHECK(std::all_of(line.begin(), line.end(),
                             [](char c) { return static_cast<unsigned char>(c) >= 0x20; }),
                 "on one line");
    SLUICE_CHECK(line.size() < 20'000, "however long the file's lines are");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > ConfigDocument::bytes_max) {
        return 0;  // refused as a whole, without a position
    }
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    ConfigProblems problems("fuzz.yaml");
    sluice::test::SampleConfig config;
    const auto document = ConfigDocument::parse(text, problems);
    SLUICE_CHECK(document || problems.errors() > 0, "without a document there is an error");
    if (document) {
        SLUICE_CHECK(check_tree(document->root(), 0) <= ConfigDocument::values_max,
                     "values are limited");
        const bool is_good = read_struct(document->root(), config, problems);
        SLUICE_CHECK(is_good || problems.errors() > 0, "a failure is told");
        SLUICE_CHECK(!is_good || (config.group_size >= 1 && config.group_size <= 65536),
                     "what was read is in range");
    }
    ConfigPosition last;
    for (const ConfigProblem& problem : problems.list()) {
        check_problem(problem, last);
        last = problem.position;
    }
    return 0;
}
