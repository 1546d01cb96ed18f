// What the columnar codec makes of real sensor series: bytes per value, and values per second of one core.
//
//   build/release/bench/codec FOLDER [DECIMALS [SECONDS]]
//
// FOLDER has CSV files with a header and rows "2014-07-01 00:30:00,8127". Values are taken at the resolution DECIMALS
// (2), time stamps are regular (start + period), as those of a sensor with a clock are. One line of JSON.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <format>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "model/chunk.hpp"
#include "model/record_batch.hpp"

namespace perigee::bench {
namespace {

constexpr std::int64_t first_ns = 1'764'000'000'000'000'000;
constexpr std::int64_t period_ns = 300'000'000'000;
constexpr std::int64_t ns_per_us = 1'000;
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::size_t batch_messages = 64'000;

struct series {
  std::string name;
  std::vector<double> values;  // at the declared resolution
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "codec: %s\n", why.c_str());
  std::exit(1);
}

series read_series(const std::filesystem::path& file, int decimals) {
  series out{file.stem().string(), {}};
  std::ifstream in(file);
  const double unit = std::pow(10, decimals);
  std::string line;
  std::getline(in, line);  // the header
  while (std::getline(in, line)) {
    const auto comma = line.find(',');
    if (comma != std::string::npos) out.values.push_back(std::round(std::stod(line.substr(comma + 1)) * unit) / unit);
  }
  return out;
}

std::vector<series> read_folder(const std::filesystem::path& folder, int decimals) {
  std::vector<series> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".csv") out.push_back(read_series(entry.path(), decimals));
  }
  if (out.empty()) give_up("no CSV files in " + folder.string());
  std::ranges::sort(out, {}, &series::name);
  return out;
}

model::chunk_row row_of(const series& of, std::size_t i) {
  const auto at = static_cast<std::int64_t>(i);
  return {timestamp{first_ns + at * period_ns}, of.values[i % of.values.size()], model::quality::good};
}

/// Runs `work` on whole blocks until `seconds` of CPU have passed; values per second.
double rate_of(double seconds, std::size_t values_per_run, const std::function<void()>& work) {
  const auto begin = cpu_seconds();
  std::size_t runs = 0;
  while (cpu_seconds() - begin < seconds) {
    work();
    ++runs;
  }
  return static_cast<double>(runs * values_per_run) / (cpu_seconds() - begin);
}

double geometric_mean(const std::vector<double>& of) {
  double sum = 0;
  for (const auto x : of) sum += std::log(x);
  return std::exp(sum / static_cast<double>(of.size()));
}

// Chunks: what history stores. One series, its times and values.

std::vector<byte_buffer> chunks_of(const series& of, std::size_t rows, std::size_t block_rows) {
  model::chunk_encoder encoder;
  std::vector<byte_buffer> out;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!encoder.add(row_of(of, i))) give_up("a chunk is full");
    if (encoder.rows() == block_rows || i + 1 == rows) encoder.finish(out.emplace_back());
  }
  return out;
}

double chunk_bytes_per_value(const std::vector<series>& all, std::size_t block_rows) {
  std::vector<double> each;
  for (const auto& s : all) {
    std::size_t bytes = 0;
    for (const auto& block : chunks_of(s, s.values.size(), block_rows)) bytes += block.size();
    each.push_back(static_cast<double>(bytes) / static_cast<double>(s.values.size()));
  }
  return geometric_mean(each);
}

double chunk_encode_rate(const std::vector<series>& all, std::size_t block_rows, double seconds) {
  std::vector<std::vector<model::chunk_row>> rows(all.size());
  for (std::size_t s = 0; s < all.size(); ++s) {
    for (std::size_t i = 0; i < block_rows; ++i) rows[s].push_back(row_of(all[s], i));
  }
  model::chunk_encoder encoder;
  byte_buffer block;
  return rate_of(seconds, all.size() * block_rows, [&] {
    for (const auto& each : rows) {
      for (const auto& row : each) (void)encoder.add(row);
      block.clear();
      encoder.finish(block);
    }
  });
}

double chunk_decode_rate(const std::vector<series>& all, std::size_t block_rows, double seconds) {
  std::vector<byte_buffer> blocks;
  for (const auto& s : all) blocks.push_back(chunks_of(s, block_rows, block_rows)[0]);
  model::chunk_decoder decoder;
  double sum = 0;
  const auto rate = rate_of(seconds, all.size() * block_rows, [&] {
    for (const auto& block : blocks) {
      if (!decoder.decode(block, [&](const model::chunk_row& r) { sum += std::get<double>(r.value); }))
        give_up("damaged");
    }
  });
  if (std::isnan(sum)) give_up("a sum of numbers is none");
  return rate;
}

