// Replays every file of the folders named on the command line through a fuzz target once: the smoke run of `make test`.
// From each file it also makes 200 seeded mutations, so that a small corpus still reaches the error paths.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using bytes = std::vector<std::uint8_t>;

bytes mutated(bytes input, perigee::prng& random) {
  for (auto edits = 1 + random.below(4); edits-- > 0;) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(input.size() + 1));
    const auto byte = static_cast<std::uint8_t>(random.next());
    switch (random.below(4)) {
      case 0: input.insert(input.begin() + at, byte); break;
      case 1: input.resize(static_cast<std::size_t>(at)); break;
      default:
        if (at < std::ssize(input)) input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << (byte % 8));
    }
  }
  return input;
}

void run(const bytes& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

}  // namespace

int main(int argc, char** argv) {
  perigee::prng random(1);
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      const bytes input{std::istreambuf_iterator<char>(in), {}};
      run(input);
      for (int n = 0; n < 200; ++n) run(mutated(input, random));
      ++files;
    }
  }
  std::printf("%d corpus files, %d inputs\n", files, files * 201);
  return files == 0 ? 1 : 0;
}
