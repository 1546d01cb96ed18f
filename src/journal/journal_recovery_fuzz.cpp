// Arbitrary bytes as the last segment of a lane: opening it never crashes, what it gives are records that verify, and
// it can be appended to and opened again.

#include <cstdint>

#include "base/check.hpp"
#include "base/log.hpp"
#include "io/memory_disk.hpp"
#include "journal/lane_log.hpp"
#include "journal/reader.hpp"

namespace {

using namespace perigee;

std::unique_ptr<journal::lane_log> open(io::disk& disk, io::worker& worker, metrics::registry& metrics) {
  journal::lane_recovery found;
  journal::lane_site site{.disk = disk,
                          .worker = worker,
                          .folder = "bulk",
                          .lane = model::lane::bulk,
                          .epoch = epoch(77),
                          .disk_free_min = 0,
                          .metrics = metrics};
  auto log = journal::lane_log::open(std::move(site), {}, found);
  return log ? *std::move(log) : nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  perigee::log::set_level(perigee::log::level::off);
  const std::string path = "bulk/00000000000000000000.seg";
  io::memory_disk disk;
  io::inline_worker worker;
  metrics::registry metrics;
  PG_CHECK(disk.make_folder("bulk"), "a new disk takes a folder");
  PG_CHECK(disk.open(path, io::open_mode::create), "a new disk takes a file");
  PG_CHECK(disk.overwrite(path, {data, size}), "the file takes the bytes");

  auto log = open(disk, worker, metrics);
  if (!log) return 0;
  log_offset next = log->start();
  journal::reader r(*log, next);
  const auto read = r.read(SIZE_MAX, [&](log_offset at, const model::record_view& record) {
    PG_CHECK(at >= next, "offsets ascend");
    PG_CHECK(record.lane == model::lane::bulk, "a record is of the lane it stands in");
    next = at.next();
  });
  PG_CHECK(read.has_value(), "a disk in memory reads");
  model::record_view one;
  one.topic = "a";
  const auto at = log->append(one);
  if (!at) return 0;
  log.reset();
  log = open(disk, worker, metrics);
  PG_CHECK(log && log->committed() > *at, "what was appended behind it is there");
  return 0;
}