// Record batches: what goes up an uplink. All series, one reading after the other, as JSON payloads that come back to
// the byte, with their topics, sources, sequence numbers and arrival times.

struct message {
  std::string topic;
  std::string payload;
  std::string source;
  std::uint64_t sequence = 0;
  timestamp arrival;
};

/// Every series' next reading in turn; they arrive within some milliseconds.
std::vector<message> messages_of(const std::vector<series>& all, int decimals, std::size_t count) {
  std::vector<message> out;
  for (std::size_t i = 0; out.size() < count; ++i) {
    for (const auto& s : all) {
      const auto at = row_of(s, i);
      const auto late = static_cast<std::int64_t>(out.size() % 7) * ns_per_ms;
      out.push_back(
          {"site/" + s.name,
           std::format(R"({{"ts":{},"value":{:.{}f}}})", at.time.ns / ns_per_us, std::get<double>(at.value), decimals),
           s.name,
           i + 1,
           {at.time.ns + late}});
    }
  }
  out.resize(count);
  return out;
}

/// One JSON message per reading, as a gateway without a codec sends it up.
std::size_t json_bytes(const std::vector<message>& all) {
  std::size_t bytes = 0;
  for (const auto& m : all) {
    bytes += std::format(R"({{"device":"{}","metric":"value",)", m.topic).size() + m.payload.size() - 1;
  }
  return bytes;
}

std::vector<byte_buffer> batches_of(const std::vector<message>& all, std::size_t block_records) {
  model::batch_encoder encoder;
  std::vector<byte_buffer> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& m = all[i];
    model::record_view r;
    r.topic = m.topic;
    r.payload = as_bytes(m.payload);
    r.source = m.source;
    r.epoch = perigee::epoch(7);
    r.sequence = perigee::sequence(m.sequence);
    r.arrival = m.arrival;
    if (!encoder.add(log_offset(i), r)) give_up("a batch is full");
    if (encoder.pending_records() < block_records && i + 1 < all.size()) continue;
    const log_offset first(i + 1 - encoder.pending_records());
    encoder.finish("edge-1", model::lane::bulk, perigee::epoch(9), first, log_offset(i), out.emplace_back());
  }
  return out;
}

std::size_t bytes_of(const std::vector<byte_buffer>& blocks) {
  std::size_t bytes = 0;
  for (const auto& block : blocks) bytes += block.size();
  return bytes;
}

double batch_decode_rate(const std::vector<byte_buffer>& blocks, std::size_t records, double seconds) {
  model::batch_decoder decoder;
  std::size_t bytes = 0;
  const auto rate = rate_of(seconds, records, [&] {
    for (const auto& block : blocks) {
      const auto decoded =
          decoder.decode(block, [&](log_offset, const model::record_view& r) { bytes += r.payload.size(); });
      if (!decoded) give_up("damaged");
    }
  });
  if (bytes == 0) give_up("nothing came back");
  return rate;
}

void print(const std::vector<series>& all, int decimals, double seconds) {
  auto put = [first = true](const char* name, double x) mutable {
    std::printf("%s\"%s\":%.6g", first ? "{" : ",", name, x);
    first = false;
  };
  for (const std::size_t rows : {1000, 8000}) {
    put(std::format("chunk_{}_bytes_per_value", rows).c_str(), chunk_bytes_per_value(all, rows));
    put(std::format("chunk_{}_encoded_per_second", rows).c_str(), chunk_encode_rate(all, rows, seconds));
    put(std::format("chunk_{}_decoded_per_second", rows).c_str(), chunk_decode_rate(all, rows, seconds));
  }
  const auto messages = messages_of(all, decimals, batch_messages);
  for (const std::size_t records : {2000, 8000}) {
    const auto blocks = batches_of(messages, records);
    const auto bytes = static_cast<double>(bytes_of(blocks));
    put(std::format("batch_{}_bytes_per_value", records).c_str(), bytes / static_cast<double>(messages.size()));
    put(std::format("batch_{}_json_ratio", records).c_str(), static_cast<double>(json_bytes(messages)) / bytes);
    put(std::format("batch_{}_encoded_per_second", records).c_str(),
        rate_of(seconds, messages.size(), [&] { (void)batches_of(messages, records); }));
    put(std::format("batch_{}_decoded_per_second", records).c_str(),
        batch_decode_rate(blocks, messages.size(), seconds));
  }
  std::printf("}\n");
}

}  // namespace
}  // namespace perigee::bench

int main(int argc, char** argv) {
  using namespace perigee::bench;
  if (argc < 2) give_up("codec FOLDER [DECIMALS [SECONDS]]");
  const int decimals = argc > 2 ? std::atoi(argv[2]) : 2;
  print(read_folder(argv[1], decimals), decimals, argc > 3 ? std::atof(argv[3]) : 0.5);
}
