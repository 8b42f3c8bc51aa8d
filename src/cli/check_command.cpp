#include "cli/check_command.hpp"

#include <memory>
#include <string>

#include "sluice/app/run.hpp"

namespace sluice::cli {
namespace {

constexpr const char* check_footer = R"(Examples:
  sluice check pipeline.yaml

Shows the stages, who publishes and who subscribes, and the memory that it may need in the worst
case. Errors and warnings are lines on standard error, FILE:LINE:COLUMN first. Nothing is connected.

Exit status:
  0    it can be run
  64   wrong command line
  74   writing standard output failed
  78   wrong configuration; every error is told)";

}  // namespace

Command add_check(CLI::App& app) {
    const auto file = std::make_shared<std::string>();
    CLI::App* check = app.add_subcommand("check", "Judge a pipeline without running it");
    check->footer(check_footer);
    check->add_option("FILE", *file, "The pipeline, in YAML")->type_name("")->required();
    return {.parsed = check,
            .run = [file] { return app::check_command(*file, app::built_in_stages()); }};
}

}  // namespace sluice::cli
