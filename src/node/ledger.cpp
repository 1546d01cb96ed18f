#include "node/ledger.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/crc32c.hpp"

namespace perigee::node {
namespace {

constexpr std::size_t header_bytes = 16;
constexpr std::size_t entry_bytes = 32;
constexpr std::uint8_t version = 1;
constexpr std::uint8_t kind_readings = 1;
constexpr std::uint8_t kind_decisions = 2;
constexpr std::size_t read_bytes = 2048 * entry_bytes;

std::string readings_path(const std::string& folder, const std::string& device) {
  return folder + "/" + device + ".readings";
}
std::string decisions_path(const std::string& folder, const std::string& device) {
  return folder + "/" + device + ".decisions";
}

void seal(byte_buffer& out) { byte_writer(out).u32(crc32c(out)); }

bool sealed(byte_view bytes) {
  byte_reader in(bytes.last(4));
  return crc32c(bytes.first(bytes.size() - 4)) == in.u32();
}

byte_buffer header(std::uint8_t kind) {
  byte_buffer out;
  byte_writer to(out);
  to.bytes(as_bytes("pgledger"));
  to.u8(version);
  to.u8(kind);
  to.u16(0);
  seal(out);
  return out;
}

/// The entries of one file, checked, as 28 bytes each.
result<> read_entries(io::disk& on, const std::string& path, std::uint8_t kind, function_ref<void(byte_reader)> each) {
  PG_TRY(const auto file, on.open(path, io::open_mode::read));
  byte_buffer block(read_bytes);
  PG_TRY(const auto first, file->read_at(0, byte_span(block).first(header_bytes)));
  if (!std::ranges::equal(byte_view(block).first(first), header(kind))) {
    return fail(errc::corrupt, "not a ledger, or one of another version");
  }
  for (std::uint64_t at = header_bytes;;) {
    PG_TRY(const auto got, file->read_at(at, block));
    const auto whole = got / entry_bytes * entry_bytes;
    if (whole == 0) return {};
    for (std::size_t i = 0; i < whole; i += entry_bytes) {
      const auto entry = byte_view(block).subspan(i, entry_bytes);
      if (!sealed(entry)) return fail(errc::corrupt, "a ledger has a damaged entry");
      each(byte_reader(entry));
    }
    at += whole;
  }
}

}  // namespace

result<ledger::log> ledger::open_log(io::disk& on, const std::string& path, std::uint8_t kind) {
  log out;
  PG_TRY(out.file, on.open(path, io::open_mode::create));
  PG_TRY(const auto size, out.file->size());
  if (size < header_bytes) {
    PG_TRY_VOID(out.file->write_at(0, header(kind)));
    out.end = header_bytes;
  } else {
    out.end = header_bytes + (size - header_bytes) / entry_bytes * entry_bytes;
  }
  return out;
}

result<ledger> ledger::open(io::disk& on, const std::string& folder, const std::string& device) {
  PG_TRY_VOID(on.make_folder(folder));
  PG_TRY(auto readings, open_log(on, readings_path(folder, device), kind_readings));
  PG_TRY(auto decisions, open_log(on, decisions_path(folder, device), kind_decisions));
  return ledger(std::move(readings), std::move(decisions));
}

result<> ledger::append(log& to, byte_view entry) {
  PG_TRY_VOID(to.file->write_at(to.end, entry));
  to.end += entry.size();
  return {};
}

result<> ledger::add(const acked_reading& acked) {
  byte_buffer entry;
  entry.reserve(entry_bytes);
  byte_writer to(entry);
  to.u64(acked.epoch.value());
  to.u64(acked.sequence.value());
  to.u64(static_cast<std::uint64_t>(acked.time.ns));
  to.u32(acked.readings);
  seal(entry);
  return append(readings_, entry);
}

result<> ledger::add(const decision_made& made) {
  byte_buffer entry;
  entry.reserve(entry_bytes);
  byte_writer to(entry);
  to.u64(static_cast<std::uint64_t>(made.reading.ns));
  to.u64(static_cast<std::uint64_t>(made.taken.count()));
  to.u64(0);
  to.u32(0);
  seal(entry);
  return append(decisions_, entry);
}

result<std::vector<std::string>> ledger_devices(io::disk& on, const std::string& folder) {
  constexpr std::string_view suffix = ".readings";
  PG_TRY(auto names, on.list(folder));
  std::erase_if(names, [&](const std::string& name) { return !name.ends_with(suffix); });
  for (auto& name : names) name.resize(name.size() - suffix.size());
  return names;
}

result<> read_acked(io::disk& on, const std::string& folder, const std::string& device,
                    function_ref<void(const acked_reading&)> each) {
  return read_entries(on, readings_path(folder, device), kind_readings, [&](byte_reader in) {
    acked_reading out;
    out.epoch = perigee::epoch(in.u64());
    out.sequence = perigee::sequence(in.u64());
    out.time.ns = static_cast<std::int64_t>(in.u64());
    out.readings = in.u32();
    each(out);
  });
}

result<std::uint64_t> estimate_acked(io::disk& on, const std::string& folder, const std::string& device) {
  PG_TRY(const auto file, on.open(readings_path(folder, device), io::open_mode::read));
  PG_TRY(const auto size, file->size());
  if (size < header_bytes + entry_bytes) return 0;
  const auto entries = (size - header_bytes) / entry_bytes;
  byte_buffer newest(entry_bytes);
  PG_TRY_VOID(file->read_at(header_bytes + (entries - 1) * entry_bytes, newest));
  byte_reader readings(byte_view(newest).subspan(24, 4));
  return entries * readings.u32();
}

result<> read_decisions(io::disk& on, const std::string& folder, const std::string& device,
                        function_ref<void(const decision_made&)> each) {
  return read_entries(on, decisions_path(folder, device), kind_decisions, [&](byte_reader in) {
    const timestamp reading{static_cast<std::int64_t>(in.u64())};
    each({reading, nanoseconds(static_cast<std::int64_t>(in.u64()))});
  });
}

}  // namespace perigee::node
