// Any bytes are things that may be added, or faults that a person can act on.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.hpp"
#include "control/registry/import.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  namespace registry = control::registry;
  const auto read = registry::read_things(as_text(byte_view(data, size)));
  if (!read) {
    const auto told = [](const auto& f) {
      return f.line != 0 && f.column != 0 && !f.detail.empty() && !f.right.empty();
    };
    if (read.error().empty() || !std::ranges::all_of(read.error(), told)) std::abort();
    return 0;
  }
  const auto good = [](const auto& one) { return one.line > 1 && !registry::fault_of(one.made); };
  if (read->empty() || !std::ranges::all_of(*read, good)) std::abort();
  return 0;
}
