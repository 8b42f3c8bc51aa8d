/// Runs a fuzz target over the files of a folder: what once was found stays found. Then over
/// changed copies of them, always the same, so that every build looks a little further, without
/// libFuzzer.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int mutants = 10'000;
constexpr std::size_t mutant_b_max = 2000;

std::string present;  // what the target has now

void run(std::string bytes) {
    present = std::move(bytes);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(present.data()), present.size());
}

/// So that what made the target abort can be put into its corpus.
void tell_present(int /*signal*/) {
    std::fputs("aborted with, in hexadecimal: ", stderr);
    for (const char byte : present) {
        std::fprintf(stderr, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    }
    std::fputs("\n", stderr);
}

class Mutator {
  public:
    explicit Mutator(const std::vector<std::string>& corpus) : corpus_(corpus) {}

    std::string next() {
        std::string bytes = any();
        for (std::size_t changes = below(6) + 1; changes > 0; --changes) {
            change(bytes);
        }
        bytes.resize(std::min(bytes.size(), mutant_b_max));
        return bytes;
    }

  private:
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_()) % end; }
    const std::string& any() { return corpus_[below(corpus_.size())]; }

    void change(std::string& bytes) {
        const std::size_t at = below(bytes.size() + 1);
        const std::size_t count = below(9);
        switch (below(5)) {
            case 0:
                bytes.insert(at, 1, static_cast<char>(below(256)));
                break;
            case 1:
                bytes.erase(at, count);
                break;
            case 2:  // of another one
                bytes.insert(at, any(), 0, count * count);
                break;
            case 3:  // again
                bytes.insert(at, bytes.substr(at, count * count));
                break;
            default:
                if (at < bytes.size()) {
                    constexpr char notable[] = {'\0', '\x01', '\x7f', '\x80', '\xff'};
                    const bool is_notable = below(2) == 0;
                    bytes[at] = is_notable ? notable[below(std::size(notable))]
                                           : static_cast<char>(below(256));
                }
        }
    }

    const std::vector<std::string>& corpus_;
    std::mt19937 random_{4711};
};

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> paths;
    if (argc == 2) {
        for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
            paths.push_back(entry.path());
        }
    }
    if (paths.empty()) {
        std::fputs("usage: TARGET_replay FOLDER, with at least one file in it\n", stderr);
        return 2;
    }
    std::sort(paths.begin(), paths.end());
    std::signal(SIGABRT, tell_present);
    std::vector<std::string> corpus;
    for (const std::filesystem::path& path : paths) {
        // Printed first, so that the last line names the file when the target aborts.
        std::printf("%s\n", path.c_str());
        std::fflush(stdout);
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        run(corpus.back());
    }
    Mutator mutator(corpus);
    for (int i = 0; i < mutants; ++i) {
        run(mutator.next());
    }
    return 0;
}
