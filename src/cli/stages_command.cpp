#include "cli/stages_command.hpp"

#include <memory>
#include <string>

#include "sluice/app/run.hpp"

namespace sluice::cli {
namespace {

constexpr const char* stages_footer = R"(Examples:
  sluice stages               all of them
  sluice stages tcp_client    the keys of one

Exit status:
  0    it is printed
  64   wrong command line, or no such stage
  74   writing standard output failed)";

}  // namespace

Command add_stages(CLI::App& app) {
    const auto type = std::make_shared<std::string>();
    CLI::App* stages = app.add_subcommand("stages", "Show the stages that a pipeline can have");
    stages->footer(stages_footer);
    stages->add_option("TYPE", *type, "Only this one, such as tcp_client")->type_name("");
    return {.parsed = stages,
            .run = [type] { return app::stages_command(*type, app::built_in_stages()); }};
}

}  // namespace sluice::cli
