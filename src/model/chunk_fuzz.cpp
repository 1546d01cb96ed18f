// Any bytes as a chunk: refused or decoded, and what was decoded encodes to a chunk that decodes to the same rows. The
// CRC is mended first, so that inputs get behind it.

#include <bit>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "model/chunk.hpp"

using namespace perigee;

namespace {

/// A digest of rows: equal rows, equal digests.
class digest {
 public:
  void add(const model::chunk_row& row) {
    ++rows_;
    fold(static_cast<std::uint64_t>(row.time.ns));
    fold(row.value.index());
    fold(static_cast<std::uint64_t>(row.quality));
    if (const auto* x = std::get_if<double>(&row.value)) fold(std::bit_cast<std::uint64_t>(*x));
    if (const auto* x = std::get_if<std::int64_t>(&row.value)) fold(static_cast<std::uint64_t>(*x));
    if (const auto* x = std::get_if<bool>(&row.value)) fold(*x ? 1 : 0);
    if (const auto* x = std::get_if<std::string_view>(&row.value)) crc_ = crc32c(as_bytes(*x), crc_);
    if (const auto* x = std::get_if<byte_view>(&row.value)) crc_ = crc32c(*x, crc_);
  }
  bool operator==(const digest&) const = default;

 private:
  void fold(std::uint64_t x) { crc_ = crc32c({reinterpret_cast<const std::uint8_t*>(&x), sizeof x}, crc_); }

  std::size_t rows_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static model::chunk_decoder decoder;
  static model::chunk_encoder encoder;
  byte_buffer chunk(data, data + (size < 4 ? size : size - 4));
  const auto crc = crc32c(chunk);
  byte_writer(chunk).u32(crc);
  digest first;
  bool kept = true;
  const auto decoded = decoder.decode(chunk, [&](const model::chunk_row& row) {
    first.add(row);
    kept = kept && encoder.add(row).has_value();
  });
  byte_buffer again;
  encoder.finish(again);
  const auto numbers = decoder.numbers(chunk);
  PG_CHECK(numbers || !decoded, "a chunk decodes, and its numbers do not");
  if (!decoded || !kept) return 0;
  digest second;
  const auto repeated = decoder.decode(again, [&](const model::chunk_row& row) { second.add(row); });
  PG_CHECK(repeated && first == second, "a chunk changed on its way");
  return 0;
}
