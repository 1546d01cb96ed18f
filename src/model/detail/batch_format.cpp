#include "model/detail/batch_format.hpp"

#include "base/crc32c.hpp"

namespace perigee::model::detail {
namespace {

enum flag : std::uint8_t { flag_retain = 1, flag_qos_shift = 1, flags_end = 8 };

}  // namespace

void write_envelope(const record_view& r, byte_buffer& out) {
  byte_writer to(out);
  to.u8(static_cast<std::uint8_t>(r.kind));
  to.u8(static_cast<std::uint8_t>((r.retain ? flag_retain : 0) | (r.qos << flag_qos_shift)));
  to.varint(r.epoch.value());
  to.sized(r.topic);
  to.sized(r.source);
  to.sized(r.properties);
}

bool read_envelope(byte_view in, record_view& out) {
  byte_reader r(in);
  const auto kind = r.u8();
  const auto flags = r.u8();
  out.epoch = perigee::epoch(r.varint());
  out.topic = r.sized_text();
  out.source = r.sized_text();
  out.properties = r.sized();
  out.kind = static_cast<record_kind>(kind);
  out.retain = (flags & flag_retain) != 0;
  out.qos = static_cast<std::uint8_t>(flags >> flag_qos_shift);
  const bool known = kind <= static_cast<std::uint8_t>(record_kind::gap) && flags < flags_end;
  return r.ok() && r.done() && known && check_bounds(out).has_value();
}

void write_header(const batch_header& header, byte_buffer& out) {
  byte_writer to(out);
  to.u8(batch_version);
  to.u8(static_cast<std::uint8_t>(header.lane));
  to.sized(header.node);
  to.u64(header.journal_epoch.value());
  to.varint(header.first.value());
  to.varint(header.last.value() - header.first.value());
  to.varint(header.records);
}

result<batch_header> read_header(byte_view block, byte_reader& in) {
  if (block.size() <= batch_crc_bytes) return fail(errc::malformed, "the batch is cut short");
  const auto body = block.first(block.size() - batch_crc_bytes);
  if (byte_reader(block.last(batch_crc_bytes)).u32() != crc32c(body)) {
    return fail(errc::corrupt, "the batch's CRC is wrong");
  }
  in = byte_reader(body);
  if (in.u8() > batch_version) return fail(errc::unsupported, "the batch was written by a newer version");
  batch_header out;
  const auto lane = in.u8();
  out.lane = static_cast<model::lane>(lane);
  out.node = in.sized_text();
  out.journal_epoch = perigee::epoch(in.u64());
  out.first = log_offset(in.varint());
  out.last = out.first.next(in.varint());
  const auto records = in.varint();
  if (records > limits::batch_records_max) return fail(errc::too_large, "the batch has more than 16,384 records");
  out.records = static_cast<std::uint32_t>(records);
  const bool sound = lane < lane_count && out.first <= out.last && out.node.size() <= limits::node_name_bytes_max;
  if (!in.ok() || !sound) return fail(errc::malformed, "the batch's header does not parse");
  return out;
}

}  // namespace perigee::model::detail
