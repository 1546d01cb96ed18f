// Any bytes as the quarantine's file: refused, or taken over so that a second start finds the same.

#include <cstdint>
#include <cstring>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "base/log.hpp"
#include "io/memory_disk.hpp"
#include "quarantine/detail/frame.hpp"
#include "quarantine/keeper.hpp"

namespace {

using namespace perigee;

std::unique_ptr<quarantine::keeper> open(io::memory_disk& disk, io::worker& worker, metrics::registry& metrics) {
  auto opened = quarantine::keeper::open(disk, worker, {"q/records", epoch(1), metrics});
  return opened ? *std::move(opened) : nullptr;
}

void start_twice(byte_view bytes) {
  io::memory_disk disk;
  io::inline_worker worker;
  metrics::registry metrics;
  PG_CHECK(disk.make_folder("q") && io::write_whole(disk, "q/records", bytes), "a disk in memory takes it");
  std::vector<std::uint64_t> first;
  if (const auto kept = open(disk, worker, metrics)) {
    for (const auto& each : kept->list()) {
      first.push_back(each.number);
      kept->find(each.number, [](const result<quarantine::kept_record>&) {});
    }
  }
  std::vector<std::uint64_t> second;
  if (const auto kept = open(disk, worker, metrics)) {
    for (const auto& each : kept->list()) second.push_back(each.number);
  }
  PG_CHECK(first == second, "a second start finds something else");
}

void put_crc(byte_buffer& in, std::size_t at, byte_view over) {
  const auto crc = crc32c(over);
  std::memcpy(in.data() + at, &crc, sizeof(crc));
}

/// With checks that hold, so that more than the checks is tried.
byte_buffer mended(byte_view bytes) {
  using namespace quarantine::detail;
  auto out = to_buffer(bytes);
  if (out.size() < header_bytes) return out;
  put_crc(out, header_bytes - 4, byte_view(out).first(header_bytes - 4));
  for (auto at = header_bytes; at + frame_head_bytes <= out.size();) {
    const auto whole = frame_head_bytes + read_head(byte_view(out).subspan(at)).length;
    if (whole > out.size() - at) break;
    put_crc(out, at, byte_view(out).subspan(at + 4, whole - 4));
    at += whole;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  log::set_level(log::level::off);  // every input is damaged
  start_twice({data, size});
  start_twice(mended({data, size}));
  return 0;
}
