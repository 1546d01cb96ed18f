#include "journal/detail/lives.hpp"

#include "base/crc32c.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view magic = "PGLIVE\r\n";
constexpr std::uint8_t version = 1;
constexpr std::uint64_t bytes_max = 8192;

std::string path_in(const std::string& folder) { return folder + "/journal.lives"; }

}  // namespace

result<lineage> read_lives(io::disk& disk, const std::string& folder) {
  PG_TRY(const auto bytes, io::read_whole(disk, path_in(folder), bytes_max));
  byte_reader r(bytes);
  const bool marked = as_text(r.bytes(magic.size())) == magic;
  const auto written_by = r.u8();
  if (marked && written_by > version) {
    return fail(errc::unsupported,
                "the journal was written by a newer version of Perigee: run that one, or choose another folder");
  }
  auto all = lineage::decode(r);
  const auto crc_at = bytes.size() - r.remaining();
  const auto crc = r.u32();
  if (!marked || !r.ok() || !r.done() || crc != crc32c(byte_view(bytes).first(crc_at))) {
    return fail(errc::corrupt, "journal.lives is damaged");
  }
  return all;
}

result<> write_lives(io::disk& disk, const std::string& folder, const lineage& all) {
  byte_buffer bytes;
  byte_writer w(bytes);
  w.bytes(as_bytes(magic));
  w.u8(version);
  all.encode(w);
  w.u32(crc32c(bytes));
  return io::write_whole(disk, path_in(folder), bytes);
}

}  // namespace perigee::journal::detail
