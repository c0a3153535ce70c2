// Runs a fuzz target without a fuzzer: every file of a corpus folder, then mutations of them, the same ones each time.
//
//   NAME_fuzz FOLDER [MUTATIONS]     (default 3,000)
//
// What crashes is written to ./crash-input. The real fuzzers are built by `make
// fuzz`.
#include <signal.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937;  // the standard fixes its numbers: every machine makes the same mutations

const std::string* current_input = nullptr;

void save_input() {
  FILE* file = std::fopen("crash-input", "wb");
  if (file == nullptr) return;
  std::fwrite(current_input->data(), 1, current_input->size(), file);
  std::fclose(file);
  std::fputs("the input that crashed is in ./crash-input\n", stderr);
}

// Under a sanitizer its own report comes first, elsewhere the signal tells.
void save_input_on_crash() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(save_input);
#else
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) {
    signal(number, [](int caught) {
      save_input();
      signal(caught, SIG_DFL);
      raise(caught);
    });
  }
#endif
}

void run(const std::string& input) {
  current_input = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::size_t below(Random& random, std::size_t bound) {
  return bound == 0 ? 0 : random() % bound;
}

// One to eight small changes: a flipped bit, a replaced, removed or repeated stretch, a cut end, a piece of another
// seed.
std::string mutate(std::string input, const std::vector<std::string>& seeds, Random& random) {
  for (std::size_t change = below(random, 8) + 1; change > 0; --change) {
    const std::size_t at = below(random, input.size() + 1);
    const std::size_t length = std::min(below(random, 32) + 1, input.size() - at);
    switch (random() % 6) {
      case 0:
        if (length > 0) input[at] = static_cast<char>(input[at] ^ (1 << (random() % 8)));
        break;
      case 1:
        input.insert(at, 1, static_cast<char>(random() % 256));
        break;
      case 2:
        input.erase(at, length);
        break;
      case 3:
        input.insert(at, input.substr(at, length));
        break;
      case 4:
        if (random() % 8 == 0) input.resize(at);
        break;
      case 5: {
        const std::string& other = seeds[below(random, seeds.size())];
        const std::size_t from = below(random, other.size() + 1);
        input.replace(at, length, other.substr(from, below(random, 64)));
        break;
      }
    }
  }
  return input;
}

std::vector<std::string> read_seeds(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER [MUTATIONS]\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> seeds = read_seeds(argv[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s holds no seeds\n", argv[1]);
    return 1;
  }
  const int mutations = argc > 2 ? std::atoi(argv[2]) : 3000;
  save_input_on_crash();
  const std::string nothing;
  run(nothing);
  for (const std::string& seed : seeds) run(seed);
  Random random(20190614);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time, on purpose
  for (int i = 0; i < mutations; ++i) {
    const std::string input = mutate(seeds[below(random, seeds.size())], seeds, random);
    run(input);
  }
  std::printf("%zu seeds and %d mutations\n", seeds.size(), mutations);
  return 0;
}
