// Any bytes are a CSV or are refused with reasons; what is accepted can be replayed twice over; and rows are the same
// whether the bytes come at once or in pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "doors/replay/replay_source.hpp"

namespace {

using namespace perigee;
using namespace perigee::doors::replay;

class pieces final : public csv::byte_source {
 public:
  pieces(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
  result<std::size_t> read_at(std::uint64_t position, byte_span into) override {
    return text_.read_at(position, into.first(std::min(step_, into.size())));
  }

 private:
  csv::text_source text_;
  std::size_t step_;
};

std::vector<std::string> rows_of(csv::byte_source& from) {
  csv::reader reader(from, ',');
  std::vector<std::string> out;
  for (;;) {
    const auto got = reader.next();
    if (got == csv::reader::outcome::end) return out;
    if (got == csv::reader::outcome::bad) {
      out.push_back(std::string(reader.problem().code) + std::to_string(reader.problem().column));
      continue;
    }
    for (const auto& field : reader.row()) out.emplace_back(field.text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text(byte_view(data, size)));
  csv::text_source whole(text);
  pieces slow(text, 1 + (size == 0 ? 0 : data[0] % 7));
  if (rows_of(whole) != rows_of(slow)) std::abort();
  replay_options options;
  options.topic = "t";
  options.speed = 0;
  options.loop = true;
  for (const auto time : {replay_time::now, replay_time::original}) {
    options.time = time;
    auto file = check_file(whole, options);
    if (!file) {
      if (file.error().empty() || render_all(file.error()).empty()) std::abort();
      return 0;
    }
    const auto rows = file->rows;
    replay_source source(whole, std::move(*file), options, {epoch(1), {}}, timestamp{1});
    std::uint64_t produced = 0;
    source.produce(timestamp{2'000'000'000}, [&](const model::record_view&) { return ++produced <= 2 * rows; });
    if (source.skipped() != 0) std::abort();
  }
  return 0;
}
