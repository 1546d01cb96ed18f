#include "sim/report.hpp"

#include <array>
#include <format>
#include <string_view>

namespace perigee::sim {
namespace {

constexpr std::uint64_t seeds_that_have_it_all = 100;
constexpr std::array<std::string_view, 8> promises{"P1", "P2", "P3", "P5", "P6", "P7", "P8", "P9"};

std::string object(const tally& of) {
  std::string out;
  for (const auto& [name, n] : of.all()) out += std::format(R"({}"{}":{})", out.empty() ? "" : ",", name, n);
  return '{' + out + '}';
}

std::string table(std::string_view title, const tally& of) {
  auto out = std::format("{}\n", title);
  for (const auto& [name, n] : of.all()) out += std::format("  {:>10}  {}\n", n, name);
  return out;
}

}  // namespace

void report::add(const outcome& o) {
  ++seeds_;
  broken_ += o.failures.empty() ? 0 : 1;
  produced_ += o.produced;
  crashes_ += o.crashes;
  in_gaps_ += o.in_gaps;
  faults_.add(o.faults);
  judgements_.add(o.judgements);
}

std::vector<std::string> report::never() const {
  std::vector<std::string> out;
  if (seeds_ < seeds_that_have_it_all) return out;
  for (const auto& fault : all_faults()) {
    if (faults_.of(fault) == 0) out.push_back(std::format("the fault {} never struck", fault));
  }
  for (const auto promise : promises) {
    std::uint64_t times = 0;
    for (const auto& [name, n] : judgements_.all()) times += name.starts_with(promise) ? n : 0;
    if (times == 0) out.push_back(std::format("no checker of {} ever looked", promise));
  }
  if (in_gaps_ == 0) out.emplace_back("no bound ever forced a record out");
  return out;
}

std::string report::text() const {
  auto out = table("faults that struck", faults_) + table("judgements", judgements_);
  for (const auto& each : never()) out += std::format("error: {}\n", each);
  return out + std::format("{} seeds: {} fail; {} readings, {} crashes, {} records in gaps\n", seeds_, broken_,
                           produced_, crashes_, in_gaps_);
}

std::string report::json() const {
  return std::format(
      R"({{"seeds":{},"failed":{},"readings":{},"crashes":{},"records_in_gaps":{},"faults":{},"judgements":{}}})"
      "\n",
      seeds_, broken_, produced_, crashes_, in_gaps_, object(faults_), object(judgements_));
}

std::string report::failure(const outcome& o, std::string_view program) {
  auto out = std::format("seed {} fails ({} readings, {} crashes; {}):\n", o.seed, o.produced, o.crashes, o.drawn);
  for (const auto& each : o.failures) out += std::format("  {}\n", each);
  return out + std::format("replay: {} --seeds 1 --from {} --trace\n", program, o.seed);
}

}  // namespace perigee::sim
