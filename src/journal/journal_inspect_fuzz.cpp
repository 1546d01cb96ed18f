// Arbitrary bytes as a segment of a journal that an operator looks into: nothing crashes, a repair takes no record away
// that could be read, and a second one finds nothing left to do.

#include <cstdint>

#include "base/check.hpp"
#include "io/memory_disk.hpp"
#include "journal/detail/identity.hpp"
#include "journal/inspect.hpp"
#include "journal/repair.hpp"
#include "journal/verify.hpp"

namespace {

using namespace perigee;

struct counter final : journal::dump_visitor {
  bool on_record(log_offset at, const model::record_view&) override {
    PG_CHECK(at >= next, "offsets ascend");
    next = at.next();
    ++records;
    return true;
  }
  bool on_missing(log_offset first, log_offset last) override {
    PG_CHECK(first >= next && last >= first, "what is missing is said in its place");
    next = last.next();
    return true;
  }
  log_offset next{};
  std::uint64_t records = 0;
};

std::uint64_t count_records(io::disk& disk) {
  counter all;
  PG_CHECK(journal::dump(disk, "data", {}, {.lane = model::lane::bulk}, all), "a disk in memory reads");
  return all.records;
}

std::uint64_t repair(io::disk& disk) {
  const auto done = journal::repair(disk, "data", {.write = true, .node = "fog-1"}, [](const journal::repair_step&) {});
  PG_CHECK(done, "a disk in memory takes a repair");
  return done->steps;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = "data/bulk/00000000000000000000.seg";
  io::memory_disk disk;
  PG_CHECK(disk.make_folder("data/bulk"), "a new disk takes a folder");
  PG_CHECK(journal::detail::write_identity(disk, "data", {epoch(77), "fog-1"}), "and an identity");
  PG_CHECK(disk.open(path, io::open_mode::create), "and a file");
  PG_CHECK(disk.overwrite(path, {data, size}), "which takes the bytes");

  const auto ignore = [](const journal::finding&) {};
  if (!journal::verify(disk, "data", {.found = ignore})) return 0;  // a newer version's
  PG_CHECK(journal::summarize(disk, "data"), "what is verified can be listed");
  const auto before = count_records(disk);
  repair(disk);
  PG_CHECK(count_records(disk) >= before, "a repair takes nothing readable away");
  PG_CHECK(repair(disk) == 0, "a repair leaves nothing that it could do");
  return 0;
}
