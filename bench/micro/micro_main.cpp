/// The main of every Google Benchmark program: understands --quick besides the library's options.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
    std::string quick = "--benchmark_min_time=0.001";
    std::vector<char*> arguments(argv, argv + argc);
    for (char*& argument : arguments) {
        if (std::string_view(argument) == "--quick") {
            argument = quick.data();
        }
    }
    benchmark::Initialize(&argc, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(argc, arguments.data())) {
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
