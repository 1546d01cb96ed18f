#include "model/chunk.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "model/detail/doubles.hpp"
#include "model/detail/integers.hpp"
#include "model/detail/texts.hpp"

namespace perigee::model {
namespace {

constexpr std::uint8_t chunk_version = 1;
constexpr std::size_t crc_bytes = 4;

// The number of an alternative in value_view is its number in the format.
enum type : std::uint8_t { type_null, type_double, type_integer, type_bool, type_text, type_bytes, type_count };
static_assert(std::variant_size_v<value_view> == type_count);

// Type and quality of a row in one byte.
constexpr unsigned quality_bits = 2;
std::uint8_t kind_of(const chunk_row& row) {
  return static_cast<std::uint8_t>(row.value.index() << quality_bits | static_cast<std::uint8_t>(row.quality));
}
std::int64_t type_of(std::uint8_t kind) { return kind >> quality_bits; }
std::int64_t quality_of(std::uint8_t kind) { return kind & ((1U << quality_bits) - 1); }

std::size_t text_bytes(const value_view& v) {
  if (const auto* text = std::get_if<std::string_view>(&v)) return text->size();
  if (const auto* bytes = std::get_if<byte_view>(&v)) return bytes->size();
  return 0;
}

}  // namespace

struct chunk_encoder::state {
  detail::squeezer squeezer;
  detail::integer_writer integers{squeezer};
  detail::double_writer doubles{squeezer, integers};
  detail::text_writer texts{squeezer, integers};
  std::vector<std::int64_t> times;
  std::vector<std::uint8_t> kinds;  // type and quality; nearly always all the same
  std::vector<std::int64_t> column;
  std::vector<double> double_values;
  std::vector<std::int64_t> integer_values;
  std::vector<std::int64_t> bool_values;
  std::size_t bytes = 0;
  bool uniform = true;  // every kind is the first one

  void keep(const value_view& v) {
    switch (v.index()) {
      case type_double: return double_values.push_back(std::get<double>(v));
      case type_integer: return integer_values.push_back(std::get<std::int64_t>(v));
      case type_bool: return bool_values.push_back(std::get<bool>(v) ? 1 : 0);
      case type_text: return texts.add(std::get<std::string_view>(v));
      case type_bytes: return texts.add(as_text(std::get<byte_view>(v)));
      default: return;
    }
  }
  /// One column: what `part` takes out of each kind.
  void write_kinds(byte_buffer& out, std::int64_t (*part)(std::uint8_t)) {
    if (kinds.empty()) return;
    if (uniform) return integers.write_same(part(kinds.front()), out);
    column.clear();
    for (const auto kind : kinds) column.push_back(part(kind));
    integers.write(column, out);
  }
  void clear() {
    for (auto* of : {&times, &integer_values, &bool_values}) of->clear();
    kinds.clear();
    double_values.clear();
    bytes = 0;
    uniform = true;
  }
};

chunk_encoder::chunk_encoder() : state_(std::make_unique<state>()) {}
chunk_encoder::~chunk_encoder() = default;
chunk_encoder::chunk_encoder(chunk_encoder&&) noexcept = default;
chunk_encoder& chunk_encoder::operator=(chunk_encoder&&) noexcept = default;

result<> chunk_encoder::add(const chunk_row& row) {
  auto& s = *state_;
  if (s.times.size() >= limits::chunk_rows_max) return fail(errc::full, "the chunk has 8,192 rows");
  const auto bytes = s.bytes + text_bytes(row.value);
  if (bytes > limits::chunk_bytes_max) return fail(errc::full, "the chunk has 1 MiB of texts");
  s.bytes = bytes;
  s.times.push_back(row.time.ns);
  s.kinds.push_back(kind_of(row));
  s.uniform = s.uniform && s.kinds.back() == s.kinds.front();
  s.keep(row.value);
  return {};
}

std::size_t chunk_encoder::rows() const { return state_->times.size(); }

void chunk_encoder::finish(byte_buffer& out) {
  auto& s = *state_;
  const auto begin = out.size();
  byte_writer to(out);
  to.u8(chunk_version);
  to.varint(s.times.size());
  s.integers.write(s.times, out);
  s.write_kinds(out, type_of);
  s.write_kinds(out, quality_of);
  s.doubles.write(s.double_values, out);
  s.integers.write(s.integer_values, out);
  s.integers.write(s.bool_values, out);
  if (s.texts.size() != 0) s.texts.write(out);
  to.u32(crc32c(byte_view(out).subspan(begin)));
  s.clear();
}

struct chunk_decoder::state {
  detail::unsqueezer unsqueezer;
  detail::integer_reader integers{unsqueezer};
  detail::double_reader doubles{unsqueezer, integers};
  detail::text_reader texts{unsqueezer, integers};
  std::vector<std::int64_t> times;
  std::vector<std::int64_t> types;
  std::vector<std::int64_t> qualities;
  std::vector<double> double_values;
  std::vector<std::int64_t> integer_values;
  std::vector<std::int64_t> bool_values;
  std::vector<byte_view> text_values;

