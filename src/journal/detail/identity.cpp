#include "journal/detail/identity.hpp"

#include "base/crc32c.hpp"

namespace perigee::journal::detail {
namespace {

constexpr std::string_view magic = "PGJRNL\r\n";
constexpr std::uint8_t version = 1;
constexpr std::uint64_t bytes_max = 512;

std::string path_in(const std::string& folder) { return folder + "/journal.id"; }

}  // namespace

result<identity> read_identity(io::disk& disk, const std::string& folder) {
  PG_TRY(const auto bytes, io::read_whole(disk, path_in(folder), bytes_max));
  byte_reader r(bytes);
  const bool marked = as_text(r.bytes(magic.size())) == magic;
  const auto written_by = r.u8();
  if (marked && written_by > version) {
    return fail(errc::unsupported,
                "the journal was written by a newer version of Perigee: run that one, or choose another folder");
  }
  identity who;
  who.epoch = perigee::epoch(r.u64());
  who.node = as_text(r.bytes(r.u8()));
  const auto crc_at = bytes.size() - r.remaining();
  const auto crc = r.u32();
  if (!marked || !r.ok() || crc != crc32c(byte_view(bytes).first(crc_at))) {
    return fail(errc::corrupt,
                "journal.id is damaged: restore it from a backup, or let `perigee journal repair` make it again");
  }
  return who;
}

result<> write_identity(io::disk& disk, const std::string& folder, const identity& who) {
  if (who.node.empty() || who.node.size() > UINT8_MAX) return fail(errc::malformed, "a node's name has 1 to 255 bytes");
  byte_buffer bytes;
  byte_writer w(bytes);
  w.bytes(as_bytes(magic));
  w.u8(version);
  w.u64(who.epoch.value());
  w.u8(static_cast<std::uint8_t>(who.node.size()));
  w.bytes(as_bytes(who.node));
  w.u32(crc32c(bytes));
  return io::write_whole(disk, path_in(folder), bytes);
}

}  // namespace perigee::journal::detail
