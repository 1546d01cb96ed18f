// Any text is either refused with a position or evaluated, at an instant and over a range, without a fault; asked twice
// it answers the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "promql/fixture_test.hpp"

namespace {

using namespace perigee::promql;

/// Some series, and time for so many looks at the clock.
class hurried_source : public memory_source {
 public:
  bool out_of_time() override { return ++looks_ > 200; }

 private:
  int looks_ = 0;
};

hurried_source made() {
  hurried_source out;
  out.add({{"__name__", "up"}, {"job", "a"}, {"le", "1"}}, {0, 1, 1, 0, 1, 1}, 15);
  out.add({{"__name__", "up"}, {"job", "b"}, {"le", "+Inf"}}, {1, 1, 2, 3, 1, 7}, 15);
  out.add({{"__name__", "sent_total"}, {"job", "a"}}, {0, 10, 20, 5, 15, 25}, 15);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_selector(text);
  (void)parse_duration(text);
  const auto asked = query::parse(text);
  if (!asked) {
    if (asked.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto type : {0, 1}) {
    const auto answer = [&] {
      auto from = made();
      return to_text(type == 0 ? asked->at(from, 75'000) : asked->over(from, {10'000, 90'000, 20'000}));
    };
    if (answer() != answer()) std::abort();
  }
  return 0;
}