  std::vector<double> mixed;  // numbers of several types
  std::array<std::size_t, type_count> rows_of{};

  /// Checks everything but the columns, which `in` then stands before.
  static result<byte_reader> open(byte_view chunk, std::size_t& rows) {
    if (chunk.size() < crc_bytes + 1) return fail(errc::malformed, "the chunk is cut short");
    const auto body = chunk.first(chunk.size() - crc_bytes);
    if (byte_reader(chunk.last(crc_bytes)).u32() != crc32c(body)) {
      return fail(errc::corrupt, "the chunk's CRC is wrong");
    }
    byte_reader in(body);
    if (in.u8() > chunk_version) return fail(errc::unsupported, "the chunk was written by a newer version");
    const auto said = in.varint();
    if (said > limits::chunk_rows_max) return fail(errc::too_large, "the chunk has more than 8,192 rows");
    rows = static_cast<std::size_t>(said);
    return in;
  }

  /// Every column but that of texts; false where one is malformed.
  bool read_numbers(byte_reader& in, std::size_t rows) {
    if (!integers.read(in, rows, times) || !integers.read(in, rows, types) || !integers.read(in, rows, qualities)) {
      return false;
    }
    rows_of.fill(0);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto type = static_cast<std::uint64_t>(types[i]);
      if (type >= type_count || static_cast<std::uint64_t>(qualities[i]) > 2) return false;
      ++rows_of[type];
    }
    return doubles.read(in, rows_of[type_double], double_values) &&
           integers.read(in, rows_of[type_integer], integer_values) &&
           integers.read(in, rows_of[type_bool], bool_values);
  }
  [[nodiscard]] std::size_t texts_here() const { return rows_of[type_text] + rows_of[type_bytes]; }
  bool read_texts(byte_reader& in) {
    return texts_here() == 0 || texts.read(in, texts_here(), limits::chunk_bytes_max, text_values);
  }

  number_columns give_numbers() {
    if (double_values.size() == times.size()) return {times, double_values, qualities_if_any(times.size())};
    mixed.resize(times.size());
    std::size_t to = 0;
    const auto* next_double = double_values.data();
    const auto* next_integer = integer_values.data();
    const auto* next_bool = bool_values.data();
    for (std::size_t i = 0; i < times.size(); ++i) {
      switch (types[i]) {
        case type_double: mixed[to] = *next_double++; break;
        case type_integer: mixed[to] = static_cast<double>(*next_integer++); break;
        case type_bool: mixed[to] = *next_bool++ != 0 ? 1 : 0; break;
        default: continue;
      }
      times[to] = times[i];
      qualities[to++] = qualities[i];
    }
    return {std::span(times).first(to), std::span(mixed).first(to), qualities_if_any(to)};
  }
  [[nodiscard]] std::span<const std::int64_t> qualities_if_any(std::size_t rows) const {
    const auto all = std::span(qualities).first(rows);
    const bool good = std::ranges::all_of(all, [](auto q) { return q == static_cast<int>(quality::good); });
    return good ? std::span<const std::int64_t>() : all;
  }

  void give(sink each) {
    std::size_t doubles_at = 0;
    std::size_t integers_at = 0;
    std::size_t bools_at = 0;
    std::size_t texts_at = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      chunk_row row{timestamp{times[i]}, {}, static_cast<model::quality>(qualities[i])};
      switch (types[i]) {
        case type_double: row.value = double_values[doubles_at++]; break;
        case type_integer: row.value = integer_values[integers_at++]; break;
        case type_bool: row.value = bool_values[bools_at++] != 0; break;
        case type_text: row.value = as_text(text_values[texts_at++]); break;
        case type_bytes: row.value = text_values[texts_at++]; break;
        default: break;
      }
      each(row);
    }
  }
};

chunk_decoder::chunk_decoder() : state_(std::make_unique<state>()) {}
chunk_decoder::~chunk_decoder() = default;
chunk_decoder::chunk_decoder(chunk_decoder&&) noexcept = default;
chunk_decoder& chunk_decoder::operator=(chunk_decoder&&) noexcept = default;

result<> chunk_decoder::decode(byte_view chunk, sink each) {
  std::size_t rows = 0;
  PG_TRY(auto in, state::open(chunk, rows));
  if (!in.ok() || !state_->read_numbers(in, rows) || !state_->read_texts(in) || !in.done()) {
    return fail(errc::malformed, "the chunk's columns do not parse");
  }
  state_->give(each);
  return {};
}

result<number_columns> chunk_decoder::numbers(byte_view chunk) {
  std::size_t rows = 0;
  PG_TRY(auto in, state::open(chunk, rows));
  if (!in.ok() || !state_->read_numbers(in, rows) || (state_->texts_here() == 0 && !in.done())) {
    return fail(errc::malformed, "the chunk's columns do not parse");
  }
  return state_->give_numbers();
}

}  // namespace perigee::model
