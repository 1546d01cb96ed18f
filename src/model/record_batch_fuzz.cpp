// Any bytes as a batch: refused or decoded, every record within its bounds, offsets ascending; and what was decoded
// encodes to a batch that decodes to the same records. The CRC is mended first, so that inputs get behind it.

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "model/record_batch.hpp"

using namespace perigee;

namespace {

std::uint32_t folded(std::uint32_t crc, log_offset at, const model::record_view& r) {
  byte_buffer bytes(model::encoded_size(r));
  model::encode(r, bytes);
  byte_writer(bytes).u64(at.value());
  return crc32c(bytes, crc);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static model::batch_decoder decoder;
  static model::batch_encoder encoder;
  byte_buffer block(data, data + (size < 4 ? size : size - 4));
  const auto mended = crc32c(block);
  byte_writer(block).u32(mended);
  std::uint32_t first = 0;
  bool kept = true;
  log_offset next;
  const auto decoded = decoder.decode(block, [&](log_offset at, const model::record_view& r) {
    PG_CHECK(at >= next && model::check_bounds(r).has_value(), "a decoder let a bad record through");
    next = at.next();
    first = folded(first, at, r);
    kept = kept && encoder.add(at, r).has_value();
  });
  const auto header = decoded ? model::peek_batch(block).value_or(model::batch_header{}) : model::batch_header{};
  byte_buffer again;
  encoder.finish(header.node, header.lane, header.journal_epoch, header.first, header.last, again);
  if (!decoded || !kept) return 0;
  std::uint32_t second = 0;
  const auto repeated =
      decoder.decode(again, [&](log_offset at, const model::record_view& r) { second = folded(second, at, r); });
  PG_CHECK(repeated && first == second, "a batch changed on its way");
  return 0;
}
