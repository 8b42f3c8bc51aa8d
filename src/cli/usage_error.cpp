#include "cli/usage_error.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string_view>
#include <vector>

#include "sluice/app/exit_status.hpp"

namespace sluice::cli {
namespace {

// Further apart, two words are not the same one with a slip of the finger.
constexpr std::size_t distance_max = 3;

/// How many characters must be inserted, removed or replaced to make `b` of `a` (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({row[k] + 1, row[k - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        if (!option->get_positional()) {
            names.push_back(option->get_lnames().empty() ? "-" + option->get_snames().front()
                                                         : "--" + option->get_lnames().front());
        }
    }
    return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) {
        names.push_back(command->get_name());
    }
    return names;
}

/// "unknown KIND "GIVEN"; did you mean NEAREST?", or all the names if none is near.
std::string unknown(const std::string& kind, const std::string& given,
                    const std::vector<std::string>& names) {
    const auto nearest = std::min_element(names.begin(), names.end(),
                                          [&given](const std::string& a, const std::string& b) {
                                              return distance(given, a) < distance(given, b);
                                          });
    std::string text = "unknown " + kind + " \"" + given + "\"; ";
    if (distance(given, *nearest) <= distance_max && given.size() > distance_max) {
        return text + "did you mean " + *nearest + "?";
    }
    return text + "allowed are " + CLI::detail::join(names, ", ");
}

}  // namespace

std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<CLI::App*> parsed = app.get_subcommands();
    const CLI::App& command = parsed.empty() ? app : *parsed.front();
    const std::vector<std::string> left = app.remaining(true);
    const auto option = std::find_if(left.begin(), left.end(), [](const std::string& argument) {
        return argument.size() > 1 && argument.front() == '-';
    });
    if (option != left.end()) {
        return unknown("option", *option, option_names(command));
    }
    if (!left.empty() && parsed.empty()) {
        return unknown("command", left.front(), command_names(app));
    }
    if (!left.empty()) {
        return "\"" + left.front() + "\" is one argument too many";
    }
    return error.what();
}

Error of_option(const std::string& option, const Error& error) {
    return Error(error.code(), option + " " + error.detail());
}

int refuse(const std::string& message, const std::string& command) {
    std::fprintf(stderr, "sluice: %s\nRun `%s --help` for more.\n", message.c_str(),
                 command.c_str());
    return app::exit_usage;
}

}  // namespace sluice::cli
