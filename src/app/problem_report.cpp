#include "app/problem_report.hpp"

#include <cstdio>
#include <string>

#include "sluice/app/exit_status.hpp"

namespace sluice::app {

LoadedConfig load_config(const StageRegistry& registry, ConfigProblems& problems) {
    LoadedConfig loaded;
    loaded.document = ConfigDocument::load(problems);
    if (loaded.document) {
        loaded.pipeline = read_pipeline(*loaded.document, registry, problems);
    }
    return loaded;
}

int tell_problems(const ConfigProblems& problems) {
    std::string text;
    for (const ConfigProblem& problem : problems.list()) {
        text += to_string(problem) + "\n";
    }
    if (problems.omitted() > 0) {
        text += problems.file() + ": " + std::to_string(problems.omitted()) + " more problems\n";
    }
    static_cast<void>(std::fputs(text.c_str(), stderr));
    return problems.errors() == 0 ? exit_ok : exit_config;
}

}  // namespace sluice::app
